"""What is shown of a text is what the network computes."""

import numpy as np
import pytest

import forward
from study.show.inside import reading

KINDS = ("simple_rnn", "lstm", "gru")
TEXT = "Enak sekali, kata - siapa, tidak mahal!"  # `siapa` is not in the vocabulary, and the dash is no word


@pytest.mark.parametrize("kind", KINDS)
def test_the_verdict_after_each_word_is_that_on_the_text_cut_there(network, kind):
    model = network(kind)
    found = reading.read(model, TEXT)
    assert found.words == ["Enak", "sekali,", "kata", "siapa,", "tidak", "mahal!"]
    assert found.known.tolist() == [True, True, True, False, True, True]
    for t in range(6):
        cut = model.predict([" ".join(found.words[: t + 1])])[0]
        np.testing.assert_allclose(found.probabilities[t], cut, rtol=0, atol=1e-6)
    assert np.ptp(found.probabilities, axis=0).min() > 0.01


@pytest.mark.parametrize("kind", KINDS)
def test_states_are_those_of_the_layers(network, kind):
    model = network(kind)
    found = reading.read(model, TEXT)
    assert list(found.layers) == [f"{kind}_1", f"{kind}_2"]
    padded = model.activations([TEXT])
    np.testing.assert_allclose(found.layers[f"{kind}_1"]["h"], padded[f"{kind}_1"][0, :6], rtol=0, atol=1e-6)
    np.testing.assert_allclose(found.last["h"][-1], padded[f"{kind}_2"][0], rtol=0, atol=1e-6)
    assert all(each.shape == (6, 32) for each in found.last.values())


def test_gates_by_the_equations(network):
    for kind, names in {"simple_rnn": "h", "lstm": "i f o new c h", "gru": "u r new h"}.items():
        last = reading.read(network(kind), TEXT).last
        assert list(last) == names.split()
        for gate in set(last) & set(reading.GATES):
            assert 0 < last[gate].min() < last[gate].max() < 1
        before = {state: np.vstack([0 * last[state][:1], last[state][:-1]]) for state in set(last) & {"c", "h"}}
        if kind == "lstm":
            np.testing.assert_allclose(last["f"] * before["c"] + last["i"] * last["new"], last["c"], atol=1e-6)
            np.testing.assert_allclose(last["o"] * np.tanh(last["c"]), last["h"], atol=1e-6)
        if kind == "gru":
            np.testing.assert_allclose(last["u"] * before["h"] + (1 - last["u"]) * last["new"], last["h"], atol=1e-6)


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_gates_that_do_not_lead_to_the_state_are_not_shown(network, monkeypatch, kind):
    cell = getattr(forward, f"{kind}_cell")
    more = (lambda *given: (cell(*given)[0], cell(*given)[1] + 0.01)) if kind == "lstm" else (
        lambda *given: cell(*given) + 0.01
    )  # fmt: skip
    monkeypatch.setattr(forward, f"{kind}_cell", more)
    with pytest.raises(AssertionError):
        reading.read(network(kind), TEXT)


def test_a_text_longer_than_the_input_is_cut(network):
    model = network("gru")
    words = [f"kata{number}" for number in range(30)]
    found = reading.read(model, " ".join(words))
    assert found.words == words[:25]
    np.testing.assert_allclose(found.probabilities[-1], model.predict([" ".join(words)])[0], rtol=0, atol=1e-6)
