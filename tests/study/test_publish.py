"""make publish: which networks of a run go into git."""

import pandas as pd
import pytest

from study import publish, store
from study.architectures import ARCHITECTURES, variants
from study.runs import Place

SIZE = 1000


@pytest.fixture
def place(tmp_path):
    """A network and a record of each variant, and the table that says which is the best: the last."""
    here = Place("full", False, tmp_path)
    for name in ARCHITECTURES:
        for number, variant in enumerate(variants(name)):
            model = here.model(variant, 0)
            model.parent.mkdir(parents=True)
            model.write_bytes(bytes(SIZE - 10 + number))
            model.with_suffix(".json").write_bytes(bytes(10))
            here.model(variant, 1).write_bytes(bytes(SIZE))
    rows = [(name, each.name, float(number)) for name in ARCHITECTURES for number, each in enumerate(variants(name))]
    store.write("results", here, pd.DataFrame(rows, columns=["architecture", "variant", "val_f1"]))
    return here


def names(paths):
    return [path.parent.name for path in paths if path.suffix == ".keras"]


def test_the_baseline_the_best_and_the_others_each_in_its_share(place, monkeypatch):
    everything = publish.networks(place)
    assert len(everything) == 2 * sum(len(variants(name)) for name in ARCHITECTURES) == len(set(everything))
    assert all(path.stem == "seed-0" for path in everything)
    monkeypatch.setattr(publish, "SHARE", 3 * SIZE + 50)
    some = publish.networks(place)
    for name in ARCHITECTURES:
        mine = names(path for path in some if path.is_relative_to(place.weights / name))
        assert mine == [variants(name)[each].name for each in (0, -1, 1)]


def test_of_an_architecture_without_a_report_nothing_is_published(place):
    rows = store.read("results", place)
    rows[rows["architecture"] != "gru"].to_csv(place.reports / "results.csv", index=False)
    there = {path.relative_to(place.weights).parts[0] for path in publish.networks(place)}
    assert there == {*ARCHITECTURES} - {"gru"}


def test_a_large_one_is_left_out_and_smaller_ones_follow(place, monkeypatch):
    monkeypatch.setattr(publish, "LARGEST", SIZE)
    assert set(names(publish.networks(place))) == {"baseline"}


def test_pages_and_pictures(place):
    for folder, files in (
        (place.reports, ("cnn.html", "cnn.failed.ipynb", "x.log")),
        (place.figures, ("a.png", "a.svg")),
    ):
        folder.mkdir(parents=True, exist_ok=True)
        for name in files:
            (folder / name).touch()
    assert [path.name for path in publish.files(place) if "weights" not in str(path)] == [
        "cnn.html",
        "results.csv",
        "a.png",
    ]
