"""Surgery on .keras files."""

import io
import json
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
