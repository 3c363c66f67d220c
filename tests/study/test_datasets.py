import csv
import errno
import hashlib
import http.server
import io
import os
import re
import shutil
import socket
import tarfile
import threading
import time
from functools import partial

import numpy as np
import pytest

from study import datasets
from study.__main__ import main
from study.datasets import cifar10, download, nusax
from study.errors import DataError, UnreachableError
from study.files import folder, sha256
from study.runs import Place, data_digest
from study.show import readings

ROWS = {"train": 100, "test": 20}


@pytest.fixture(autouse=True)
def small_sets(monkeypatch):
    """The same checks on fewer rows, so that the tests are quick."""
    monkeypatch.setattr(cifar10, "ROWS", ROWS)
    monkeypatch.setattr(nusax, "ROWS", {"train": 6, "valid": 3, "test": 4})
    monkeypatch.setattr(download, "PAUSE", 0.01)


def write_images(folder, **changes):
    rng = np.random.default_rng(0)
    arrays = {}
    for split, rows in ROWS.items():
        arrays[f"x_{split}"] = rng.integers(0, 256, (rows, 32, 32, 3)).astype(np.uint8)
        arrays[f"y_{split}"] = (np.arange(rows) % 10).astype(np.uint8)
    np.savez(folder / "cifar10.npz", **{key: value for key, value in (arrays | changes).items() if value is not None})
    return arrays | changes


def official(**changes):
    """The first ten labels and the first pixel of each split as in the official files, the rest as below."""
    rng = np.random.default_rng(0)
    arrays = {}
    for split, (labels, pixel) in cifar10.FIRST.items():
        arrays[f"x_{split}"] = rng.integers(0, 256, (ROWS[split], 32, 32, 3)).astype(np.uint8)
        arrays[f"y_{split}"] = (np.arange(ROWS[split]) % 10).astype(np.uint8)
        arrays[f"x_{split}"][0, 0, 0] = pixel
        arrays[f"y_{split}"][:10] = labels
    arrays["y_train"][10:20] = np.arange(10)  # each class often enough for a stratified split
    return arrays | changes


def write_texts(folder, **changes):
    """Three sound CSV files; `changes` replace the whole text of one."""
    (folder / "nusax").mkdir(exist_ok=True)
    for split, rows in nusax.ROWS.items():
        buffer = io.StringIO()
        writer = csv.writer(buffer)
        writer.writerow(["id", "text", "label"])
        writer.writerows([n, f'{split} kalimat {n}, "enak"', nusax.CLASSES[n % 3]] for n in range(rows))
        text = changes.get(split, buffer.getvalue())
        (folder / "nusax" / f"{split}.csv").write_bytes(text if isinstance(text, bytes) else text.encode())


class TestImages:
    def test_split_is_stratified_and_whole(self, tmp_path):
        arrays = write_images(tmp_path)
        images = datasets.load("cifar10", tmp_path, "real")
        assert [len(images.x_train), len(images.x_val), len(images.x_test)] == [80, 20, 20]
        assert images.x_train.dtype == np.float32
        assert 0 <= images.x_train.min() < images.x_train.max() <= 1
        together = np.concatenate([images.x_train, images.x_val])
        assert {x.tobytes() for x in together} == {x.tobytes() for x in arrays["x_train"].astype(np.float32) / 255}
        assert np.bincount(images.y_val).tolist() == [2] * 10
        again = datasets.load("cifar10", tmp_path, "real")
        np.testing.assert_array_equal(images.x_val, again.x_val)

    @pytest.mark.parametrize(
        ("changes", "title"),
        [
            ({}, "CIFAR-10 (as the official files, not checked)"),
            ({"made_from": cifar10.SHA256}, "CIFAR-10"),
            ({"made_from": "0" * 64}, "CIFAR-10 (as the official files, not checked)"),
            *(
                ({"made_from": cifar10.SHA256, "other": name}, "CIFAR-10 (not the official files)")
                for name in ("x_train", "y_train", "x_test", "y_test")
            ),
        ],
    )
    def test_what_is_known_of_it_stands_wherever_it_is_named(self, tmp_path, changes, title):
        arrays = official(**changes)
        if name := arrays.pop("other", ""):  # one pixel, or the tenth label
            arrays[name].reshape(len(arrays[name]), -1)[*((9, 0) if name[0] == "y" else (0, 2))] ^= 1
        write_images(tmp_path, **arrays)
        images = datasets.load("cifar10", tmp_path, "real")
        assert images.title == title
        assert images.source == f"{title} sha256:{images.checksum}"
        assert f"| data | {title} |" in readings.setting("cnn", images, Place("full", False, tmp_path))
        caution = readings.earlier_caution("cnn", images, Place("full", False, tmp_path))
        assert (f"ours is {title}, so the heights" in caution) == (title != "CIFAR-10")

    def test_a_known_copy_is_told_by_its_checksum(self, tmp_path, monkeypatch):
        write_images(tmp_path)
        images = datasets.load("cifar10", tmp_path, "real")
        assert images.remark == ""
        monkeypatch.setitem(cifar10.COPIES, images.checksum, "a copy")
        again = datasets.load("cifar10", tmp_path, "real")
        assert (again.remark, again.source) == ("a copy", images.source)

    @pytest.mark.parametrize("dtype", [np.int64, np.uint16, np.float32])
    def test_as_keras_gives_them(self, tmp_path, dtype):
        arrays = write_images(tmp_path)
        plain = datasets.load("cifar10", tmp_path, "real")
        changes = {name: array.astype(dtype) for name, array in arrays.items()}
        changes |= {name: changes[name][:, np.newaxis] for name in ("y_train", "y_test")}
        write_images(tmp_path, **changes)
        found = datasets.load("cifar10", tmp_path, "real")
        for name in ("x_train", "y_train", "x_val", "y_val", "x_test", "y_test"):
            np.testing.assert_array_equal(getattr(found, name), getattr(plain, name), strict=True)
        assert data_digest(found) == data_digest(plain)  # nothing is trained again

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"y_test": None}, "the array y_test is missing"),
            (
                {"x_train": np.zeros((100, 32, 32), np.uint8)},
                r"x_train has the shape \(100, 32, 32\), expected \(100, 32, 32, 3\)",
            ),
            (
                {"x_test": np.zeros((19, 32, 32, 3), np.uint8)},
                r"x_test has the shape \(19, 32, 32, 3\), expected \(20,",
            ),
            ({"y_test": np.zeros((20, 2), int)}, r"y_test has the shape \(20, 2\), expected \(20,\)"),
            ({"x_train": np.full((100, 32, 32, 3), 0.5)}, "x_train holds 0.5, expected whole numbers from 0 to 255"),
            ({"x_train": np.full((100, 32, 32, 3), np.nan)}, "x_train holds nan, expected whole numbers from 0"),
            ({"x_test": np.full((20, 32, 32, 3), 256)}, "x_test holds 256, expected whole numbers from 0 to 255"),
            ({"x_test": np.full((20, 32, 32, 3), True)}, "x_test is bool, expected uint8"),
            ({"y_train": np.full(100, 10, np.uint8)}, "y_train holds 10, expected whole numbers from 0 to 9"),
            ({"y_train": np.full((100, 1), -1)}, "y_train holds -1, expected whole numbers from 0 to 9"),
            ({"y_test": np.full(20, 2.5)}, "y_test holds 2.5, expected whole numbers from 0 to 9"),
            ({"y_test": np.full(20, "cat")}, "y_test is <U3, expected uint8"),
            ({"y_train": np.array([None] * 100)}, "Python objects, which are never loaded"),
        ],
    )
    def test_bad_arrays(self, tmp_path, changes, words):
        write_images(tmp_path, **changes)
        with pytest.raises(DataError, match=rf"cifar10\.npz: .*{words}"):
            datasets.load("cifar10", tmp_path, "real")

    @pytest.mark.parametrize("kind", ["empty", "no zip", "cut off", "npy", "bit rot"])
    def test_damaged_file(self, tmp_path, kind):
        write_images(tmp_path)
        path = tmp_path / "cifar10.npz"
        whole = path.read_bytes()
        if kind == "npy":
            with path.open("wb") as file:
                np.save(file, np.zeros(3))
        elif kind == "bit rot":
            with np.load(path) as file:
                np.savez_compressed(path, **{key: file[key] for key in file})
            packed = bytearray(path.read_bytes())
            packed[2000:2050] = bytes(50)
            path.write_bytes(packed)
        else:
            path.write_bytes({"empty": b"", "no zip": b"no zip", "cut off": whole[:-99]}[kind])
        with pytest.raises(DataError, match=r"cifar10\.npz: .*fetch it again"):
            datasets.load("cifar10", tmp_path, "auto")  # there but damaged: never the sample


class TestTexts:
    def test_splits_and_labels(self, tmp_path):
        write_texts(tmp_path)
        texts = datasets.load("nusax", tmp_path, "real")
        assert [len(texts.x_train), len(texts.x_val), len(texts.x_test)] == [6, 3, 4]
        assert texts.y_test.tolist() == [0, 1, 2, 0]
        assert texts.x_val[1] == 'valid kalimat 1, "enak"'
        assert texts.source.startswith("NusaX-Senti (not the official files) sha256:")
        caution = readings.earlier_caution("lstm", texts, Place("full", False, tmp_path))
        assert "ours is NusaX-Senti (not the official files), so the heights" in caution

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("id,label\n1,neutral\n", "the column 'text' is missing; it has id, label"),
            ("id,text,label\n1,a,good\n", "unknown label 'good' in row 2"),
            ("id,text,label\n1,a,neutral\n2, ,neutral\n", "empty text in row 3"),
            ("id,text,label\n1,a,neutral\n1,b,neutral\n", "duplicate row 3, id 1"),
            ("id,text,label\n1,a,neutral\n2,b,neutral\n", "2 rows, expected 6: rows are missing"),
            ("id,text,label\n1,\xe9,neutral\n".encode("latin-1"), "not UTF-8 text"),
            ("", "not a readable CSV file"),
            ("id,text,label\n1,a,b,neutral\n", "the rows have more fields than the header"),
            ('id,text,label\n1,"a,neutral\n', "not a readable CSV file|unknown label"),
            (
                "id;text;label\n1;a, b;neutral\n2;a;neutral\n",
                "its fields are separated by semicolons; expected .*commas",
            ),
            ("\ufeffid\ttext\tlabel\n1\ta\tneutral\n", "its fields are separated by tabs; expected .*commas"),
            ('"id"|"text"|"label"\n', "its fields are separated by bars; expected .*commas"),
        ],
    )
    def test_bad_file(self, tmp_path, text, words):
        write_texts(tmp_path, train=text)
        with pytest.raises(DataError, match=rf"train\.csv: ({words})"):
            datasets.load("nusax", tmp_path, "auto")

    def test_each_language_has_its_own_files(self, tmp_path):
        write_texts(tmp_path)
        (tmp_path / "nusax").rename(tmp_path / "javanese")
        (tmp_path / "nusax").mkdir()
        (tmp_path / "javanese").rename(tmp_path / "nusax" / "javanese")
        texts = datasets.load("nusax", tmp_path, "real", language="javanese")
        assert texts.title == "NusaX-Senti in Javanese (not the official files)"
        write_texts(tmp_path)
        assert datasets.load("nusax", tmp_path, "real").title == "NusaX-Senti (not the official files)"

    @pytest.mark.parametrize(
        ("name", "options", "words"),
        [
            (
                "nusax",
                {"language": "klingon"},
                "nusax: the language 'klingon' is not known; choose one of indonesian",
            ),
            ("nusax", {"langage": "english"}, "nusax: the option 'langage' is not known; choose one of language"),
            ("cifar10", {"language": "english"}, "cifar10: the option 'language' is not known"),
        ],
    )
    def test_unknown_options(self, name, options, words, tmp_path):
        with pytest.raises(ValueError, match=words):
            datasets.load(name, tmp_path, "sample", **options)

    def test_a_test_sentence_in_the_training_set(self, tmp_path):
        write_texts(
            tmp_path, test="id,text,label\n" + "".join(f'{n},"train kalimat {n}, ""enak""",neutral\n' for n in range(4))
        )
        with pytest.raises(DataError, match=r"test\.csv: duplicate text, also in train\.csv"):
            datasets.load("nusax", tmp_path, "real")


class TestChoice:
    @pytest.fixture(autouse=True)
    def no_network(self, monkeypatch):
        monkeypatch.setattr(cifar10, "URL", "http://127.0.0.1:9/cifar.tar.gz")
        monkeypatch.setattr(nusax, "URL", "http://127.0.0.1:9/")

    def test_auto_falls_back_loudly(self, tmp_path, capsys):
        write_texts(tmp_path)
        assert datasets.choose_source(["nusax", "cifar10"], tmp_path) == "sample"
        said = capsys.readouterr().err
        assert "SAMPLE DATA. CIFAR-10 is not here" in said
        assert all(f"{n}. " in said for n in (1, 2, 3))
        assert str(tmp_path) in said
        assert {path.name for path in tmp_path.iterdir()} == {"nusax"}

    def test_auto_takes_what_is_there(self, tmp_path):
        write_texts(tmp_path)
        assert datasets.choose_source(["nusax"], tmp_path) == "real"
        assert not datasets.load("nusax", tmp_path).is_sample

    @pytest.mark.parametrize(
        ("name", "missing", "files"),
        [("cifar10", "cifar-10-binary.tar.gz", "cifar10.npz"), ("nusax", "train.csv", "nusax/train.csv, valid.csv")],
    )
    @pytest.mark.parametrize("command", [["data"], ["report", "--source", "real"]])
    def test_real_never_falls_back_and_names_the_ways_out(self, name, missing, files, command, tmp_path, capsys):
        target = tmp_path / "of my own" / "data"
        architecture = "cnn" if name == "cifar10" else "lstm"
        assert main([*command, "--arch", architecture, "--data", str(target), "--out", str(tmp_path / "out")]) == 2
        said = capsys.readouterr().err
        assert re.search(rf"^error: .*{re.escape(missing)} is missing and http.* cannot be reached", said, re.MULTILINE)
        for way in ("1. with a network", f"2. put {files}", f"into {target}", "DATA=folder", "SOURCE=sample"):
            assert way in said
        assert list(tmp_path.iterdir()) == []

    def test_the_ways_out_name_the_files_of_the_language(self, tmp_path, capsys):
        with pytest.raises(DataError, match=r"2\. put nusax/english/train\.csv, valid\.csv and test\.csv into"):
            datasets.load("nusax", tmp_path, "real", language="english")
        assert datasets.choose_source(["cifar10", "nusax"], tmp_path, language="english") == "sample"
        write_images(tmp_path)
        assert datasets.choose_source(["cifar10", "nusax"], tmp_path, language="english") == "sample"
        assert "2. put nusax/english/train.csv" in capsys.readouterr().err

    def test_a_folder_that_was_there_stays(self, tmp_path):
        (tmp_path / "data").mkdir()
        with pytest.raises(DataError):
            nusax.fetch(tmp_path / "data")
        assert list(tmp_path.rglob("*")) == [tmp_path / "data"]

    def test_a_folder_that_cannot_be_written_to(self, tmp_path):
        (tmp_path / "file").touch()
        with pytest.raises(OSError, match=r"this folder cannot be written to .*file/nusax"):
            datasets.load("nusax", tmp_path / "file", "auto")

    @pytest.mark.parametrize("name", ["cifar10", "nusax"])
    def test_sample(self, name, tmp_path):
        found = datasets.load(name, tmp_path, "sample")
        assert found.is_sample
        assert found.notice == f"sample data, not {datasets.TITLES[name]}"
        assert datasets.TITLES[name] not in found.source
        assert found.source == datasets.load(name, tmp_path, "sample").source

    @pytest.mark.parametrize(("name", "source"), [("mnist", "auto"), ("nusax", "best")])
    def test_unknown_names(self, name, source, tmp_path):
        with pytest.raises(ValueError, match="is not known; choose one of"):
            datasets.load(name, tmp_path, source)


class TestDownload:
    @pytest.fixture
    def server(self, tmp_path, monkeypatch):
        """A server on this machine with both data sets, in their official forms but smaller."""
        home = tmp_path / "server"
        home.mkdir()
        write_texts(home)
        monkeypatch.setattr(cifar10, "BATCH", 10)
        self.archive = home / "cifar.tar.gz"
        self.records = np.random.default_rng(1).integers(0, 256, (6, 10, 3073)).astype(np.uint8)
        self.records[..., 0] = np.arange(10)
        for number, split in ((0, "train"), (5, "test")):
            self.records[number, :, 0], self.records[number, 0, 1::1024] = cifar10.FIRST[split]
        with tarfile.open(self.archive, "w:gz") as tar:
            for number, records in enumerate(self.records):
                info = tarfile.TarInfo(
                    f"cifar-10-batches-bin/{'test_batch' if number == 5 else f'data_batch_{number + 1}'}.bin"
                )
                info.size = records.nbytes
                tar.addfile(info, io.BytesIO(records.tobytes()))
        handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(home))
        handler.log_message = lambda *args: None
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
            threading.Thread(target=running.serve_forever, daemon=True).start()
            address = f"http://127.0.0.1:{running.server_port}/"
            monkeypatch.setattr(cifar10, "URL", f"{address}cifar.tar.gz")
            monkeypatch.setattr(cifar10, "SHA256", sha256(self.archive))
            monkeypatch.setattr(nusax, "URL", address)
            for language, word in (("indonesian", "kalimat"), ("toba_batak", "hata"), ("english", "sentence")):
                paths = [home / language / path.name for path in nusax._files(home, "indonesian")]
                shutil.copytree(home / "nusax", home / language)
                for path in paths:
                    path.write_text(path.read_text().replace("kalimat", word))
                monkeypatch.setitem(nusax.SHA256, language, [sha256(path) for path in paths])
            monkeypatch.setattr(cifar10, "ROWS", {"train": 50, "test": 10})
            yield running
            running.shutdown()

    def test_images(self, server, tmp_path):
        cifar10.fetch(tmp_path / "data")
        assert [path.name for path in (tmp_path / "data").iterdir()] == ["cifar10.npz"]
        with np.load(tmp_path / "data" / "cifar10.npz") as found:
            np.testing.assert_array_equal(found["y_test"], self.records[5, :, 0])
            red_of_third, blue_of_third = self.records[2, 3, 1:1025], self.records[2, 3, 2049:]
            np.testing.assert_array_equal(found["x_train"][23, ..., 0], red_of_third.reshape(32, 32))
            np.testing.assert_array_equal(found["x_train"][23, ..., 2], blue_of_third.reshape(32, 32))
        images = datasets.load("cifar10", tmp_path / "data", "real")
        assert images.source == f"CIFAR-10 sha256:{images.checksum}"  # from the archive that was checked

    def test_texts(self, server, tmp_path):
        texts = datasets.load("nusax", tmp_path / "data", "real")
        assert texts.source.startswith("NusaX-Senti sha256:")
        assert sorted(path.name for path in (tmp_path / "data" / "nusax").iterdir()) == [
            "english",
            "test.csv",
            "train.csv",
            "valid.csv",
        ]

    @pytest.mark.parametrize(("language", "word"), [("indonesian", "kalimat"), ("toba_batak", "hata")])
    def test_texts_come_with_what_they_are_in_english(self, server, tmp_path, language, word, monkeypatch):
        def load():
            return datasets.load("nusax", tmp_path, "real", language=language)

        texts = load()
        assert texts.in_english == {
            f'{split} {word} {n}, "enak"': f'{split} sentence {n}, "enak"'
            for split, rows in nusax.ROWS.items()
            for n in range(rows)
        }
        with (tmp_path / "nusax" / "english" / "valid.csv").open("a") as file:
            file.write("\n")
        assert load().in_english.keys() == {*texts.x_train, *texts.x_test}
        # Of other files than the official ones nobody knows whether row stands beside row.
        train, valid, _ = nusax.SHA256[language]
        monkeypatch.setitem(nusax.SHA256, language, (train, valid, "0" * 64))
        assert load().in_english == {}

    def test_without_the_english_texts_there_are_no_translations(self, server, tmp_path, monkeypatch):
        monkeypatch.setitem(nusax.SHA256, "english", ("0" * 64,) * 3)  # damaged on their way
        assert datasets.load("nusax", tmp_path, "real").in_english == {}
        assert not (tmp_path / "nusax" / "english").exists()

    def test_english_is_not_translated(self, server, tmp_path):
        texts = datasets.load("nusax", tmp_path, "real", language="english")
        assert texts.in_english == {}
        assert len(list((tmp_path / "nusax" / "english").iterdir())) == 3

    def test_texts_in_another_language(self, server, tmp_path):
        texts = datasets.load("nusax", tmp_path / "data", "real", language="toba_batak")
        assert texts.source.startswith("NusaX-Senti in Toba Batak sha256:")
        assert {path.name for path in (tmp_path / "data" / "nusax").iterdir()} == {"english", "toba_batak"}
        assert not (tmp_path / "data" / "nusax" / "train.csv").exists()

    def test_what_is_there_is_not_fetched(self, server, tmp_path, monkeypatch):
        write_texts(tmp_path)
        monkeypatch.setattr(nusax, "URL", "http://127.0.0.1:9/")
        nusax.fetch(tmp_path)

    def test_wrong_checksum(self, server, tmp_path, monkeypatch):
        train, _, test = nusax.SHA256["indonesian"]
        monkeypatch.setitem(nusax.SHA256, "indonesian", (train, "0" * 64, test))
        with pytest.raises(DataError, match=r"valid\.csv: what http.* sent does not have the checksum sha256:0000"):
            datasets.load("nusax", tmp_path / "data", "auto")  # damaged on its way: never the sample
        assert not (tmp_path / "data" / "nusax" / "valid.csv").exists()

    def test_missing_on_the_server(self, server, tmp_path, monkeypatch):
        monkeypatch.setattr(nusax, "URL", nusax.URL + "moved/")
        with pytest.raises(DataError, match="cannot be reached"):
            nusax.fetch(tmp_path / "data")

    def test_archive_without_a_batch(self, server, tmp_path, monkeypatch):
        with tarfile.open(self.archive, "w:gz") as tar:
            tar.addfile(tarfile.TarInfo("cifar-10-batches-bin/data_batch_1.bin"))
        monkeypatch.setattr(cifar10, "SHA256", sha256(self.archive))
        with pytest.raises(DataError, match=r"cifar.tar.gz: data_batch_1\.bin is missing or has the wrong size"):
            cifar10.fetch(tmp_path / "data")
        assert not (tmp_path / "data" / "cifar10.npz").exists()

    def test_full_disk_while_downloading(self, server, tmp_path, monkeypatch):
        def full(*args, **kwargs):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr("pooch.HTTPDownloader.__call__", full)
        with pytest.raises(OSError, match=r"the disk is full; free some space.*train\.csv"):
            datasets.load("nusax", tmp_path / "data", "auto")

    def test_full_disk(self, server, tmp_path, monkeypatch):
        def full(path, **arrays):
            path.write_bytes(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(np, "savez", full)
        with pytest.raises(OSError, match=r"the disk is full; free some space.*cifar10\.npz"):
            datasets.load("cifar10", tmp_path / "data", "auto")
        assert not (tmp_path / "data").exists()


WHOLE = b"id,text,label\n" * 5000


class Faulty(http.server.BaseHTTPRequestHandler):
    """A server that does what its `faults` say, one a request; the last of them for ever."""

    faults: list[str] = []
    requests = 0

    def do_GET(self):
        type(self).requests += 1
        fault = self.faults.pop(0) if len(self.faults) > 1 else self.faults[0]
        match fault:
            case "hangs at once":
                time.sleep(1)
                return
            case "503" | "404" | "429":
                self.send_error(int(fault))
                return
            case "resets":
                self.connection.shutdown(socket.SHUT_RDWR)
                return
        content = {"other bytes": b"x" * len(WHOLE), "login": b"\n<!DOCTYPE html><title>Log in</title>"}.get(
            fault, WHOLE
        )
        self.send_response(200)
        if fault != "ends early, its length not told":
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if fault in HALF else content)
        if fault == "hangs half way":
            time.sleep(1)

    def log_message(self, *_):
        pass


HALF = ("hangs half way", "ends early", "ends early, its length not told")
UNREACHABLE = {  # what the server does: what is said of it, and how often it is asked
    "refuses": ("ConnectionError", 0),
    "resets": ("ConnectionError", 4),
    "hangs at once": ("no answer for 0.1 s", 4),
    "hangs half way": ("no answer for 0.1 s", 4),
    "ends early": ("the connection ended too early", 4),
    "503": ("it answers 503 Service Unavailable", 4),
    "404": ("it answers 404 Not Found", 1),
    "login": ("a web page came instead: a proxy's login?", 1),
}
DAMAGED = ("other bytes", "ends early, its length not told")


class TestFaultyServer:
    @pytest.fixture
    def server(self, monkeypatch):
        """A function: faults -> a server that has them, with the first file of NusaX."""
        monkeypatch.setattr(download, "TIMEOUT", (0.1, 0.1))
        checksums = [hashlib.sha256(WHOLE).hexdigest(), *nusax.SHA256["indonesian"][1:]]
        monkeypatch.setitem(nusax.SHA256, "indonesian", checksums)
        handler = type("Handler", (Faulty,), {})
        running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        monkeypatch.setattr(nusax, "URL", f"http://127.0.0.1:{running.server_port}/")

        def start(*faults):
            handler.faults = [*faults]
            if faults == ("refuses",):
                running.shutdown()
                running.server_close()
            return handler

        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield start
        running.shutdown()
        running.server_close()

    @pytest.mark.parametrize("fault", UNREACHABLE)
    def test_a_home_that_cannot_be_reached_leads_to_the_sample_or_to_three_ways(self, fault, server, tmp_path, capsys):
        reason, asked = UNREACHABLE[fault]
        handler = server(fault)
        assert datasets.choose_source(["nusax"], tmp_path / "data") == "sample"
        assert handler.requests == asked
        said = capsys.readouterr().err
        assert "SAMPLE DATA." in said
        assert f"train.csv cannot be reached ({reason})" in said
        assert len(re.findall(r"again in [\d.]+ s", said)) == (0 if asked == 1 else 3)
        with pytest.raises(UnreachableError) as refused:
            datasets.choose_source(["nusax"], tmp_path / "data", "real")
        assert reason in str(refused.value)
        assert all(f"{way}. " in str(refused.value) for way in (1, 2, 3))
        assert not list(tmp_path.iterdir())

    @pytest.mark.parametrize("fault", DAMAGED)
    @pytest.mark.parametrize("source", ["auto", "real"])
    def test_what_came_but_is_not_the_file_is_an_error(self, fault, source, server, tmp_path):
        handler = server(fault)
        with pytest.raises(DataError, match="does not have the checksum") as refused:
            datasets.choose_source(["nusax"], tmp_path / "data", source)
        assert not isinstance(refused.value, UnreachableError)
        assert all(f"{way}. " in str(refused.value) for way in (1, 2, 3))
        assert handler.requests == 1
        assert not list(tmp_path.iterdir())

    @pytest.mark.parametrize("faults", [["503", "429"], ["ends early"], ["hangs half way"], ["resets"] * 3])
    def test_what_passes_is_waited_for(self, faults, server, tmp_path):
        handler = server(*faults, "none")
        download.file(f"{nusax.URL}train.csv", nusax.SHA256["indonesian"][0], tmp_path / "train.csv")
        assert handler.requests == len(faults) + 1
        assert [path.name for path in tmp_path.iterdir()] == ["train.csv"]
        assert (tmp_path / "train.csv").read_bytes() == WHOLE

    def test_the_pauses_grow(self, server, tmp_path, monkeypatch):
        slept = []
        monkeypatch.setattr(download, "PAUSE", 1)
        monkeypatch.setattr("tenacity.nap.time.sleep", slept.append)
        server("503")
        with pytest.raises(UnreachableError):
            download.file(f"{nusax.URL}train.csv", "0", tmp_path / "train.csv")
        assert slept == [1, 2, 4]


REAL = folder(os.environ.get("DATA", "data"))
LANGUAGES = [name for name in nusax.LANGUAGES if all(path.exists() for path in nusax._files(REAL, name))]


@pytest.mark.skipif(not LANGUAGES, reason=f"no real data in {REAL}")
def test_real_texts_in_every_language_that_is_there(monkeypatch):
    """The official files, byte for byte, and one thousand texts of their own in each."""
    monkeypatch.undo()
    found = [datasets.load("nusax", REAL, "real", language=name) for name in LANGUAGES]
    assert [each.doubt for each in found] == [""] * len(LANGUAGES)
    assert [len(each.x_train) + len(each.x_val) + len(each.x_test) for each in found] == [1000] * len(LANGUAGES)
    assert len({each.checksum for each in found}) == len({each.title for each in found}) == len(LANGUAGES)
    assert len({each.x_test[0] for each in found}) == len(LANGUAGES)
    for english in (each for each in found if each.options["language"] == "english"):
        for each in found:
            assert each.y_test.tolist() == english.y_test.tolist()
            told = [each.in_english.get(text) for text in each.x_test]
            assert told == ([None] * 400 if each is english else english.x_test.tolist())
