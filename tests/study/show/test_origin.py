"""The ends of a page: in short on top, references and provenance below."""

import re
from dataclasses import replace

import pandas as pd
import pytest

import forward
from study import full
from study.architectures import ARCHITECTURES, variants
from study.evidence import against_baselines
from study.runs import Place
from study.show import origin, short

from ..made_up import RIVAL, checks, tables, weighed

TOLD = ("results", "baselines", "comparisons")


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    place = Place("tiny", False, tmp_path_factory.mktemp("short"))
    place.figures.mkdir(parents=True)
    made = weighed(checks({}, "lstm", seeds=(0, 1)), place=place)
    for number, each in enumerate(made.checks):
        each.run.record["model_sha256"] = f"{number:064x}"
    return made


def test_a_page_in_short_has_five_lines_and_a_figure(found):
    said, picture = short.parts(found)
    lines = re.findall(r"^- \*\*(.*?)\*\*", said, re.MULTILINE)
    assert lines == ["Depth.", "Width.", "Direction.", "Beyond the baseline", "The best"]
    assert "trained with 2 seeds" in said
    assert picture.path == found.place.figures / "lstm-forest.png"
    assert picture.path.with_suffix(".svg").exists()
    assert picture.caption.startswith("Every comparison")
    assert "LSTM: " in picture.alt


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_references_are_in_order_and_have_their_dois(name):
    items = "images" if name == "cnn" else "texts"
    heading, empty, *listed = origin.references(name, items).split("\n")
    assert (heading, empty) == ("## References", "")
    assert listed == sorted(set(listed))
    assert len(re.findall(r"<https://doi\.org/10\.\d{4,5}/\S+>$", "\n".join(listed), re.MULTILINE)) >= 10
    authors = {"cnn": "LeCun", "simple_rnn": "Elman", "lstm": "Hochreiter", "gru": "Cho"}
    assert [each for each in authors.values() if f"- {each}, " in "\n".join(listed)] == [authors[name]]


def test_a_page_tells_what_it_was_made_with(found):
    heading, made_with, networks = origin.parts(found)
    assert heading.startswith("## Appendix")
    told = dict(made_with.itertuples(index=False))
    assert told["version"] == forward.__version__
    assert told["data"] == found.data.source
    copy = replace(found, data=replace(found.data, remark="a copy"))
    assert dict(origin.made_with(copy).itertuples(index=False))["data"] == f"{found.data.source}; a copy"
    assert all(re.search(rf"\b{each} \d", told["packages"]) for each in ("keras", "numpy", "typst", "matplotlib"))
    assert re.search(r"\d+ cores; \w+ \w+", told["machine"])
    assert len(networks) == len(variants("lstm"))
    assert set(networks["seeds"]) == {"0, 1"}
    assert networks["checksum"].str.fullmatch("[0-9a-f]{12}").all()
    assert networks["checksum"].is_unique


def test_the_processor_is_named_as_linux_has_it(tmp_path):
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nmodel name\t: Some CPU @ 2.1 GHz\nmodel\t: 7\n")
    assert origin.processor(tmp_path / "cpuinfo") == "Some CPU @ 2.1 GHz"
    assert origin.processor(tmp_path / "none")


def test_seeds_are_told_in_short():
    assert [origin.seeds(each) for each in ([3], [1, 0], [2, 0, 1, 3], [0, 1, 3])] == ["3", "0, 1", "0 to 3", "0, 1, 3"]


def test_what_full_contradicts_stands_above_the_answers(found, monkeypatch):
    rows = found.comparisons.copy()
    rows.loc[(rows["group"] == "layers") & (rows["variant"] == "layers-1"), "verdict"] = "better"
    said, wanted = (
        {},
        "`full`, which spends more, contradicts it in 1 of the comparisons** (number of layers: 1 against 2).",
    )
    for verdict in ("worse", "better"):
        committed = tables("lstm", {("layers", "layers-1"): (-0.07, verdict)})
        monkeypatch.setattr(full, "table", dict(zip(TOLD, committed, strict=True)).__getitem__)
        said[verdict] = next(short.parts(replace(found, comparisons=rows)))
    assert wanted in said["worse"].partition("- **Depth.**")[0]
    assert "contradicts" not in said["better"]


def test_also_what_full_contradicts_of_the_methods_without_a_network(found, monkeypatch):
    results, methods, _ = tables("lstm")
    row = against_baselines(found.comparisons).iloc[:2]
    rows = found.comparisons.drop(row.index)
    here, there = (pd.concat([rows, row.assign(verdict=each)]) for each in ("better", "worse"))
    monkeypatch.setattr(full, "table", dict(zip(TOLD, (results, methods, there), strict=True)).__getitem__)
    said = next(short.parts(replace(found, comparisons=here)))
    assert f"in 2 of the comparisons** (2 networks against {RIVAL})." in said
