"""Surgery on .keras files."""

import io
import json
import warnings
import zipfile

import h5py


def rewrite(path, name, change):
    """Replace one part of the zip by what `change` makes of it; None takes it out."""
    with zipfile.ZipFile(path) as archive:
        parts = {each: archive.read(each) for each in archive.namelist()}
    parts[name] = change(parts[name])
    with zipfile.ZipFile(path, "w") as archive:
        for each, data in parts.items():
            if data is not None:
                archive.writestr(each, data)


def change_config(path, change):
    def apply(data):
        config = json.loads(data)
        change(config)
        return json.dumps(config)

    rewrite(path, "config.json", apply)


def change_weights(path, change):
    def apply(data):
        buffer = io.BytesIO(data)
        with h5py.File(buffer, "r+") as file:
            change(file)
        return buffer.getvalue()

    rewrite(path, "model.weights.h5", apply)


def layer(config, number):
    return config["config"]["layers"][number]


def entries(config):
    """Every serialized object that has a name, at any depth: (the list or dict that it stands in, its key)."""
    items = config.items() if isinstance(config, dict) else enumerate(config) if isinstance(config, list) else ()
    for key, value in list(items):
        if isinstance(value, dict) and isinstance(value.get("config"), dict) and "name" in value["config"]:
            yield config, key
        yield from entries(value)


def entry(config, name):
    """The serialized object of that name, at any depth."""
    return next(parent[key] for parent, key in entries(config) if parent[key]["config"]["name"] == name)


def change_entry(path, name, change):
    """Let `change` work on the serialized object of that name."""
    change_config(path, lambda config: change(entry(config, name)))


def replace_entry(path, name, new):
    """Put another serialized object in the place of the one of that name; a place in a graph is kept."""

    def change(old):
        place = {key: old[key] for key in ("name", "inbound_nodes") if key in old}
        old.clear()
        old.update(new | place)

    change_entry(path, name, change)


def add_entry(path, name, data, compression=zipfile.ZIP_STORED):
    """Add an entry to the zip, even if there is one of that name."""
    with zipfile.ZipFile(path, "a", compression, compresslevel=1) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr(name, data)


def change_bytes(path, change):
    """Let `change` work on the bytes of model.weights.h5, a bytearray."""

    def apply(data):
        data = bytearray(data)
        change(data)
        return bytes(data)

    rewrite(path, "model.weights.h5", apply)
