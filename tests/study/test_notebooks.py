"""The notebooks as they are committed, and the whole report at a tiny budget on the sample data."""

import ast
import inspect
import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import joblib
import nbformat
import pandas as pd
import papermill
import pytest

import forward
from study import datasets, evidence, report, runs, store
from study import notebook as checks_first
from study.__main__ import main
from study.architectures import ARCHITECTURES, rows, variants
from study.errors import NotebookError, PageError
from study.evaluation import unequal
from study.files import ROOT
from study.runs import jobs_under
from study.show import overview, paper

from .made_up import checks, weighed

TABLES = {f"{name}.csv" for name in store.TABLES}
NETWORKS = sum(len(variants(name)) for name in ARCHITECTURES)
OTHERS = sum(len(some) for name in ARCHITECTURES for some in jobs_under(name, "tiny").values())
NOTEBOOKS = {name: ROOT / "notebooks" / f"{name}.ipynb" for name in ARCHITECTURES}


@pytest.fixture(params=NOTEBOOKS)
def notebook(request):
    return nbformat.read(NOTEBOOKS[request.param], as_version=4)


def code(notebook):
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def test_committed_without_outputs(notebook):
    for cell in notebook.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
    assert notebook.metadata.kernelspec.name == "python3"


def test_parameters_are_those_of_the_report(notebook):
    [cell] = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    own = ["language"] if "on NusaX" in notebook.cells[0].source else []
    names = ["profile", "data_dir", "source", "out_dir", *own, "seeds"]
    assert re.findall(r"^(\w+) = ", cell.source, re.MULTILINE) == names
    ast.literal_eval("[" + ",".join(line.split("#")[0].split("=")[1] for line in cell.source.splitlines()) + "]")


def test_no_question_is_left_to_the_reader(notebook):
    """What a page asks it answers from the results; questions stand in the introduction and among the exercises."""
    for cell in notebook.cells[1:]:
        if cell.cell_type == "markdown" and not re.search(r"^## Does numpy give|^## Exercises", cell.source):
            assert "?" not in cell.source.replace("how far are the two apart?", "")


def test_cells_are_short(notebook):
    for source in code(notebook):
        assert len(source.splitlines()) <= 10
        for node in ast.walk(ast.parse(source)):
            assert not isinstance(node, ast.FunctionDef) or node.end_lineno - node.lineno < 10


def test_setup_is_short_and_every_group_is_told():
    for name, path in NOTEBOOKS.items():
        cells = nbformat.read(path, as_version=4).cells
        sources = [cell.source for cell in cells if cell.cell_type == "code"]
        [setup] = [source for source in sources if source.startswith("import numpy")]
        assert len(setup.splitlines()) <= 5
        assert len(cells) <= 60
        told = re.findall(r'^show\.group\(results, "(\w+)"\)$', "\n".join(sources), re.MULTILINE)
        groups = ARCHITECTURES[name].groups
        assert told == list(groups)
        for before, control in pairwise(told):  # what it tries to break stands right above it
            assert groups[control].control_of in ("", before)


def test_each_layer_of_the_model_stands_beside_its_plain_function(notebook):
    [cell] = [source for source in code(notebook) if "explain.model(" in source]
    shown = []
    exec(
        cell,
        {"forward": forward, "explain": SimpleNamespace(model=lambda *given, **named: shown.append((*given, named)))},
    )
    [(layers, functions)] = shown
    built = "".join(map(inspect.getsource, functions["built"]))
    names = re.findall(r"\blayers\.([A-Z]\w+)|keras\.layers import (\w+)|activation=\"(\w+)\"", built)
    assert len(names) >= 7
    assert {max(name) for name in names} - {"Activation", "Input"} <= layers.keys()
    for plain in layers.values():
        assert not callable(plain) or vars(forward)[plain.__name__] is plain


@pytest.mark.parametrize("name", ["lstm", "gru"])
def test_formulas_name_the_gates_in_the_order_of_the_plain_function(name):
    text = "".join(cell.source for cell in nbformat.read(NOTEBOOKS[name], as_version=4).cells)
    [order] = re.findall(r"\((z_\w(?:, z_\w)+)\) &= x_t", text)
    assert f"cut into {order}" in getattr(forward, f"{name}_cell").__doc__
    assert f"{order} = np.split(" in text
    gates = "".join(re.findall(r"z_(\w)", order))
    assert f'explain.weights(W, U, b, gates="{gates}")' in text


def solutions(notebook):
    return [cell for cell in notebook.cells if "solution" in cell.metadata.get("tags", [])]


def test_each_exercise_has_a_folded_solution_that_is_run(notebook):
    [text] = [cell.source for cell in notebook.cells if cell.source.startswith("## Exercises")]
    numbers = re.findall(r"^(\d+)\. ", text, re.MULTILINE)
    assert 3 <= len(numbers) <= 5
    assert [cell.source.split(".")[0] for cell in solutions(notebook)] == [f"# {number}" for number in numbers]
    for cell in solutions(notebook):
        assert cell.metadata.jupyter == {"source_hidden": True, "outputs_hidden": True}
        assert "assert " in cell.source
        assert "print(" in cell.source


def test_solutions_name_tests_that_there_are(notebook):
    named = [found for cell in solutions(notebook) for found in re.findall(r"# Red: (\S+?)::(.*)", cell.source)]
    assert named
    for path, names in named:
        for name in re.findall(r"\b(?:test_|Test)\w+", names):
            assert re.search(rf"(?:def|class) {name}\b", (ROOT / path).read_text())


def test_a_cell_can_be_run_again_after_all_others(notebook):
    """What a cell reads and has not set itself, no later cell sets to something else."""
    written, read = [], []
    for source in code(notebook):
        tree = ast.parse(source)
        names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
        own = {node.id for node in names if isinstance(node.ctx, ast.Store)}
        first = {}
        for node in sorted(names, key=lambda node: (node.lineno, isinstance(node.ctx, ast.Store), node.col_offset)):
            first.setdefault(node.id, node)
        read.append({name for name, node in first.items() if isinstance(node.ctx, ast.Load)})
        written.append(own)
    for number, names in enumerate(read):
        later = set().union(*written[number + 1 :]) if number + 1 < len(written) else set()
        before = set().union(*written[: number + 1])
        assert not names & later & before, f"cell {number} reads {names & later & before}, which a later cell sets"


def computed(out):
    """The files that training, predicting and fitting leave, and when they were written."""
    return {path: path.stat().st_mtime_ns for path in (out / "weights").rglob("[!.]*") if path.is_file()}


def pages_of(out):
    """The files of a report and its figures, and when they were written."""
    files = [path for kind in ("reports", "figures") for path in (out / kind / "tiny-sample").rglob("*")]
    return {path: path.stat().st_mtime_ns for path in files}


@pytest.mark.slow
class TestReport:
    def test_everything_is_there(self, finished):
        reports = finished / "reports" / "tiny-sample"
        names = {f"{name}.{kind}" for name in ARCHITECTURES for kind in ("ipynb", "html", "pdf")}
        assert {path.name for path in reports.iterdir()} == names | TABLES | {"index.html", "report.pdf"} | {
            f"{name}.csv" for name in store.NOT_ALWAYS if name not in ("robustness", "ensembles", "folds")
        }
        figures = {path.name for path in (finished / "figures" / "tiny-sample").iterdir()}
        assert {f"{name}-{group}.png" for name in ARCHITECTURES for group, _, _ in rows(name)} <= figures
        assert {path.suffix for path in finished.rglob(".*")} <= {".lock"}  # no temporary file is left

    def test_results(self, finished):
        results = pd.read_csv(finished / "reports" / "tiny-sample" / "results.csv")
        assert len(results) == NETWORKS
        assert (results["agreement"] == 1).all()
        assert (results["test_f1_keras"] == results["test_f1_numpy"]).all()
        assert unequal(results).empty
        assert not results["data_source"].str.contains("CIFAR|NusaX").any()

    @pytest.mark.parametrize("name", [*ARCHITECTURES, "index"])
    def test_pages_are_complete_in_themselves(self, finished, name):
        html = (finished / "reports" / "tiny-sample" / f"{name}.html").read_text()
        assert "sample data, not" in html
        assert not re.findall(r"<(?:link|iframe|script\s[^>]*src)\b", html)
        assert not [
            source for source in re.findall(r'\b(?:src|data)="([^"]*)"', html) if not source.startswith("data:")
        ]
        assert "No description has been provided" not in html

    @pytest.mark.parametrize("name", ARCHITECTURES)
    def test_formulas_and_tables_reach_the_page(self, finished, name):
        html = (finished / "reports" / "tiny-sample" / f"{name}.html").read_text()
        assert "<math" in html
        assert "$$" not in html
        assert html.count("<table") >= 6
        assert len(re.findall("data:image/(?:png|svg)", html)) >= 6
        assert re.search(r"All \d+ runs: the same class on (\d+) of \1 test examples", html)

    @pytest.mark.parametrize("name", ARCHITECTURES)
    def test_pdf(self, finished, name):
        data = (finished / "reports" / "tiny-sample" / f"{name}.pdf").read_bytes()
        assert data.startswith(b"%PDF-")
        assert len(data) > 100_000

    def test_executed_notebooks_keep_no_progress_and_no_errors(self, finished):
        for name in ARCHITECTURES:
            notebook = nbformat.read(finished / "reports" / "tiny-sample" / f"{name}.ipynb", as_version=4)
            for cell in notebook.cells:
                for output in cell.get("outputs", []):
                    assert output.output_type != "error"
                    assert output.get("name") != "stderr", output.text
                    assert "run/s" not in str(output)

    @pytest.mark.parametrize("name", ARCHITECTURES)
    def test_by_hand_is_checked_and_solutions_are_folded(self, finished, name):
        reports = finished / "reports" / "tiny-sample"
        notebook = nbformat.read(reports / f"{name}.ipynb", as_version=4)
        checked = [cell for cell in notebook.cells if cell.cell_type == "code" and "assert " in cell.source]
        assert all(cell.execution_count for cell in checked)
        sources = "".join(cell.source for cell in checked)
        assert "keras.layers" in sources
        x_test = datasets.load(ARCHITECTURES[name].dataset, source="sample").x_test
        some = slice(None, None, 100) if name == "cnn" else slice(100)  # images lie in the order of their classes
        part = "[::100]" if name == "cnn" else "[:100]"
        [trained] = [cell for cell in checked if f"checks[0].keras{part}" in cell.source]
        assert f"{len(x_test[some])}/{len(x_test[some])}" in str(trained.outputs)
        html = (reports / f"{name}.html").read_text()
        folded = [f"Solution {number}" for number in range(1, 1 + len(solutions(notebook)))]
        assert re.findall(r'<details class="solution"><summary>(.*?)</summary>', html) == folded

    def test_pages_link_to_what_is_there(self, finished):
        reports = finished / "reports" / "tiny-sample"
        for page in reports.glob("*.html"):
            for target in re.findall(r'href="([^"#:]+)"', page.read_text()):
                assert (reports / target).exists(), f"{page.name} links to {target}"

    def test_a_second_run_trains_and_predicts_nothing(self, finished):
        before = computed(finished)
        assert len([path for path in before if path.suffix == ".keras"]) == NETWORKS + OTHERS
        assert len([path for path in before if path.name.endswith(".check.npz")]) == NETWORKS + OTHERS
        assert len([path for path in before if path.name.endswith(".layers.npz")]) == len(ARCHITECTURES)
        assert len([path for path in before if path.name == "baselines.npz"]) == len(ARCHITECTURES)
        report.train(list(ARCHITECTURES), "tiny", "data", "sample", str(finished), True)
        assert computed(finished) == before


def test_an_executed_notebook_does_not_say_where_it_ran(tmp_path):
    """It goes into git, and the folders of a machine do not."""
    paths = {"input_path": "/home/me/notebooks/cnn.ipynb", "output_path": "/home/me/reports/.12@here@cnn.ipynb"}
    page = tmp_path / "page.ipynb"
    nbformat.write(nbformat.v4.new_notebook(metadata={"papermill": paths | {"duration": 2.5}}), page)
    report._without_paths(page, Path(paths["input_path"]))
    about = nbformat.read(page, nbformat.NO_CONVERT).metadata["papermill"]
    assert about == {"input_path": "cnn.ipynb", "output_path": "cnn.ipynb", "duration": 2.5}


@pytest.mark.slow
def test_by_hand_from_the_notebooks_folder(finished, tmp_path):
    """As papermill's own command does it, and with relative folders that start at the project."""
    parameters = {"profile": "tiny", "data_dir": "data", "source": "sample", "out_dir": str(finished)}
    options = [word for name, value in parameters.items() for word in ("-p", name, value)]
    command = [sys.executable, "-m", "papermill", "lstm.ipynb", str(tmp_path / "out.ipynb"), "-k", "python3", *options]
    before, shown = computed(finished), pages_of(finished)
    subprocess.run(command, cwd=ROOT / "notebooks", check=True, capture_output=True)
    assert f"All {len(variants('lstm'))} runs" in (tmp_path / "out.ipynb").read_text()
    assert computed(finished) == before  # all that takes long was kept
    assert pages_of(finished) == shown
    assert (finished / "reports" / "by-hand" / "tiny-sample" / "results.csv").exists()


PARAMETERS = {"profile": "quick", "data_dir": "data", "source": "auto", "out_dir": ".", "seeds": None}
OF_TEXTS = PARAMETERS | {"language": "indonesian"}


@pytest.mark.parametrize(
    ("injected", "message"),
    [
        (
            {"profil": "quick"},
            "unknown parameter profil; the parameters are profile, data_dir, .*out_dir, language, seeds",
        ),
        ({"source": "sample", "dpi": 3, "seed": [1]}, "unknown parameter dpi, seed; the parameters are"),
        ({"profile": "qick"}, "the parameter profile: 'qick' is not known; choose one of .*quick"),
        ({"profile": 3}, "the parameter profile is 3, expected a text"),
        ({"source": "reel"}, "the parameter source: 'reel' is not known; choose one of auto, real, sample"),
        ({"source": ["real"]}, r"the parameter source is \['real'\], expected a text"),
        ({"data_dir": None}, "the parameter data_dir is None, expected a text"),
        ({"out_dir": ""}, "the parameter out_dir is '', expected a text"),
        ({"language": "latin"}, "the parameter language: 'latin' is not known; choose one of indonesian, acehnese"),
        ({"language": None}, "the parameter language is None, expected a text"),
        ({"seeds": 0}, "the parameter seeds is 0, expected a whole number from 1 on"),
        ({"seeds": "3"}, "the parameter seeds is '3', expected a whole number"),
        ({"seeds": True}, "the parameter seeds is True, expected a whole number"),
    ],
)
def test_a_notebook_refuses_unknown_parameters_and_values(injected, message, monkeypatch):
    cell = papermill.translators.PythonTranslator.codify(injected)
    monkeypatch.setattr(checks_first, "get_ipython", lambda: SimpleNamespace(user_ns={"In": ["", "x = 1", cell]}))
    with pytest.raises((ValueError, TypeError), match=message):
        checks_first.check(**OF_TEXTS | {name: value for name, value in injected.items() if name in OF_TEXTS})


@pytest.mark.parametrize("also", ["epochs = 3", "profil: str = 'full'"])
def test_a_name_that_someone_typed_into_the_parameters_is_refused(also, monkeypatch):
    typed = "".join(f"{name} = {value!r}\n" for name, value in PARAMETERS.items())
    monkeypatch.setattr(checks_first, "get_ipython", lambda: SimpleNamespace(user_ns={"In": ["", typed + also]}))
    with pytest.raises(ValueError, match=rf"unknown parameter {also[:6]}; the parameters are profile, data_dir"):
        checks_first.check(**PARAMETERS)
    corrected = ["", typed + also, typed + "profile = 'full'", "%time 1", also]  # and another cell may assign anything
    monkeypatch.setattr(checks_first, "get_ipython", lambda: SimpleNamespace(user_ns={"In": corrected}))
    checks_first.check(**PARAMETERS)


def test_what_is_refused_is_told_in_one_line(monkeypatch):
    with pytest.raises(ValueError, match="qick") as refused:
        checks_first.check(**PARAMETERS | {"profile": "qick"})
    [line] = refused.value._render_traceback_()
    assert re.match(r"ValueError: the parameter profile: 'qick' is not known; choose one of .*quick", line)


def test_by_hand_a_notebook_leaves_the_tables_and_figures_of_a_report_alone(tmp_path):
    by_hand = checks_first.place("quick", SimpleNamespace(is_sample=False), tmp_path, "javanese")
    assert by_hand.reports == tmp_path / "reports" / "by-hand" / "quick-javanese"
    assert by_hand.figures == tmp_path / "figures" / "by-hand" / "quick-javanese"
    assert by_hand.weights == tmp_path / "weights" / "quick-javanese"


def test_images_have_no_language(monkeypatch):
    cell = papermill.translators.PythonTranslator.codify({"language": "javanese"})
    monkeypatch.setattr(checks_first, "get_ipython", lambda: SimpleNamespace(user_ns={"In": ["", cell]}))
    with pytest.raises(ValueError, match=r"unknown parameter language; the parameters are .*, out_dir, seeds$"):
        checks_first.check(**PARAMETERS)


def test_a_notebook_takes_what_is_known(monkeypatch):
    corrected = ['# Parameters\nprofil = "quick"\n', '# Parameters\nprofile = "quick"\nPAPERMILL_INPUT_PATH = "x"\n']
    for shell in (None, SimpleNamespace(user_ns={"In": ["", *corrected, "anything = 3"]})):
        monkeypatch.setattr(checks_first, "get_ipython", lambda shell=shell: shell)
        checks_first.check(**PARAMETERS | {"data_dir": Path("data"), "seeds": 12})


@pytest.mark.parametrize("folder", ["", "notebooks", "notebooks/deeper"])
def test_a_notebook_refuses_the_code_of_another_checkout(folder, tmp_path, monkeypatch):
    copy = tmp_path / "copy"
    (copy / "study").mkdir(parents=True)
    (copy / folder).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(copy / folder)
    checks_first.check(**PARAMETERS)  # no checkout
    shutil.copy(ROOT / "study" / "notebook.py", copy / "study")
    with pytest.raises(RuntimeError, match=rf"runs in {copy}, but the code .* lies in {ROOT}: run `make setup`"):
        checks_first.check(**PARAMETERS)


def test_every_notebook_begins_with_the_check(notebook):
    [setup] = [source for source in code(notebook) if source.startswith("import numpy")]
    own = ", language=language" if "on NusaX" in notebook.cells[0].source else ""
    assert f"notebook.check(profile, data_dir, source, out_dir, seeds{own})" in setup.splitlines()


def test_no_page_of_texts_takes_them_for_indonesian(notebook):
    """The words are those of every language; the pencil example, which is Indonesian, says so."""
    said = [cell.source for cell in notebook.cells if "ndonesian" in cell.source]
    if "on NusaX" in notebook.cells[0].source:
        assert [re.search(r"three Indonesian words|searched on the Indonesian|^profile", each)[0] for each in said] == [
            "profile", "three Indonesian words", "searched on the Indonesian"
        ]  # fmt: skip


@pytest.mark.slow
def test_an_unknown_parameter_stops_a_notebook_at_once(tmp_path):
    with pytest.raises(NotebookError, match="unknown parameter profil; the parameters are profile, data_dir"):
        report.execute(NOTEBOOKS["lstm"], tmp_path / "out.ipynb", {"profil": "tiny"})
    ran = nbformat.read(tmp_path / "out.failed.ipynb", as_version=4)
    assert not [cell for cell in ran.cells if "datasets.load" in cell.source and cell.execution_count]


def test_what_fails_keeps_nothing_else_from_being_made_and_never_looks_finished(tmp_path, monkeypatch, capsys):
    """The CNN's notebook fails, and the LSTM's formula and PDF; the others' pages are of an earlier run."""
    place = runs.Place("tiny", True, tmp_path)
    for architecture in ARCHITECTURES:
        found = weighed(checks({}, architecture), place=place)
        evidence.save(found)
    place.reports.mkdir(parents=True, exist_ok=True)
    for name in ARCHITECTURES:
        nbformat.write(page_of("# Of an earlier run"), place.reports / f"{name}.ipynb")
        for kind in ("html", "pdf"):
            (place.reports / f"{name}.{kind}").write_text("of an earlier run")
    (place.reports / "index.html").write_text("of an earlier run")

    def execute(notebook, target, parameters):
        if target.stem == "cnn":
            assert not (place.reports / "index.html").exists()
            target.with_suffix(".failed.ipynb").write_text("{}")
            raise NotebookError("cnn.ipynb failed in cell 3")
        nbformat.write(page_of("# New\n\n$\\nosuch$"), target)

    write = paper.write_pdf

    def write_pdf(page, title, notice, target, is_book=False):
        if "nosuch" in page.body and not is_book:
            raise PageError("no PDF")
        write(page, title, notice, target, is_book)

    monkeypatch.setattr(paper, "write_pdf", write_pdf)
    monkeypatch.setattr(report, "execute", execute)
    monkeypatch.setattr(report, "train", lambda *_, **__: place)
    monkeypatch.setattr("study.__main__.ARCHITECTURES", ["cnn", "lstm"])
    with joblib.parallel_config("sequential"):  # in this process, for the sake of what is replaced
        assert main(["report", "--profile", "tiny", "--source", "sample", "--out", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "error: cnn.ipynb failed in cell 3" in said
    assert "lstm.ipynb: the formula $\\nosuch$ is not known to pandoc\nlstm.ipynb: no PDF" in said
    made = {f"{name}.{kind}" for name in {*ARCHITECTURES} - {"cnn", "lstm"} for kind in ("ipynb", "html", "pdf")}
    made |= {"lstm.ipynb", "lstm.html"}
    assert {path.name for path in place.reports.iterdir() if path.suffix != ".csv" and path.is_file()} == (
        made | {"index.html", "report.pdf", "cnn.failed.ipynb"}
    )
    assert "of an earlier run" not in "".join(path.read_text() for path in place.reports.glob("*.html"))
    index = (place.reports / "index.html").read_text()
    assert "not finished: cnn.failed.ipynb" in index
    assert set(re.findall(r'href="(\w+\.\w+)"', index)) == TABLES | made | {"index.html", "report.pdf"}


def page_of(text):
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)])


def test_a_report_of_which_nothing_succeeds_has_no_overview(tmp_path, monkeypatch):
    place = runs.Place("tiny", True, tmp_path)
    place.reports.mkdir(parents=True)
    for name in ("index.html", "report.pdf", "cnn.ipynb", "cnn.html", "cnn.pdf"):
        (place.reports / name).write_text("of an earlier run")

    def stop(notebook, target, parameters):
        raise NotebookError(f"{notebook.name} is broken")

    monkeypatch.setattr(report, "execute", stop)
    monkeypatch.setattr(report, "train", lambda *_, **__: place)
    with (
        joblib.parallel_config("sequential"),
        pytest.raises(NotebookError, match=r"^cnn.ipynb is broken\n\nlstm.ipynb is broken$"),
    ):
        report.make(["cnn", "lstm"], "tiny", "data", "sample", str(tmp_path))
    assert not list(place.reports.iterdir())


def test_the_overview_lists_only_what_has_a_page(tmp_path):
    place = runs.Place("tiny", True, tmp_path)
    for architecture in ("lstm", "simple_rnn"):
        found = weighed(checks({}, architecture), place=place)
        evidence.save(found)
    (place.reports / "simple_rnn.ipynb").write_text("{}")
    html = overview.index(place).read_text()
    assert "simple_rnn.html" in html
    assert "lstm.html" not in html


@pytest.mark.slow
def test_a_failed_notebook_never_looks_finished(tmp_path):
    source = tmp_path / "broken.ipynb"
    shutil.copy(NOTEBOOKS["lstm"], source)
    notebook = nbformat.read(source, as_version=4)
    notebook.cells[2].source = "raise RuntimeError('this is broken')"
    nbformat.write(notebook, source)
    target = tmp_path / "out" / "broken.ipynb"
    target.parent.mkdir()
    target.write_text("an earlier report")
    with pytest.raises(NotebookError, match=r"broken\.ipynb failed.*(?s:.)*this is broken"):
        report.execute(source, target, {"profile": "tiny"})
    assert target.read_text() == "an earlier report"
    assert {path.name for path in target.parent.iterdir()} == {"broken.ipynb", "broken.failed.ipynb"}


def test_a_notebook_that_cannot_be_read_is_told_so(tmp_path):
    (tmp_path / "torn.ipynb").write_text("{")
    with pytest.raises(NotebookError, match=r"torn\.ipynb failed:\n(?!.*No such file)") as caught:
        report.execute(tmp_path / "torn.ipynb", tmp_path / "out" / "torn.ipynb", {})
    assert "Look at" not in str(caught.value)
