"""A grid of notebooks: what it may name, what its languages say together, and that nothing is made twice."""

import re
import shutil
from dataclasses import replace
from itertools import chain
from types import SimpleNamespace

import joblib
import nbformat
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from study import across, batch, datasets, evidence, grid, report, statistics, training
from study.__main__ import main
from study.across import Effect
from study.architectures import ARCHITECTURES
from study.datasets import nusax
from study.errors import GridError, NotebookError
from study.files import ROOT
from study.grid import Cell
from study.pool import Failed
from study.runs import Place, jobs_under
from study.show import languages, spread
from study.show.pooled import short, what
from study.show.words import signed, within

from .made_up import checks, weighed

LANGUAGES = ["indonesian", "acehnese", "balinese", "javanese"]
OF_TEXTS = [name for name, family in ARCHITECTURES.items() if family.dataset == "nusax"]


def cells_of(text, path):
    path.write_text(text)
    return grid.read(path)


def test_the_shipped_grid_has_every_language_and_every_network_of_texts():
    found = grid.read(ROOT / "notebooks" / "languages.yaml")
    assert [each.name for each in found] == [f"{name}-{language}" for name in OF_TEXTS for language in nusax.LANGUAGES]
    assert {(each.architecture, each.profile) for each in found} == {(name, "quick") for name in OF_TEXTS}
    assert {each.architecture for each in found if each.seeds != 1} == {"simple_rnn"}
    assert across.can_be_pooled(found)
    assert not across.can_be_pooled([*found, replace(found[0], seeds=7)])


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("architecture: [gru, cnn]", ["cnn", "gru"]),
        ("architecture: lstm\nlanguage: [ngaju, english]", ["lstm-ngaju", "lstm-english"]),
        ("architecture: lstm\nprofile: [tiny, full]\nseeds: 2", ["lstm-tiny", "lstm-full"]),
        ("- architecture: cnn\n- architecture: gru\n  seeds: [1, 3]", ["cnn", "gru-1-seeds", "gru-3-seeds"]),
        ("- architecture: lstm\n  seeds: 2\n- architecture: gru", ["lstm", "gru"]),
        ("architecture: lstm\nlanguage: [ngaju, ngaju]", ["lstm-ngaju"]),
    ],
)
def test_a_cell_is_named_for_what_varies(text, names, tmp_path):
    assert [each.name for each in cells_of(text, tmp_path / "grid.yaml")] == names


def test_without_a_language_texts_are_the_study_s_own(tmp_path):
    [texts, images] = cells_of("architecture: [lstm, cnn]", tmp_path / "grid.yaml")[::-1]
    assert (texts.options, images.options) == ({"language": "indonesian"}, {})
    assert texts.place(False, tmp_path).weights == tmp_path / "lstm" / "weights" / "quick"
    assert Cell("lstm", "tiny", 1, "ngaju", "a").place(False, tmp_path).name == "tiny-ngaju"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("architecture: [cnn, lstm]\nlanguage: ngaju", "language: the architecture cnn has no language"),
        ("architecture: [lstm, rnn]", "architecture: 'rnn' is not known; choose one of cnn, "),
        ("architecture: lstm\nlanguage: latin", "language: 'latin' is not known; choose one of indonesian"),
        ("architecture: lstm\nprofile: fast", "profile: 'fast' is not known; choose one of tiny, "),
        ("architecture: lstm\nseeds: 0", "seeds is 0, expected a whole number"),
        ("architecture: lstm\nseed: 1", "the key 'seed' is not known; choose one of architecture, language"),
        ("architecture: []", "architecture has no value"),
        ("architecture: lstm\nprofile: [[tiny]]", r"profile: \['tiny'\] is no name"),
        ("language: ngaju", "the key architecture is missing"),
        ("lstm", "expected lines `name: value`"),
        ("", "expected lines `name: value`"),
        ("architecture: [", "not a readable YAML file"),
    ],
)
def test_what_is_not_known_is_refused_by_file_and_key(text, said, tmp_path, capsys):
    path = tmp_path / "grid.yaml"
    with pytest.raises(GridError, match=f"^{re.escape(str(path))}: {said}"):
        cells_of(text, path)
    assert main(["batch", "--grid", str(path), "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith(f"error: {path}: ")


@pytest.mark.parametrize("name", ["quick", "tiny-sample", "unfinished", "tuning", "by-hand"])
def test_a_grid_is_not_called_like_another_folder_of_reports(name, tmp_path):
    cells_of("architecture: lstm", tmp_path / f"{name}.yaml")
    with pytest.raises(GridError, match=f"this name is taken by reports/{name}/"):
        batch.make(tmp_path / f"{name}.yaml", "data", "sample", str(tmp_path))


KEY = ("lstm", "layers", "layers-3", "baseline")


def effects(means, key=KEY, half=0.01, shared=0.0, dead=()):
    """A finding's effects in several languages; `shared`: what the texts have by chance, in all languages alike."""
    rng = np.random.default_rng(3)
    texts = shared * rng.standard_normal(statistics.RESAMPLES)
    return [
        Effect(key, f"l{number}", 1, mean, mean - half, mean + half, number in dead, mean + texts)
        for number, mean in enumerate(means)
    ]


def pooled(found, same_texts=True, speaks=False):
    return across.pooled(found, same_texts, speaks)


def test_the_pooled_effect_is_the_mean_with_student_s_interval_over_languages():
    means = [0.05, 0.1, -0.02, 0.08, 0.005, -0.03]
    [row] = pooled(effects(means)).itertuples()
    wanted = stats.ttest_1samp(means, 0)
    low, high = wanted.confidence_interval()
    assert (row.effect, row.low, row.high) == pytest.approx((np.mean(means), low, high))
    assert (row.p_value, row.p_holm) == pytest.approx((wanted.pvalue, wanted.pvalue))
    assert (row.languages, row.agree, row.clear, row.opposite) == (6, 4, 3, 2)
    mirrored = [-each for each in means]
    [row] = pooled(effects(mirrored)).itertuples()
    assert (row.effect, row.agree, row.clear, row.opposite) == (pytest.approx(-np.mean(means)), 4, 3, 2)


def test_what_the_texts_have_by_chance_widens_the_interval_over_languages_and_texts():
    means, shared = [0.05, 0.06, 0.07, 0.04], 0.05
    [row] = pooled(effects(means, shared=shared)).itertuples()
    [alike] = pooled(effects(means)).itertuples()
    assert (alike.low_texts, alike.high_texts) == pytest.approx((alike.low, alike.high))
    assert (row.low, row.high) == pytest.approx((alike.low, alike.high))
    error = np.sqrt(np.var(means, ddof=1) / 4 + shared**2)
    assert row.high_texts - row.low_texts == pytest.approx(2 * 1.96 * error, rel=0.1)
    assert (row.verdict, row.verdict_texts) == ("better", "not resolved")
    [row] = pooled(effects(means, shared=shared), same_texts=False).itertuples()
    assert (row.verdict, row.verdict_texts) == ("better", "")
    assert np.isnan(row.low_texts)


def test_the_correction_goes_over_all_findings():
    found = effects([0.04, 0.06, 0.05, 0.07])
    others = [
        effects([0.01, -0.05, 0.06, -0.03], key=("gru", "cells", f"c{number}", "baseline")) for number in range(9)
    ]
    alone, among = pooled(found), pooled([*found, *chain(*others)])
    assert len(among) == 10
    assert among["p_holm"].iloc[0] == pytest.approx(10 * alone["p_holm"].iloc[0])
    differ, equal = statistics.corrected(among["p_value"].to_numpy(), among["p_equal"].to_numpy())
    assert among["p_holm"].tolist() == differ.tolist()
    assert among["p_holm_equal"].tolist() == equal.tolist() != among["p_equal"].tolist()


@pytest.mark.parametrize(
    ("means", "verdict"),
    [
        ([0.05, 0.06, 0.07], "better"),
        ([-0.05, -0.06, -0.07], "worse"),
        ([0.01, 0.012, 0.011], "equivalent"),
        ([0.1, -0.2, 0.3], "not resolved"),
    ],
)
def test_the_verdict_is_that_of_the_margin(means, verdict):
    [row] = pooled(effects(means)).itertuples()
    assert (row.verdict, row.margin) == (verdict, ARCHITECTURES["lstm"].margin)


def test_where_most_have_learnt_nothing_nothing_is_resolved():
    means = [0.0, 0.001, 0.0, 0.002]
    assert pooled(effects(means, dead=(0, 1)))["verdict"].tolist() == ["equivalent"]
    [row] = pooled(effects(means, dead=(0, 1, 2))).itertuples()
    assert (row.verdict, row.dead) == ("not resolved", 3)


def test_one_language_alone_is_not_pooled():
    assert pooled([*effects([0.1, 0.2]), *effects([0.1], key=("lstm", "cells", "x", "baseline"))])[
        "languages"
    ].tolist() == [2]


def test_what_full_found_stands_beside_it():
    keys = [KEY, ("lstm", "baselines", "best", ""), ("lstm", "kinds", "equal-masked", "gru"), ("gru", *KEY[1:])]
    found = pooled([each for key in keys for each in effects([0.1, 0.2], key)], speaks=True)
    committed = across.full.of("comparisons", ["lstm"]).set_index(["group", "variant"])
    wanted = committed.loc[("layers", "layers-3"), ["effect", "low", "high", "verdict"]].tolist()
    assert found.iloc[0][across.POOLED[-4:]].tolist() == wanted
    best = across.store.best(across.full.of("results", ["lstm"]))
    assert found["full_effect"].iloc[1] == committed.loc[("baselines", best), "effect"]
    has_gru = len(across.full.of("comparisons", ["gru"])) > 0
    assert (found["full_verdict"].iloc[[3, 2]].notna() == has_gru).all()
    assert pooled(effects([0.1, 0.2]))["full_verdict"].isna().all()


RIGHT = {"layers-1": 0.74, "layers-3": 0.6, "beyond-maximum": 0.8, "beyond-unmasked": 0.4}
PARAMS = {"simple_rnn": 100, "gru": 300, "lstm": 400}


def fake_answers(cell, place=None):
    """The made-up evidence of a cell; each language is a little different."""
    shift = 0.01 * LANGUAGES.index(cell.language)
    of_cell = {"simple_rnn": 0.5, "lstm": 0.66, "gru": 0.64}[cell.architecture]
    right = {name: share + shift for name, share in (RIGHT | {"equal-masked": of_cell}).items()}
    return weighed(checks(right, cell.architecture, params=PARAMS[cell.architecture]), place=place)


def cell(architecture, language):
    return Cell(architecture, "tiny", 1, language, f"{architecture}-{language}")


@pytest.fixture(scope="module")
def several(tmp_path_factory):
    """The answers of every network of texts in some languages."""
    home, found = tmp_path_factory.mktemp("grid"), []
    for each in [cell(name, language) for name in OF_TEXTS for language in LANGUAGES]:
        place = each.place(False, home)
        evidence.save(fake := fake_answers(each, place))
        answers = across.answers_of(each, place, fake.data)
        scores = answers.results["val_f1"].where(answers.results["variant"] != "beyond-maximum", 0.7)
        found.append(replace(answers, results=answers.results.assign(val_f1=scores)))  # which is not the baseline
    return found


@pytest.fixture(scope="module")
def tables(several, tmp_path_factory):
    return across.write(several, tmp_path_factory.mktemp("tables"), pool=True)


def test_each_language_has_every_finding(several, tables):
    found = across.effects(several)
    table = tables["languages"]
    for each in several:
        mine = table[(table["language"] == each.cell.language) & (table["architecture"] == each.cell.architecture)]
        within = evidence.within_groups(each.comparisons)
        assert mine["effect"][: len(within)].tolist() == within["effect"].tolist()
        [best] = mine[mine["group"] == "baselines"].itertuples()
        assert best.effect == pytest.approx(each.sides[each.best].scores[0] - each.sides[each.rival].scores[0])
    kinds = table[
        (table["group"] == "kinds") & (table["language"] == LANGUAGES[1]) & (table["variant"] == "equal-masked")
    ]
    pairs = list(zip(kinds["architecture"], kinds["baseline"], strict=True))
    assert pairs == [("gru", "simple_rnn"), ("lstm", "simple_rnn"), ("lstm", "gru")]  # the one with more weights first
    sides = {each.cell.architecture: each.sides for each in several if each.cell.language == LANGUAGES[1]}
    for row, (ours, theirs) in zip(kinds.itertuples(), pairs, strict=True):
        wanted = sides[ours]["equal-masked"].scores.mean() - sides[theirs]["equal-masked"].scores.mean()
        assert row.effect == pytest.approx(wanted)
    assert all(each.resampled.mean() == pytest.approx(each.effect, abs=0.02) for each in found)
    assert len(tables["findings"]) * len(LANGUAGES) == len(table)
    assert (tables["findings"]["languages"] == len(LANGUAGES)).all()


def test_the_best_is_chosen_on_validation_data(several):
    one = several[0]
    scores = one.results["val_f1"].where(one.results["variant"] != "layers-3", 0.99)
    chosen = across.best([replace(one, results=one.results.assign(val_f1=scores))]).iloc[0]
    assert chosen["variant"] == "layers-3"
    assert chosen["test_f1"] == one.sides["layers-3"].scores[0]
    assert chosen["rival_test_f1"] == pytest.approx(one.sides[one.rival].scores[0])


def test_the_summary_says_what_the_tables_say(several, tables, tmp_path):
    notebooks = {each.cell: tmp_path / each.cell.name / f"{each.cell.architecture}.ipynb" for each in several}
    failed = cell("gru", "english")
    path = languages.index(
        tmp_path,
        notebooks | {failed: tmp_path / "x.ipynb"},
        several,
        tables,
        {failed: Failed("Traceback\nno memory <left>")},
    )
    html = path.read_text()
    assert f"{len(several) + 1} notebooks in {len(LANGUAGES)} languages" in html
    assert html.count("Winata et al.") == 1
    for each in several:
        assert f'<a href="{each.cell.name}/{each.cell.architecture}.html">{each.cell.name}</a>' in html
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))
    assert "gru-english is not finished : no memory &lt;left&gt;" in text
    for row in tables["findings"].itertuples():
        p, equal = (f"{each:.3f}" if each >= 0.001 else "&lt; 0.001" for each in (row.p_holm, row.p_holm_equal))
        assert f"{signed(row.effect)} {within(row.low, row.high)} {p} {equal} {row.verdict}" in text
        words = what(row)
        title = ARCHITECTURES[row.architecture].title
        assert f"{title} {words} {row.agree} of {row.languages} {row.clear}" in text
        said = f"{title}, {words}: {signed(row.effect)} ({within(row.low, row.high)}"
        assert (said in text) == (row.verdict != "not resolved")
        assert (
            re.search(
                rf"{re.escape(said)}[^;]*; the same sign in {row.agree} of 4 languages, clear in {row.clear}[.,]", text
            )
            or row.verdict == "not resolved"
        )
    assert (tmp_path / "forest.svg").read_text().startswith("<?xml")
    assert not re.findall(r'src="(?!data:)', html)


def test_the_summary_names_those_that_were_trained_once(several, tables, tmp_path):
    def said(several):
        html = languages.index(tmp_path, {}, several, tables, {}).read_text()
        return re.search(r"every ([^.]*?) was trained once", re.sub(r"\s+", " ", html))

    assert said(several)[1] == "SimpleRNN, LSTM and GRU"
    twice = [replace(each, results=pd.concat([each.results, each.results.assign(seed=1)])) for each in several]
    mixed = [two if two.cell.architecture == "simple_rnn" else one for one, two in zip(several, twice, strict=True)]
    assert said(mixed)[1] == "LSTM and GRU"
    assert said(twice) is None


def test_the_forest_plot_has_every_language_and_every_mean(tables):
    findings, found = tables["findings"], tables["languages"]
    figure = spread.draw(findings, found, "made up")
    axes = figure.axes
    assert [each.get_title(loc="left") for each in axes[:-1]] == [ARCHITECTURES[name].title for name in OF_TEXTS] * 2
    dots = sorted(x for each in axes for line in each.lines if line.get_marker() == "." for x in line.get_xdata())
    assert dots == pytest.approx(sorted(found["effect"]))
    means = sorted(float(line.get_xdata()[0]) for each in axes for line in each.lines if line.get_marker() == "D")
    assert means == pytest.approx(sorted(findings["effect"]))
    squares = [line for each in axes for line in each.lines if line.get_marker() == "s"]
    assert len(squares) == findings["full_verdict"].notna().sum()
    for row in findings.itertuples():
        assert short(row) in {text.get_text().replace("\n", " ") for each in axes for text in each.texts}
    lines = [line for each in axes for text in each.texts for line in text.get_text().split("\n")]
    assert max(map(len, lines)) <= 48  # what fits left of the panels


@pytest.fixture
def alone(monkeypatch):
    """A grid of which nothing is trained, and each notebook leaves made-up tables; returns what was run."""
    ran = []

    def execute(notebook, target, parameters):
        ran.append(f"{notebook.stem}-{parameters['language']}")
        if ran[-1] == alone_fails.name:
            raise NotebookError("it is broken")
        mine = cell(notebook.stem, parameters["language"])
        evidence.save(fake_answers(mine, mine.place(True, target.parents[3])))
        nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# A page")]), target)

    alone_fails = SimpleNamespace(name="", ran=ran)
    monkeypatch.setattr(report, "execute", execute)
    run = SimpleNamespace(record={"model_sha256": "1"})
    monkeypatch.setattr(
        training, "attempt", lambda batches, _: (dict.fromkeys(range(sum(len(each[0]) for each in batches)), run), {})
    )
    y = fake_answers(cell("lstm", "indonesian")).data
    monkeypatch.setattr(batch.datasets, "load", lambda *_, **__: replace(y, is_sample=True))
    with joblib.parallel_config("sequential"):
        yield alone_fails


def test_a_cell_that_fails_stops_no_other_and_the_next_batch_goes_on(alone, tmp_path, capsys):
    path = tmp_path / "two.yaml"
    path.write_text("architecture: [lstm, gru]\nlanguage: [indonesian, javanese]\nprofile: tiny\nseeds: 1")
    command = ["batch", "--grid", str(path), "--source", "sample", "--out", str(tmp_path)]
    home = tmp_path / "reports" / "two-sample"  # beside what real data gave
    alone.name = "lstm-javanese"
    assert main(command) == 1
    assert "error: lstm-javanese: it is broken" in capsys.readouterr().err
    assert len(alone.ran) == 4
    html = (home / "index.html").read_text()
    assert "not finished: lstm-javanese" in html
    assert html.count('.html">') == 3
    assert set(pd.read_csv(home / "best.csv")["cell"]) == {"lstm-indonesian", "gru-indonesian", "gru-javanese"}
    alone.name = ""
    alone.ran.clear()
    assert main(command) == 0
    assert alone.ran == ["lstm-javanese"]
    assert "not finished" not in (home / "index.html").read_text()
    assert main(command) == 0
    assert alone.ran == ["lstm-javanese"]
    (home / "gru-javanese" / "reports" / "tiny-sample" / "gru.html").unlink()
    assert main(command) == 0
    assert alone.ran == ["lstm-javanese", "gru-javanese"]
    page = (home / "gru-javanese" / "reports" / "tiny-sample" / "gru.html").read_text()
    [overview] = re.findall(r'href="([^"]*index.html)"', page)
    assert (home / "gru-javanese" / "reports" / "tiny-sample" / overview).resolve() == home / "index.html"


def test_a_finding_of_one_language_is_not_pooled(several, tmp_path):
    """Where the other cells failed each architecture may have another language."""
    two = [next(each for each in several if (each.cell.architecture, each.cell.language) == wanted)
           for wanted in zip(OF_TEXTS[:2], LANGUAGES, strict=False)]  # fmt: skip
    assert set(across.write(two, tmp_path, pool=True)) == {"best"}
    assert [path.name for path in tmp_path.iterdir()] == ["best.csv"]


@pytest.mark.parametrize("what", ["model", "listed", "data", "notebook", "code", "seeds"])
def test_a_page_is_made_again_if_what_it_is_made_of_changes(what, alone, tmp_path, monkeypatch):
    path = tmp_path / "one.yaml"
    path.write_text("architecture: [lstm, gru]\nlanguage: indonesian\nprofile: tiny\nseeds: 1")
    batch.make(path, "data", "sample", str(tmp_path))
    if what == "model":
        run = SimpleNamespace(record={"model_sha256": "2"})
        attempt = training.attempt
        monkeypatch.setattr(training, "attempt", lambda *given: (dict.fromkeys(attempt(*given)[0], run), {}))
    elif what == "listed":  # its file is gone, and its row tells of it
        run = SimpleNamespace(record={"fingerprint": "1 2"})
        attempt = training.attempt
        monkeypatch.setattr(training, "attempt", lambda *given: (dict.fromkeys(attempt(*given)[0], run), {}))
    elif what == "data":
        other = replace(batch.datasets.load(), checksum="22")
        monkeypatch.setattr(batch.datasets, "load", lambda *_, **__: other)
    elif what == "notebook":
        monkeypatch.setattr(batch, "sha256", lambda *paths: "".join(each.name for each in paths))
    elif what == "code":
        monkeypatch.setattr(batch, "code_digest", lambda *_: "other")
    else:
        path.write_text(path.read_text().replace("seeds: 1", "seeds: 2"))
    batch.make(path, "data", "sample", str(tmp_path))
    assert sorted(alone.ran) == ["gru-indonesian"] * 2 + ["lstm-indonesian"] * 2


def test_runs_that_failed_are_told_by_cell(monkeypatch):
    works = [SimpleNamespace(cell=cell(name, "javanese"), data=None, place=None) for name in ("lstm", "gru")]
    number = len(batch.jobs("lstm", "tiny"))
    runs = {each: f"run {each}" for each in range(2 * number) if each != number + 3}
    failed = {number + 3: Failed("run gru baseline seed 0: no memory", of_disk=True)}
    monkeypatch.setattr(training, "attempt", lambda *_: (runs, failed))
    monkeypatch.setattr(batch.conditions, "batches", lambda *_: [])
    trained, failures = batch._train(works, "")
    assert trained == {works[0].cell: [f"run {each}" for each in range(number)]}
    assert list(failures) == [works[1].cell]
    assert "run gru baseline seed 0: no memory\nwhat has finished is kept" in failures[works[1].cell].reason
    assert failures[works[1].cell].of_disk


def test_networks_under_other_conditions_are_trained_with_all_others(monkeypatch, tmp_path):
    """In one pool and on the scheduler, not by each notebook alone; texts of another language have none."""
    data, asked = datasets.load("nusax", source="sample"), []
    works = [
        SimpleNamespace(cell=cell("lstm", language), data=data, place=Place("tiny", True, tmp_path, language))
        for language in ("", "javanese")
    ]

    def attempt(batches, scheduler):
        asked.extend((len(jobs), place.language, jobs[0].variant.condition) for jobs, _, place in batches)
        return {number: f"run {number}" for number in range(sum(len(jobs) for jobs, *_ in batches))}, {}

    monkeypatch.setattr(training, "attempt", attempt)
    trained, failures = batch._train(works, "tcp://there")
    assert not failures
    studied, others = len(batch.jobs("lstm", "tiny")), sum(map(len, jobs_under("lstm", "tiny").values()))
    assert asked[0] == (studied, "", "") and asked[-1] == (studied, "javanese", "")
    assert {condition for *_, condition in asked[1:-1]} == set(jobs_under("lstm", "tiny"))
    assert [len(runs) for runs in trained.values()] == [studied + others, studied]
    assert trained[works[1].cell][0] == f"run {studied + others}"


@pytest.mark.slow
def test_a_real_grid_takes_what_is_trained_and_is_made_once(finished, tmp_path):
    """Two notebooks, of sample data, with what the report has trained and predicted."""
    path, home = tmp_path / "two.yaml", tmp_path / "reports" / "two-sample"
    path.write_text("architecture: simple_rnn\nlanguage: [indonesian, javanese]\nprofile: tiny\nseeds: 1")
    folders = [home / f"simple_rnn-{each}" for each in ("indonesian", "javanese")]
    trained = "weights/tiny-sample/simple_rnn"
    for each in folders:
        shutil.copytree(finished / trained, each / trained)
    command = ["batch", "--grid", str(path), "--source", "sample", "--out", str(tmp_path)]
    assert main(command) == 0
    for each in folders:
        assert not list(each.rglob("*.failed.ipynb"))
        assert {path.name for path in (each / "reports" / "tiny-sample").iterdir()} >= {
            "simple_rnn.html",
            "results.csv",
        }
        for network in (finished / trained).rglob("*.keras"):
            assert (each / trained / network.relative_to(finished / trained)).read_bytes() == network.read_bytes()
    assert "sample data, not NusaX-Senti" in (home / "index.html").read_text()
    findings = pd.read_csv(home / "findings.csv")
    assert (findings["languages"] == 2).all()  # the sample is the same in each
    assert findings["low"].tolist() == findings["effect"].tolist() == findings["high"].tolist()
    before = {path: path.stat().st_mtime_ns for path in home.rglob("simple_rnn.*")}
    assert len(before) == 4
    assert main(command) == 0
    assert before == {path: path.stat().st_mtime_ns for path in home.rglob("simple_rnn.*")}


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("no room", "no room"),
        ("Traceback (most recent call last)\n  line 3\nValueError: bad", "ValueError: bad"),
        (
            "a.ipynb failed:\n---\nKeyError  Traceback\nCell 4\nKeyError: 'x'\nLook at it",
            "a.ipynb failed: KeyError: 'x'",
        ),
    ],
)
def test_a_failed_cell_is_named_with_its_error(reason, said):
    assert languages._why(Failed(reason)) == said
