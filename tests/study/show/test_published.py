"""What others published stands beside ours where it is of the same data; and their recipe gives what is said of it."""

import os
from dataclasses import replace

import numpy as np
import pytest

from study import datasets
from study.datasets import DATASETS, nusax
from study.files import folder
from study.show import published, story

from ..made_up import RIVAL, results

REAL = folder(os.environ.get("DATA", "data"))


def test_our_best_and_our_rival_stand_under_the_published_scores():
    found = results({"baseline": None, "beyond-maximum": 0.8}, seeds=(0, 1))  # one class for everything: 1/3 right
    table = published.table(found)
    assert table.columns.tolist() == ["method", "macro-F1", "accuracy", "source"]
    assert len(table) == len(nusax.PUBLISHED) + 2
    theirs, ours, rival = table.iloc[4], table.iloc[-2], table.iloc[-1]
    assert theirs.tolist() == ["IndoBERT, pretrained", "0.900", "", "Winata et al., NusaX, 2023"]
    side = found.sides[found.best]
    right = np.mean([each == found.data.y_test for each in side.predicted])
    assert ours.tolist()[1:] == [f"{side.scores.mean():.3f}", f"{right:.3f}", "this page, 2 seeds"]
    assert f"{right:.3f}" != f"{side.scores.mean():.3f}"
    assert [rival["method"], rival["source"]] == [f"ours: {RIVAL}", "this page"]
    assert rival["macro-F1"] == f"{found.sides[RIVAL].scores[0]:.3f}"


def test_every_data_set_has_published_scores_and_words_about_them():
    for name, file in DATASETS.items():
        assert file.PUBLISHED
        assert {each.metric for each in file.PUBLISHED} <= {"macro-F1", "accuracy"}
        data = replace(results({}).data, name=name)
        assert "differ from one on the originals" not in published.caution(data)
        assert "are a copy: a score on them may differ" in published.caution(replace(data, doubt="a copy"))
    assert published.caution(results({}).data).count("0.7") == 6  # the published ones recomputed, twice
    assert "SmSA" in published.caution(results({}).data)


def test_they_stand_beside_this_data_alone():
    data = results({}).data
    assert published.is_there(data)
    assert published.is_there(replace(data, options={"language": "indonesian"}))
    assert not published.is_there(replace(data, options={"language": "javanese"}))
    assert not published.is_there(replace(data, is_sample=True))


def test_the_section_says_so_where_they_are_of_other_data():
    found = results({})
    kinds = [type(each).__name__ for each in story.elsewhere.__wrapped__(found)]
    assert kinds == ["str", "Table", "str"]
    [said] = story.elsewhere.__wrapped__(replace(found, data=replace(found.data, is_sample=True)))
    assert "do not stand beside ours" in said


@pytest.mark.skipif(not (REAL / "nusax").is_dir(), reason=f"no real data in {REAL}")
def test_their_recipe_gives_what_is_said_of_it():
    """The recipe in code/notebook/sentiment_analysis_nusax_classical.ipynb of github.com/IndoNLP/nusax."""
    from scipy.sparse import vstack
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import f1_score
    from sklearn.model_selection import GridSearchCV, PredefinedSplit
    from sklearn.naive_bayes import MultinomialNB
    from sklearn.svm import SVC

    data = datasets.load("nusax", REAL, "real")
    if data.doubt:
        pytest.skip("not the official texts")
    both, validates = np.concatenate([data.y_train, data.y_val]), PredefinedSplit([-1] * 500 + [0] * 100)
    methods = {
        "naive Bayes": (MultinomialNB(), {"alpha": np.linspace(0.001, 1, 50)}),
        "logistic regression": (LogisticRegression(), {"C": np.linspace(0.001, 10, 100)}),
        "SVM": (SVC(), {"C": [0.01, 0.1, 1, 10, 100], "kernel": ["rbf", "linear"]}),
    }
    for name, (method, grid) in methods.items():
        found = []
        for features in (CountVectorizer().fit(data.x_train), TfidfVectorizer().fit(data.x_train)):
            train, val, test = (features.transform(x) for x in (data.x_train, data.x_val, data.x_test))
            search = GridSearchCV(method, grid, cv=validates).fit(vstack([train, val]), both)
            alone = type(method)(**search.best_params_).fit(train, data.y_train)
            scores = [f1_score(data.y_test, each.predict(test), average="macro") for each in (search, alone)]
            found.append((search.best_score_, *scores))
        assert {each.method: each.score for each in nusax.PUBLISHED}[name] == pytest.approx(
            max(f1 for _, f1, _ in found), abs=5e-4
        )
        named = max(found, key=lambda each: each[1])
        chosen = max(found, key=lambda each: each[0])
        said = nusax.RECOMPUTED[name]
        assert (said["alone"], said["by_validation"]) == pytest.approx((named[2], chosen[1]), abs=6e-4)
