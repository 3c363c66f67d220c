import ast
import json
import shutil
from dataclasses import replace

import pytest

from study import architectures, datasets, runs
from study.architectures import ARCHITECTURES, variants
from study.files import ROOT
from study.profiles import BUDGETS, Budget, epochs, limited, seeds


@pytest.fixture(scope="module")
def texts():
    return limited(datasets.load("nusax", source="sample"), "tiny")


@pytest.fixture
def job():
    return runs.jobs("lstm", "tiny")[0]


@pytest.fixture
def place(tmp_path):
    return runs.Place("tiny", True, tmp_path)


def mark(job, texts):
    return runs.fingerprint(job.describe(runs.data_digest(texts)))


def save(job, place, fingerprint, content=b"model"):
    return runs.save_run(job, place, runs.Finished({"fingerprint": fingerprint}, content))


def test_sample_and_other_languages_have_folders_of_their_own(tmp_path):
    real, sample = runs.Place("quick", False, tmp_path), runs.Place("quick", True, tmp_path)
    variant = variants("cnn")[0]
    assert real.model(variant, 3) == tmp_path / "weights/quick/cnn/baseline/seed-3.keras"
    assert sample.model(variant, 3) == tmp_path / "weights/quick-sample/cnn/baseline/seed-3.keras"
    assert sample.reports == tmp_path / "reports/quick-sample"
    assert sample.figures == tmp_path / "figures/quick-sample"
    assert runs.Place("quick", False, tmp_path, "javanese").weights == tmp_path / "weights/quick-javanese"
    assert runs.Place("quick", True, tmp_path, "javanese").weights == tmp_path / "weights/quick-sample"
    assert runs.Place("quick", False, tmp_path, "indonesian") == runs.Place("quick", False, tmp_path)


def test_unknown_profile(tmp_path):
    with pytest.raises(ValueError, match="profile 'fast' is not known"):
        runs.Place("fast", False, tmp_path)


def test_found_again(job, place, texts):
    save(job, place, mark(job, texts))
    found = runs.find_run(job, place, mark(job, texts))
    assert found.path.read_bytes() == b"model"
    assert found.record["variant"]["name"] == "baseline"
    assert sorted(path.name for path in found.path.parent.iterdir()) == ["seed-0.json", "seed-0.keras"]
    runs.set_damaged_aside(job, place, mark(job, texts))
    assert runs.find_run(job, place, mark(job, texts)) == found


def test_nothing_there(job, place, texts):
    assert runs.find_run(job, place, mark(job, texts)) is None


def test_every_part_of_the_description_counts(job, texts, monkeypatch):
    marks = [mark(job, texts)]
    marks.append(mark(replace(job, seed=1), texts))
    marks.append(mark(replace(job, profile="quick"), texts))
    marks.append(mark(runs.jobs("lstm", "tiny")[1], texts))
    marks.append(mark(job, replace(texts, y_train=texts.y_train[::-1])))
    marks.append(mark(job, replace(texts, x_val=texts.x_val[::-1])))
    monkeypatch.setitem(ARCHITECTURES["lstm"].training, "dropout", 0.31)
    marks.append(mark(job, texts))
    monkeypatch.setattr(runs, "version", lambda package: "0.0")
    marks.append(mark(job, texts))
    monkeypatch.setattr(runs, "code_digest", lambda path, tables=True: "other code")
    marks.append(mark(job, texts))
    assert len(set(marks)) == len(marks)


def test_test_split_does_not_count(job, texts):
    assert mark(job, texts) == mark(job, replace(texts, y_test=texts.y_test[::-1]))


def test_another_fingerprint_does_not_count(job, place, texts):
    save(job, place, "other")
    assert runs.find_run(job, place, mark(job, texts)) is None


@pytest.mark.parametrize(
    ("damage", "set_aside"),
    [
        ("none", []),
        ("model gone", []),
        ("record gone", []),
        ("model changed", ["seed-0.keras"]),
        ("model cut", ["seed-0.keras"]),
        ("record cut", ["seed-0.json", "seed-0.keras"]),
        ("record empty", ["seed-0.json", "seed-0.keras"]),
        ("record no text", ["seed-0.json", "seed-0.keras"]),
        ("record changed", ["seed-0.json"]),
        ("both changed", ["seed-0.json", "seed-0.keras"]),
    ],
)
def test_a_run_is_there_whole_or_not_at_all(job, place, texts, damage, set_aside, capsys):
    """What is damaged is named, and kept under another name; what is not there is not."""
    run = save(job, place, mark(job, texts))
    record = run.path.with_suffix(".json")
    whole = record.read_text()
    match damage:
        case "model gone":
            run.path.unlink()
        case "model changed":
            run.path.write_bytes(b"other")
        case "model cut":
            run.path.write_bytes(b"mod")
        case "record gone":
            record.unlink()
        case "record cut":
            record.write_text(whole[:-9])
        case "record empty":
            record.write_text("[]")
        case "record no text":
            record.write_bytes(b"\xff\x00")
        case "record changed" | "both changed":
            record.write_text(whole.replace('"seed": 0', '"seed": 1').replace('"baseline"', '"bassline"'))
    if damage == "both changed":
        run.path.write_bytes(b"other")
    left = {path.name: path.read_bytes() for path in run.path.parent.iterdir()}
    assert (runs.find_run(job, place, mark(job, texts)) is None) == (damage != "none")
    runs.set_damaged_aside(job, place, mark(job, texts))
    now = {path.name: path.read_bytes() for path in run.path.parent.iterdir()}
    assert now == {f"{name}.damaged" if name in set_aside else name: content for name, content in left.items()}
    said = capsys.readouterr().err
    for name in ("seed-0.json", "seed-0.keras"):
        assert (f"{run.path.with_name(name)} is not" in said) == (name in set_aside)
        assert (f"set aside as {name}.damaged, and trained again\n" in said) == (name in set_aside)
    assert runs.find_run(job, place, mark(job, texts)) is None or damage == "none"


def test_a_run_of_other_code_is_replaced_and_not_set_aside(job, place, texts, capsys):
    run = save(job, place, "other")
    run.path.write_bytes(b"changed")
    runs.set_damaged_aside(job, place, mark(job, texts))
    assert run.path.read_bytes() == b"changed"
    assert capsys.readouterr().err == ""


def test_a_record_of_before_records_had_checksums_counts(job, place, texts):
    run = save(job, place, mark(job, texts))
    record = json.loads(run.path.with_suffix(".json").read_text())
    del record["record_sha256"]
    run.path.with_suffix(".json").write_text(json.dumps(record))
    assert runs.find_run(job, place, mark(job, texts)).record == record


def test_a_stop_while_saving_leaves_nothing_that_counts(job, place, texts, monkeypatch):
    save(job, place, mark(job, texts), b"old")

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(runs, "sha256", stop)  # between the model and its record
    with pytest.raises(KeyboardInterrupt):
        save(job, place, mark(job, texts))
    monkeypatch.undo()
    assert runs.find_run(job, place, mark(job, texts)) is None
    assert [path.name for path in place.model(job.variant, 0).parent.iterdir()] == ["seed-0.keras"]


def test_record_is_readable(job, place, texts):
    run = runs.save_run(job, place, runs.Finished(job.describe(runs.data_digest(texts)), b""))
    record = json.loads(run.path.with_suffix(".json").read_text())
    expected = {key: list(value) if isinstance(value, tuple) else value for key, value in job.variant.settings.items()}
    assert record["settings"] == expected
    assert record["versions"].keys() == {"keras", "numpy", "scikit-learn", "tensorflow"}


def test_code_counts_and_what_is_said_of_it_does_not(tmp_path):
    def digest(*sources):
        paths = [tmp_path / f"{number}.py" for number in range(len(sources))]
        for path, source in zip(paths, sources, strict=True):
            path.write_text(source)
        return runs.code_digest(*paths)

    one = digest('"""Models."""\n\ndef build():\n    """Build."""\n    return 1\n')
    assert digest('"""All models."""\n\n\ndef build():\n    """Make."""\n    return 1  # one\n') == one
    assert digest('"""Models."""\n\ndef build():\n    """Build."""\n    return 2\n') != one
    assert digest("x = 1\n", "y = 2\n") != digest("x = 1\n", "y = 3\n")


TEXTS = {name for name, family in ARCHITECTURES.items() if family.dataset == "nusax"}


@pytest.mark.parametrize(
    ("file", "old", "new", "trained_anew"),
    [
        ("trainer.py", "STEPS_AT_ONCE = 16", "STEPS_AT_ONCE = 8", {*ARCHITECTURES}),
        ("cnn.py", 'name=f"pool_{number}"', 'name=f"pooling_{number}"', {"cnn"}),
        ("cnn.py", "momentum=0.9", "momentum=0.8", {"cnn"}),
        ("lstm.py", "import LSTM", "import GRU as LSTM", {"lstm"}),
        ("recurrent.py", 'name="embedding"', 'name="vectors"', TEXTS),
        ("recurrent.py", "# ", "# Not to forget: ", set()),
        ("cnn.py", 'title="CNN"', 'title="ConvNet"', set()),
        ("simple_rnn.py", "0.3825", "0.3826", set()),
        ("new.py", "", "def build(settings, training, data):\n    return []\n", set()),
    ],
)
def test_an_architecture_is_trained_anew_by_its_own_code_alone(file, old, new, trained_anew, tmp_path, monkeypatch):
    """And by what it shares: the trainer, and recurrent.py for the networks that read texts."""
    rooms = tmp_path / "architectures"
    shutil.copytree(ROOT / "study" / "architectures", rooms)
    shutil.copy(runs.TRAINER, tmp_path)
    monkeypatch.setattr(architectures, "__path__", [str(rooms)])
    monkeypatch.setattr(runs, "TRAINER", tmp_path / "trainer.py")
    before = {name: runs.code_of(name) for name in ARCHITECTURES}
    path = tmp_path / file if file == "trainer.py" else rooms / file
    source = path.read_text() if path.exists() else ""
    assert old in source
    path.write_text(source.replace(old, new) if old else new)
    assert {name for name in ARCHITECTURES if runs.code_of(name) != before[name]} == trained_anew


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_what_builds_a_network_reads_no_table(architecture):
    """A fingerprint leaves the tables of these files out: settings and training come from the job."""
    body = [node for path in architectures.files_of(architecture) for node in ast.parse(path.read_text()).body]
    tables = {target.id for node in body if isinstance(node, ast.Assign) for target in node.targets}
    assert "ARCHITECTURE" in tables
    for function in (node for node in body if isinstance(node, ast.FunctionDef)):
        names = {getattr(node, "id", getattr(node, "attr", "")) for node in ast.walk(function)}
        assert not tables & names


def test_a_condition_of_more_epochs_has_so_many_times_as_many():
    most = {each.variant.name: each.epochs for each in runs.jobs("cnn", "full")}
    for factor in (2, 4):
        under = runs.jobs_under("cnn", "full")[f"epochs-{factor}"]
        assert under
        for each in under:
            assert each.epochs == factor * most[each.variant.name.partition("@")[0]]


def test_a_training_has_epochs_of_its_own(monkeypatch):
    family = ARCHITECTURES["cnn"]
    reference = family.trainings["reference"] | {"epochs": family.training["epochs"] + 2}
    monkeypatch.setitem(ARCHITECTURES, "cnn", replace(family, trainings={"reference": reference}))
    most = {each.variant.name: each.epochs for each in runs.jobs("cnn", "full")}
    assert most.pop("beyond-reference") == reference["epochs"]
    assert set(most.values()) == {family.training["epochs"]}


def test_the_profiles_are_ever_larger():
    """`full` spends all that there is; what `quick` spends is what README says."""
    tiny, quick, full = (BUDGETS[profile] for profile in ("tiny", "quick", "full"))
    assert full == Budget(conditions=None)
    assert tiny.train_samples < quick.train_samples
    assert f"{quick.train_samples:,} of 40,000 images" in (ROOT / "README.md").read_text()
    for architecture in ARCHITECTURES:
        assert epochs(architecture, "tiny") < epochs(architecture, "quick") <= epochs(architecture, "full")
        assert len(seeds(architecture, "quick")) == 1 < len(seeds(architecture, "full"))
