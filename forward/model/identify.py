"""What a file is that was taken for a model: told by how it begins, each kind with its way out."""

import re
import zipfile
from pathlib import Path

from .hdf5 import SIGNATURE

SAVE_AGAIN = "save it again with model.save('name.keras')"
COPY_AGAIN = "copy or download it again"
ORIGIN = "take the Keras model that it was made from"
KERAS_2 = "in Keras 2 (pip install tf-keras) {}.save('name.h5'), "
KERAS_2 += "then in Keras 3 keras.models.load_model('name.h5', compile=False).save('name.keras')"
SAVED_MODEL = f"{ORIGIN}, or, if Keras 2 saved it, {KERAS_2.format('tf_keras.models.load_model(its folder)')}"
CHECKPOINT = KERAS_2.format("build the model, model.load_weights(its path without .index), model")
FOREIGN_HDF5 = b"model_config", b"layer_names", b"_layer_checkpoint_dependencies"  # a model, and two kinds of weights
KINDS = {  # how a file begins -> what it is, and what to do
    rb"\Z": f"it is empty; {COPY_AGAIN}",
    rb"version https://git-lfs": "it is a Git LFS pointer, not the file itself; run git lfs pull",
    rb"\s*<(?i:!doctype|!--|\?xml|html|head)": "it is a web page; download the file itself, by its raw link",
    rb"PK": f"it is a zip that is damaged or cut short; {COPY_AGAIN}",
    rb"\x93NUMPY": f"it is a numpy array, not a model; {SAVE_AGAIN}",
    rb"\x80[\x02-\x05]": f"it is a pickle, which is never opened, as it can run any code; in Keras {SAVE_AGAIN}",
    rb".{4}TFL3": f"it is a TensorFlow Lite model, without Keras' layers; {ORIGIN}",
    rb"\x08\x01\x12": f"it is part of a SavedModel of TensorFlow; {SAVED_MODEL}",
    rb"\x08[\x02-\x20][\x12:]": f"it is an ONNX model, without Keras' layers; {ORIGIN}",
    rb"GGUF|.{4}\0{4}\{": f"it has weights alone, for another library; in Keras {SAVE_AGAIN}",
    rb"\x1f\x8b|x[\x01^\x9c\xda]|BZh|\xfd7zXZ|7z\xbc\xaf|Rar!|\x28\xb5\x2f\xfd|.{257}ustar": "it is packed; unpack it",
    rb"\s*\{.*\"weight_map\"": "it lists weights in several files; save them as one, without max_shard_size",
    rb"(\xef\xbb\xbf)?\s*[{\[\"]": "it is JSON, at most a model without its weights; load_model('model.json', "
    "weights='name.weights.h5'), in a shell --weights, takes what model.to_json() and model.save_weights() give",
}
ENDINGS = {  # of the names of files that begin in no way of their own
    r"\.pb$": f"it is part of what TensorFlow saved; {SAVED_MODEL}",
    r"\.(index|data-\d+-of-\d+)$|(^|/)checkpoint$": f"it is part of a checkpoint of TensorFlow; {CHECKPOINT}",
}


def identify(path: str | Path) -> str:
    """What the file at `path` is, and what to do with it."""
    with open(path, "rb") as file:
        head = file.read(4096)
    if head.startswith(SIGNATURE):
        return identify_hdf5(Path(path))
    if zipfile.is_zipfile(path):
        return "it is a zip; a .keras file has its weights inside, and is loaded without weights="
    known = [text for start, text in KINDS.items() if re.match(start, head, re.DOTALL)]
    known += [text for end, text in ENDINGS.items() if re.search(end, str(path))]
    return known[0] if known else f"it begins with {head[:16]!r}; {SAVE_AGAIN}"


def is_foreign_hdf5(data: bytes) -> bool:
    """Whether these are not the weights that Keras 3 saves."""
    return not data.startswith(SIGNATURE) or any(mark in data for mark in FOREIGN_HDF5)


def identify_hdf5(path: Path) -> str:
    """Which of Keras' HDF5 files it is: Keras tells them apart by name, so each has to have the right one."""
    data = path.read_bytes()
    stem = path.name.removesuffix(path.suffix).removesuffix(".weights")
    model, weights, keras_2 = (mark in data for mark in FOREIGN_HDF5)
    if model:
        rename = "" if path.suffix in (".h5", ".hdf5") else f"rename it to {stem + '.h5'!r}, then "
        name = f"{stem}.h5" if rename else path.name
        convert = f"convert it with keras.models.load_model({name!r}, compile=False).save({stem + '.keras'!r})"
        return f"it is a model in the legacy HDF5 format; {rename}{convert}"
    if weights:
        plain = path.suffix in (".h5", ".hdf5") and not path.name.endswith(".weights.h5")
        rename, name = ("", path.name) if plain else (f"rename it to {stem + '.h5'!r}; ", f"{stem}.h5")
        steps = f"build the model or read its JSON with model_from_json, model.load_weights({name!r})"
        return f"it has weights alone, in the legacy HDF5 format; {rename}in Keras {steps}, model.save('name.keras')"
    if keras_2:
        return f"it has weights alone, written by Keras 2; {KERAS_2.format('load them into the model, model')}"
    if b"layers\0" in data:
        return (
            f"it has weights alone; load_model('model.json', weights={path.name!r}) takes them beside the JSON of "
            f"model.to_json(); or build the model in Keras, model.load_weights({path.name!r}), model.save('name.keras')"
        )
    return f"it is an HDF5 file, but no model of Keras; in Keras {SAVE_AGAIN}"


def identify_parts(names: list[str]) -> str:
    """What a folder or a zip is that lacks the two files of a model, by the names in it."""
    for end, text in {
        "saved_model.pb": f"it is a SavedModel of TensorFlow; {SAVED_MODEL}",
        ".keras": "load the .keras file in it: {}",
        "/config.json": "load the folder in it, unpacked, that has {}",
        "data.pkl": f"it is a model of PyTorch; in Keras {SAVE_AGAIN}",
        ".npy": f"it has numpy arrays, not a model; in Keras {SAVE_AGAIN}",
        ".index": f"it is a checkpoint of TensorFlow; {CHECKPOINT}",
    }.items():
        if found := [name for name in names if name.endswith(end)]:
            return text.format(repr(found[0][:80]))
    return SAVE_AGAIN
