"""The overview, from made-up tables: what stands first, what stands beside full, and that it is complete in itself."""

import re

import pandas as pd
import pytest

from study import full
from study.architectures import ARCHITECTURES, pairs, variants
from study.runs import Place
from study.show import overview

from ..made_up import RIVAL, tables

SEEN = ("lstm", "cnn")
HERE = {
    ("layers", "layers-1"): (0.06, "better"),
    ("beyond", "layers-1"): (0.29, "better"),
    ("beyond", "beyond-bidirectional", "beyond-unmasked"): (0.28, "better"),
}
IN_FULL = HERE | {("layers", "layers-1"): (-0.07, "worse"), ("layers", "layers-3"): (0.01, "equivalent")}


def frames(said, **settings):
    """results, baselines and comparisons of the architectures that the pages speak of."""
    parts = zip(*(tables(name, said, **settings) for name in SEEN), strict=True)
    return dict(zip(("results", "baselines", "comparisons"), map(pd.concat, parts), strict=True))


NO_CELLS = pd.DataFrame({"architecture": []})


def page(place, parts=None, **settings):
    """The HTML of an overview, in one line and without the figures' bytes; `parts`: its tables, if not the usual."""
    place.reports.mkdir(parents=True)
    parts = parts or frames(HERE, **settings)
    for name, frame in parts.items():
        frame.to_csv(place.reports / f"{name}.csv", index=False)
    for name in parts["results"]["architecture"].unique():
        (place.reports / f"{name}.ipynb").write_text("{}")
    html = re.sub(r"base64,[\w+/=]+", "base64,", overview.index(place).read_text())
    laid_out = (
        r'<nav class="contents".*?</nav>|<span class="number">[^<]*</span>[. ]*| (?:data-label|class|style|id)="[^"]*"'
    )
    html = re.sub(laid_out, "", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", html).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    """A page of quick where full has made-up tables, too."""
    committed = frames(IN_FULL, scores={"layers-1": (0.61, 0.62)}, data_source="data of full sha256:33")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(full, "table", (committed | {"cells": NO_CELLS}).__getitem__)
        scores = {"layers-1": (0.8, 0.73), "layers-3": (0.7, 0.9)}
        return page(Place("quick", False, tmp_path_factory.mktemp("quick")), scores=scores, seeds=(0,))


@pytest.fixture(scope="module")
def of_full(tmp_path_factory):
    """A page of full itself."""
    return page(Place("full", False, tmp_path_factory.mktemp("full")))


def test_a_smaller_profile_leads_with_what_full_found(quick):
    headings = re.findall(r"<h2[^>]*>(.*?)</h2>", quick)
    assert headings[:7] == [
        "In short",
        "The best of each architecture",
        "What a wider or deeper network costs",
        "Does numpy give what Keras gives?",
        "How fast is it?",
        "What the full study found",
        "What the profile quick found",
    ]
    assert "against 2 layers, 1 (−0.070) is worse; 3 (+0.010) is equivalent" in quick


def test_full_stands_beside_each_verdict_and_a_contradiction_is_named(quick):
    assert "1 against 2 (+0.060); <strong><code>full</code> contradicts: worse (−0.070)</strong>" in quick
    assert "3 against 2 (0.000); <code>full</code>: equivalent (+0.010)" in quick
    number = sum(len(pairs(name)) for name in SEEN)
    assert (
        f"Of {number} verdicts on this profile's networks, 2 are not those of the profile <code>full</code>, and 1"
        in quick
    )
    assert f"LSTM: 1 seed instead of {ARCHITECTURES['lstm'].seeds}" in quick
    assert "LSTM, number of layers: 1 against 2: better here (+0.060), worse in <code>full</code> (−0.070)." in quick
    listed = quick.partition("Against the methods without")[2]
    assert listed.count(
        "<code>full</code>: Against the method without a network that is best on validation data"
    ) == len(SEEN)


def test_the_best_is_so_on_validation_data_and_one_seed_stands_beside_full_s_mean(quick):
    row = re.search(r'<td><span><a href="lstm.html">LSTM</a></span></td>(.*?)</tr>', quick)[1]
    cells = re.findall(r"<td>(.*?)</td>", row)
    assert cells[:5] == ["1 layer", "1,234", "0.800 (full: 0.610)", "0.730 (full: 0.620)", f"0.410 ({RIVAL})"]


def test_the_earlier_report_is_held_against_full_where_seeds_are_single(quick):
    assert "one seed each" not in quick
    assert "Each network was trained once here, which cannot tell" in quick
    assert "Data: made up. Settings" in quick
    assert "Data: data of full." in quick
    assert "these are its results, on data of full." in quick
    assert "Ours come from" not in quick
    assert "<td>−0.070 (−0.074 to −0.068)</td> <td>contradicts</td>" in quick
    assert "agreeing with ours 0, compatible with ours 0, contradicted 1, cannot be told" in quick


def test_the_page_is_complete_in_itself(quick):
    images = re.findall(r"<img ([^>]+)>", quick)
    assert len(images) == 2 + 2 * 2  # each as a whole, and for paper a part for each architecture
    for each in images:
        assert re.match(r'alt="[^"]{40,}" src="data:image/(png|svg\+xml);base64,"', each)
    assert "http" not in quick.partition("<main")[2]


def test_full_stands_alone(of_full):
    assert of_full.count("<picture>") == 1
    assert "<h2>What the profile full found</h2>" in of_full
    assert "1 against 2 (+0.060)</li>" in of_full
    assert "against 2 layers, 1 (+0.060) is better" in of_full
    assert "<td>+0.060 (+0.056 to +0.062)</td> <td>agrees</td>" in of_full
    assert "too small to matter. Ours come from made up." in of_full


def test_what_was_decided_after_a_test_score_stands_beside_the_scores(of_full):
    told = of_full.partition("The best of each architecture</h2>")[2].partition("<h2")[0]
    assert "Decided after a test score had been seen" in told
    assert ARCHITECTURES["lstm"].decided_after_test in told
    assert "<strong>CNN</strong>" not in told


def test_the_mask_is_counted_once_and_apart(of_full):
    told = of_full.partition("What mattered")[2].partition("Against the methods")[0]
    assert told.count("LSTM, removing the mask costs 0.290 (95 % interval +0.286 to +0.292)") == 1
    assert told.count("0.280") == told.count("LSTM, all steps together against not masked: +0.280, better") == 1
    assert told.count("not masked") == 1


def test_of_the_sample_nothing_is_said_to_be_found_in_full(tmp_path):
    html = page(Place("quick", True, tmp_path), seeds=(0,))
    assert "full" not in html.partition("<main")[2]
    assert "What the profile quick found (sample data, not CIFAR-10 or NusaX-Senti)" in html
    assert "cannot tell whether a finding" in html
    assert "Decided after a test score" not in html


def test_the_check_is_told_by_its_worst_network():
    results, baselines, _ = tables("lstm")
    results = results.head(2).assign(agreement=[1.0, 0.98], max_abs_diff=[3e-3, 1e-7])
    said = re.sub(r"\s+", " ", overview._checked(results, baselines))
    assert "Over all 2 networks the smallest agreement on the test split is 98 % and the largest" in said
    assert "difference of a probability 3.0e-03." in said


def test_networks_are_counted_and_the_dead_are_named(quick, of_full):
    number = sum(len(variants(name)) for name in SEEN)
    assert "neutral or positive); CNN on CIFAR-10 (small colour images of ten kinds of things): each trained" in quick
    assert f"<b>quick</b>: {number} networks, each trained on at most 3,000 training samples" in quick
    assert f"<b>full</b>: {2 * number} networks, each trained on all training samples" in of_full
    rows, baselines, _ = tables("lstm")
    rows.loc[rows["variant"] == "layers-3", "dead"] = True
    cells = overview._best(rows, "lstm", baselines.iloc[1], Place("full", False))
    assert (cells["dead"], cells["without a network"]) == ("<b>3 layers (2 of 2)</b>", f"0.410 ({RIVAL})")
    rows.loc[rows.index[rows["variant"] == "layers-3"][1], "dead"] = False
    rows["diverged"] = rows["variant"] == "layers-1"
    cells = overview._best(rows, "lstm", baselines.iloc[1], Place("full", False))
    assert cells["dead"] == "<b>3 layers (1 of 2); 1 layer (2 of 2 diverged)</b>"


def test_what_full_lacks_altogether_is_said_and_nothing_is_put_in_its_place(tmp_path, monkeypatch):
    committed = frames(IN_FULL)
    monkeypatch.setattr(full, "table", (committed | {"cells": NO_CELLS}).__getitem__)
    alone = dict(zip(("results", "baselines", "comparisons"), tables("gru", seeds=(0,)), strict=True))
    html = page(Place("quick", False, tmp_path), alone)
    found = html.partition("What the full study found</h2>")[2].partition("<h2")[0]
    assert "Not in the tables of <code>full</code>" in found
    assert "GRU (all of it)" in found
    assert "<img" not in found
    assert "The profile <code>full</code> has not been run for these networks yet" in html
    assert "(full:" not in html
    assert "The earlier report has no such network." in html
    assert "They are compared where two kinds of cell or more" in html
    assert "nan" not in re.sub(r"<[^>]*>", " ", html.partition("<main")[2])
