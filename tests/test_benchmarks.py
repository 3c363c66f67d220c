"""The tables of `make bench`, on made-up times, and the names of files."""

import sys

import pandas as pd
import pytest

from study.files import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))
import bench
import peers


def times(engine, one, by_size, difference=1e-7):
    return [("net", engine, 0, one, difference), *(("net", engine, size, s, difference) for size, s in by_size.items())]


@pytest.fixture
def table():
    rows = times("forward", 0.002, {32: 3.0, 512: 2.0}) + times("Keras predict", 0.04, {32: 5.0, 512: 7.0}, 3e-7)
    rows += times("Keras call", 0.01, {})
    return pd.DataFrame(rows, columns=["network", "engine", "batch size", "s", "max_abs_diff"])


def test_each_side_counts_with_its_own_best_batch_size(table):
    lines = bench.speed_table(table).splitlines()
    assert lines[2:5] == [
        "| net | forward | 512 | 2.000 | 1.00 | 2.00 | 1.0 |  |",
        "| net | Keras predict | 32 | 5.000 | 2.50 | 40.00 | 20.0 | 3.0e-07 |",
        "| net | Keras call |  |  |  | 10.00 | 5.0 | 1.0e-07 |",
    ]
    assert lines[-1].endswith("forward at its best: net 2.50.")


def test_the_figure(table, tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "folder", lambda name: tmp_path / name)
    bench.draw(pd.concat([table.assign(network=name) for name in "abcd"]), "made up")
    assert (tmp_path / "figures" / "benchmark.png").stat().st_size > 10_000


def test_readme_has_the_table_of_these_networks_and_engines():
    text = (ROOT / "README.md").read_text().partition("make bench: begin")[2].partition("make bench: end")[0]
    for name in (*bench.NETWORKS, *peers.PEERS, "memory-mapped", "Process start"):
        assert name in text


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
