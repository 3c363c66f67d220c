"""What one can try: the widgets without a browser, which only sets what they hold."""

import base64
import io
import re
from datetime import datetime
from types import SimpleNamespace

import keras
import nbclient
import nbformat
import numpy as np
import pytest
from PIL import Image

import forward
from study import try_it
from study.files import ROOT
from study.try_it import drawing, network, pictures, writing

UNKNOWN = "text-decoration: underline dotted"


@pytest.fixture(scope="module")
def small():
    """The two networks of examples/."""
    return {kind: try_it.networks(kind, "/nowhere")[-1] for kind in ("texts", "images")}


def percents(html):
    """The probabilities that bars show, in their order."""
    return [float(each) for each in re.findall(r"([\d.]+)&nbsp;%", html)]


def field(box, description):
    """The widget of this description, anywhere in a box."""
    if getattr(box, "description", None) == description:
        return box
    found = (field(each, description) for each in getattr(box, "children", ()))
    return next((each for each in found if each is not None), None)


class TestNetworks:
    def test_the_small_ones_are_always_there(self, small, tmp_path):
        assert [each.path.name for each in try_it.networks("texts", tmp_path)] == ["sentiment.keras"]
        assert small["texts"].classes == ("negative", "neutral", "positive")
        assert small["images"].classes == tuple("0123456789")

    def test_what_was_trained_stands_first_the_baseline_of_the_largest_profile_before_all(self, tmp_path):
        for name in (
            "quick/lstm/baseline/seed-0",
            "quick/lstm/layers-1/seed-0",
            "quick/gru/baseline/seed-1",
            "full/gru/layers-1/seed-0",
            "full/lstm/baseline/seed-0",
            "full/lstm/baseline@half-rate/seed-0",
            "quick-javanese/lstm/baseline/seed-0",
            "full/cnn/baseline/seed-0",
            "tiny-sample/cnn/baseline/seed-0",
        ):
            path = tmp_path / "weights" / f"{name}.keras"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            path.with_suffix(".json").touch()
        (tmp_path / "weights" / "full" / "gru" / "baseline").mkdir()
        (tmp_path / "weights" / "full" / "gru" / "baseline" / "seed-0.keras").touch()  # not finished
        texts, images = (try_it.networks(kind, tmp_path) for kind in ("texts", "images"))
        assert [each.label for each in texts[:-1]] == [
            "LSTM, baseline (full)",
            "LSTM, baseline (quick)",
            "GRU, layers-1 (full)",
            "LSTM, layers-1 (quick)",
            "LSTM, baseline (quick-javanese)",
        ]
        assert [each.classes[0] for each in images] == ["airplane", "0", "0"]

    def test_only_what_there_is(self):
        with pytest.raises(ValueError, match="networks for 'sounds' are not known; choose one of texts, images"):
            try_it.networks("sounds")

    def test_of_a_variant_the_first_seed(self):
        runs = [
            SimpleNamespace(variant=SimpleNamespace(name=name), seed=seed, path=f"{name}{seed}")
            for name in ("b", "a")
            for seed in (0, 1)
        ]
        assert [each.path for each in network.of_runs(runs, ("x", "y"))] == ["b0", "a0"]


class TestWriting:
    SENTENCE = "makanannya enak sekali, tapi qwxz mahal"

    def test_the_bars_are_what_the_network_says(self, small):
        answer, _ = writing.seen(small["texts"], self.SENTENCE)
        expected = small["texts"].model.predict([self.SENTENCE])[0]
        np.testing.assert_allclose(percents(answer), 100 * expected, atol=0.051)
        assert np.ptp(expected) > 0.1

    def test_the_answer_forms_word_by_word(self, small):
        _, inside = writing.seen(small["texts"], self.SENTENCE)
        rows = inside.split("<tr")[2:]  # behind the heads
        words = self.SENTENCE.split()
        assert [UNKNOWN in row for row in rows] == [word == "qwxz" for word in words]
        for number, (word, row) in enumerate(zip(words, rows, strict=True)):
            p = small["texts"].model.predict([" ".join(words[: number + 1])])[0]
            assert word in row
            assert f"{small['texts'].classes[p.argmax()]} {100 * p.max():.0f}&nbsp;%" in row
            widths = [float(each) for each in re.findall(r"width: ([\d.]+)%", row)]
            np.testing.assert_allclose(widths, 100 * p, atol=0.051)

    def test_a_layer_is_shown_after_each_word(self, small, monkeypatch):
        shown = {}
        monkeypatch.setattr(pictures, "strip", lambda name, values: shown.update({name: values}) or [name] * 99)
        assert writing.inner(small["texts"]) == ["embedding", "lstm_1"]
        for layer in ("embedding", "lstm_1"):
            writing.seen(small["texts"], self.SENTENCE, layer)
        model, words = small["texts"].model, self.SENTENCE.split()
        tokens = forward.text_vectorization([self.SENTENCE], model.by_name["words"].vocabulary)
        x = forward.embedding(tokens, model.weights["embedding/embeddings"])
        np.testing.assert_array_equal(shown["embedding"], x[0])
        weights = (model.weights[f"lstm_1/{each}"] for each in ("kernel", "recurrent_kernel", "bias"))
        h = forward.lstm(x, *weights, return_sequences=True)
        gates = {"input gate i", "forget gate f", "output gate o"}
        assert shown.keys() == gates | {"embedding", "candidate", "memory c", "state h"}
        assert all(shown[name].shape == (len(words), 64) for name in gates)
        np.testing.assert_allclose(shown["state h"], h[0], atol=1e-5)

    def test_what_reads_from_both_ends_has_no_gates_word_by_word_but_its_states(self, tmp_path, monkeypatch):
        shown, names = (
            {},
            keras.layers.TextVectorization(vocabulary=["tidak", "enak"], output_sequence_length=5, name="words"),
        )
        stack = [keras.Input((), dtype="string"), names, keras.layers.Embedding(4, 3, mask_zero=True, name="embedding")]
        stack += [keras.layers.Bidirectional(keras.layers.GRU(2), name="gru_1"), keras.layers.Dense(3, name="classes")]
        keras.Sequential(stack).save(tmp_path / "a.keras")
        monkeypatch.setattr(pictures, "strip", lambda name, values: shown.update({name: values}) or [name] * 99)
        both = network.Network("", tmp_path / "a.keras", ("a", "b", "c"))
        writing.seen(both, "tidak enak tidak", "gru_1")
        states = [both.model.activations([text])["gru_1"][0] for text in ("tidak", "tidak enak", "tidak enak tidak")]
        np.testing.assert_allclose(shown["gru_1"], states, atol=1e-6)

    def test_an_empty_text_has_an_answer(self, small):
        answer, inside = writing.seen(small["texts"], " ... ", "lstm_1")
        assert sum(percents(answer)) == pytest.approx(100, abs=0.2)
        assert "No word yet" in inside

    def test_what_is_typed_is_seen_at_once_and_is_no_html(self, small):
        box = try_it.text([small["texts"]], ["satu dua", "tiga"])
        answer, inside = box.children[3], box.children[5]
        before = answer.value
        field(box, "sentence").value = "tidak enak <b>"
        assert answer.value == writing.seen(small["texts"], "tidak enak <b>")[0] != before
        assert "&lt;b&gt;" in inside.value and "<b>" not in inside.value
        field(box, "begin with").value = "tiga"
        assert field(box, "sentence").value == "tiga"
        assert "forget gate f" in inside.value
        field(box, "look into").value = ""
        assert "forget gate f" not in inside.value


class TestDrawing:
    def test_what_is_drawn_is_seen_at_once(self, small, rng):
        board = try_it.image([small["images"]])
        pixels = rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)
        board.drawn.value = drawing.DRAWN + base64.b64encode(pictures.png(pixels)).decode()
        np.testing.assert_array_equal((board.now * 255).round(), pixels)
        expected = small["images"].model.predict((pixels[np.newaxis] / 255).astype(np.float32))[0]
        np.testing.assert_allclose(percents(board.answer.value), 100 * expected, atol=0.051)
        before = board.answer.value
        board.drawn.value = "no image"
        assert board.answer.value == before

    def test_digits_to_begin_with_are_told_apart(self, small):
        board = try_it.image([small["images"]])
        assert [*board.chosen.options] == [f"{number}: {number - 1}" for number in range(1, 11)]
        for each in board.chosen.options:
            board.chosen.value = each
            assert np.argmax(percents(board.answer.value)) == int(each.split(": ")[1])
            assert board.picture.value == pictures.png(board.images[each])

    def test_a_layer_is_shown_as_maps(self, small, monkeypatch):
        board, shown = try_it.image([small["images"]]), []
        assert board.layer.value == "conv_1a"
        monkeypatch.setattr(pictures, "maps", lambda values: shown.append(values) or "maps")
        board.layer.value = "pool_2"
        assert board.inside.value == "maps"
        x = board.now[np.newaxis].astype(np.float32)
        np.testing.assert_array_equal(shown[0], small["images"].model.activations(x)["pool_2"][0])

    def test_files_of_any_size_are_opened_and_other_files_refused(self, small):
        board, file = try_it.image([small["images"]]), io.BytesIO()
        wide = np.zeros((60, 100, 3), np.uint8)
        wide[:, 20:80] = (0, 100, 200)  # the square in the middle
        Image.fromarray(wide).save(file, "PNG")
        about = {"name": "a", "type": "", "size": 0, "last_modified": datetime.now()}
        board.opened.value = [about | {"content": file.getvalue()}]
        np.testing.assert_array_equal((board.now * 255).round(), np.broadcast_to([0, 100, 200], (32, 32, 3)))
        board.opened.value = [about | {"content": b"text"}]
        assert "no image" in board.answer.value

    def test_other_images_to_begin_with(self, small, rng, tmp_path):
        images = rng.random((5, 32, 32, 3), dtype=np.float32)
        board = try_it.image([small["images"]], images, list("abcde"))
        board.chosen.value = "3: c"
        np.testing.assert_array_equal(board.now, images[2])
        photographs = network.Network("", small["images"].path, drawing.cifar10.CLASSES)
        assert [*try_it.image([photographs], data_dir=tmp_path).chosen.options] == ["an empty sheet"]
        y = np.arange(400)[:, np.newaxis] // 40  # in the order of the classes
        np.savez(tmp_path / "cifar10.npz", x_test=np.zeros((400, 32, 32, 3), np.uint8), y_test=y)
        options = try_it.image([photographs], data_dir=tmp_path).chosen.options
        assert len(options) == drawing.SHOWN and options[0] == "1: airplane" and options[-1] == "40: truck"

    def test_each_drawing_has_a_canvas_of_its_own(self, small):
        first, second = (try_it.image([small["images"]]) for _ in range(2))
        assert first.name != second.name
        assert f".{first.name}-image" in first.script and first.name not in second.script
        assert "width: 32, height: 32" in first.script


def test_maps_and_strips_in_words():
    maps = np.zeros((4, 6, 3))
    maps[0, 0] = 2.5
    html = pictures.maps(maps)
    assert "3 of 3 maps of 4 x 6, from 0.00 to 2.50" in html
    head, first, second = pictures.strip("input gate i <1>", np.array([[0.25, 0.5], [1.0, 0.5]]))
    assert head == "input gate i &lt;1&gt;<br>0 to 1"
    assert 'alt="from 0.25 to 0.50"' in first and 'alt="from 0.50 to 1.00"' in second


@pytest.mark.slow
def test_the_notebook_needs_neither_tensorflow_nor_a_trained_network(tmp_path):
    notebook = nbformat.read(ROOT / "notebooks" / "try_it.ipynb", as_version=4)
    for cell in notebook.cells:
        assert not cell.get("outputs") and cell.get("execution_count") is None
        cell.source = cell.source.replace('out_dir = "."', f'out_dir = r"{tmp_path}"')
    loaded = "import sys; print([each for each in ('tensorflow', 'keras') if each in sys.modules])"
    notebook.cells.append(nbformat.v4.new_code_cell(loaded))
    assert str(tmp_path) in notebook.cells[1].source
    nbclient.NotebookClient(
        notebook, kernel_name="python3", resources={"metadata": {"path": ROOT / "notebooks"}}
    ).execute()
    outputs = [each for cell in notebook.cells for each in cell.get("outputs", [])]
    assert sum("application/vnd.jupyter.widget-view+json" in each.get("data", {}) for each in outputs) == 2
    assert outputs[-1].text == "[]\n"
