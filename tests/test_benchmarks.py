"""What `make bench` says, of made-up times, and the names of files."""

import sys

import pandas as pd
import pytest

from study.files import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))
import bench
import musts
import peers
import tables


@pytest.fixture
def table():
    """Keras takes 2 s at its best for each network, forward 1 s or less, but for two networks on one kernel."""
    rows = []
    for network in bench.NETWORKS:
        for number, engine in enumerate(peers.FORWARDS):
            late = number == len(peers.FORWARDS) - 1 and network in ("cnn/baseline", "gru/depth-2")
            rows += [(network, engine, 0, 4000, 0.002, 2e-7), (network, engine, 512, 4000, 9.0, 2e-7)]
            rows.append((network, engine, 2000, 4000, 2.5 if late else 0.4, 2e-7))
        rows += [(network, "Keras predict", size, 4000, s, 0.0) for size, s in ((0, 0.04), (512, 2.0), (2000, 3.0))]
    for engine, s in (("ONNX Runtime", 0.0008), ("Keras call", 0.01)):
        rows.append(("lstm/baseline", engine, 0, 4000, s, 1e-7))
    return pd.DataFrame(rows, columns=["network", "engine", "batch size", "samples", "s", "max_abs_diff"])


ABOUT = {"machine": "2 cores of a made-up processor.", "notes": ["- PyTorch: missing"], "scale": "", "startup": ""}


def test_each_side_counts_with_its_own_best_batch_size(table):
    found = musts.speed(table)
    assert list(found.columns) == list(peers.FORWARDS)
    assert found.loc["lstm/baseline"].tolist() == pytest.approx([5] * len(peers.FORWARDS))
    assert found.loc["cnn/baseline"].min() == pytest.approx(0.8)
    assert musts.speed(table, samples=musts.ONE).loc["cnn/baseline"].max() == pytest.approx(20)


def test_what_is_slower_or_under_a_must_is_named(table):
    assert [each.partition(" (")[0] for each in musts.slower(table)] == ["cnn/baseline", "gru/depth-2"]
    missed, unknown = musts.short(table)
    assert missed == ["cnn/baseline, many, Keras predict: 0.800, must be 1.0"]
    assert "cnn/baseline, one sample, ONNX Runtime" in unknown
    assert "lstm/baseline, one sample, ONNX Runtime" not in unknown  # 0.4, must be 0.25
    table.loc[table["engine"] == "ONNX Runtime", "s"] = 0.0004
    assert "lstm/baseline, one sample, ONNX Runtime: 0.200, must be 0.25" in musts.short(table)[0]


def test_musts_are_of_studied_networks():
    assert {each.network for each in musts.MUSTS} <= {*bench.NETWORKS}
    assert {*bench.IN_ALL_ENGINES, *bench.STARTED} <= {*bench.NETWORKS}
    assert all(each.must < each.aim and each.engine in peers.PEERS for each in musts.MUSTS)


@pytest.mark.parametrize("status", [0, 1])
def test_what_is_written(status, table, tmp_path, monkeypatch, capsys):
    """With CHECK=1 and a must that is missed the exit status is 1."""
    if not status:
        table.loc[table["s"] == 2.5, "s"] = 0.4
    (tmp_path / "docs").mkdir()
    (tmp_path / "README.md").write_text("before <!-- make bench: begin --> outdated <!-- make bench: end --> after")
    monkeypatch.setattr(tables, "ROOT", tmp_path)
    for name in ("RESULTS", "TABLE", "FIGURE"):
        monkeypatch.setattr(tables, name, tmp_path / "docs" / getattr(tables, name).name)
    tables.save(table, ABOUT)
    monkeypatch.setattr(sys, "argv", ["bench.py", "--tables", "--check"])
    if status:
        with pytest.raises(SystemExit, match="1"):
            bench.main()
    else:
        bench.main()
    assert ("Under a must: cnn/baseline" in capsys.readouterr().out) == bool(status)
    text = (tmp_path / "docs" / "RESULTS.md").read_text()
    assert all(f"| {name} |" in text for name in bench.NETWORKS) and "- PyTorch: missing" in text
    assert "| lstm/baseline, ONNX Runtime |" in text and "| cnn/pooling-average, Keras predict |" not in text
    readme = (tmp_path / "README.md").read_text()
    assert readme.startswith("before ") and readme.endswith(" after") and "outdated" not in readme
    counted = f"{['None', '2'][status]} of {len(bench.NETWORKS)} networks {['is', 'are'][status]} slower than Keras ("
    assert counted in readme.replace("\n", " ")
    assert (tmp_path / "docs" / "speed.png").stat().st_size > 5_000


def test_every_studied_network_has_been_measured():
    """And README and the table say so of the same measurements."""
    found, about = tables.saved()
    assert {*found["network"]} == {*bench.NETWORKS}
    assert tables.lines(found, about) in (ROOT / "README.md").read_text()
    assert tables.every_network(found) in tables.TABLE.read_text()


def test_an_onnx_cell_has_its_gates_in_another_order():
    class Cell:
        class_name = "LSTM"
        weights = {name: bench.np.arange(8.0)[bench.np.newaxis] for name in ("kernel", "recurrent_kernel")}

    Cell.weights["bias"] = bench.np.arange(8.0)
    kernel, _, bias = peers.onnx_cell(Cell)
    assert kernel[:, 0].tolist() == [0, 1, 6, 7, 2, 3, 4, 5]
    assert bias.tolist() == [0, 1, 6, 7, 2, 3, 4, 5] + [0] * 8


def test_no_file_hides_a_module_of_the_standard_library():
    """The folder of `python benchmarks/bench.py`, and of a test, comes first where Python looks for modules."""
    files = [path for folder in ("benchmarks", "tests") for path in (ROOT / folder).rglob("*.py")]
    assert len(files) > 40
    assert not [path for path in files if path.stem in sys.stdlib_module_names]
