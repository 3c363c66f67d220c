"""Files with random damage: each loads, or is refused with ModelFileError; none crashes, hangs or floods its reader."""

import copy
import functools
import json
import zipfile

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .files import rewrite

SECONDS, MEBIBYTES = 1, 200
INPUTS = {
    "dense": [[1.0, 2.0, 3.0]],
    "images": [[[[1.0, 2.0]] * 6] * 6],
    "tokens": [[1, 2, 3, 0, 0]],
    "words": ["a b c"],
    "adapted_words": ["a b c"],
    "nested": [[1.0, 2.0, 3.0]],
    "graph": [[1.0, 2.0, 3.0]],
    "operations": [[[1.0, 2.0, 3.0]] * 4],
}
NASTY = [
    -1,
    0,
    1,
    2,
    2**31,
    2**63,
    10**30,
    1e308,
    0.5,
    float("nan"),
    float("inf"),
    "",
    "4",
    "relu",
    "__class__",
    "../x",
]
NASTY += ["Lambda", "os", [], {}, None, True, False, [[[]]], [0] * 1000, [None, None], {"a": {"b": []}}, "x" * 100_000]
NASTY += [["one", 0, 0], {"class_name": "Lambda", "module": "keras.layers", "config": {"name": "evil"}}]
BYTES = st.one_of(st.integers(0, 255), st.sampled_from([0, 1, 127, 128, 255]))

fuzz = functools.partial(
    settings, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


def assert_harmless(loader, path, x):
    verdict = loader.load(path, x=x)
    assert verdict.outcome in ("loaded", "refused"), verdict
    assert verdict.outcome == "loaded" or verdict.message.startswith(str(path))
    assert verdict.events == []
    assert verdict.seconds < SECONDS
    assert verdict.mebibytes < MEBIBYTES


def parts_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@st.composite
def damages(draw):
    """Up to four places, each with what comes there: where it is, as a part of the whole; how many bytes; the bytes."""
    return draw(
        st.lists(
            st.tuples(
                st.integers(0, 2**20 - 1),
                st.sampled_from(["bytes", "number", "address", "copy", "cut"]),
                st.lists(BYTES, min_size=1, max_size=8),
                st.integers(0, 2**20 - 1),
            ),
            min_size=1,
            max_size=4,
        )
    )


NUMBERS = [0, 1, 2, 255, 2**16 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**64 - 1]


def damaged(data, places, marks):
    """The bytes with damage at `places`, mostly close to one of the `marks`, where a structure begins."""
    data = bytearray(data)
    for where, kind, values, other in places:
        near = marks[where % len(marks)] + (where // len(marks)) % 64
        at = min(near if where % 4 else where % len(data), len(data) - 1)
        if kind == "bytes":
            data[at : at + len(values)] = bytes(values)
        elif kind == "number":
            at -= at % 8
            data[at : at + 8] = NUMBERS[other % len(NUMBERS)].to_bytes(8, "little")
        elif kind == "address":
            at -= at % 8
            data[at : at + 8] = marks[other % len(marks)].to_bytes(8, "little")
        elif kind == "copy":
            start = other % len(data)
            data[at : at + 16] = data[start : start + 16]
        elif other % 8 == 0:
            del data[at:]
    return bytes(data)


def marks_of(data, *signatures):
    """Where the parts of a file begin."""
    found = [at for each in signatures for at in range(len(data)) if data.startswith(each, at)]
    return sorted(found)


@fuzz(max_examples=300)
@given(kind=st.sampled_from(["dense", "adapted_words"]), places=damages())
def test_damaged_zip(kind, places, sound, loader, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "damaged.keras"
    data = sound[kind].read_bytes()
    path.write_bytes(damaged(data, places, marks_of(data, b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06")))
    assert_harmless(loader, path, INPUTS[kind])


@fuzz(max_examples=600)
@given(kind=st.sampled_from(["dense", "tokens", "graph"]), places=damages())
def test_damaged_weights(kind, places, sound, loader, tmp_path_factory):
    """The zip around them is sound."""
    path = tmp_path_factory.getbasetemp() / "damaged.keras"
    parts = parts_of(sound[kind])
    data = parts["model.weights.h5"]
    marks = marks_of(data, b"\x89HDF", b"TREE", b"SNOD", b"HEAP", b"GCOL", b"\x01\x00")
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, damaged(data, places, marks) if name == "model.weights.h5" else part)
    assert_harmless(loader, path, INPUTS[kind])


def places_in(value):
    """Every place in nested lists and dictionaries: what it stands in, and its key."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in list(items):
        yield value, key
        yield from places_in(each)


def change_somewhere(config, where, how, value, other):
    """Replace, delete, insert or copy at one of all the places."""
    places = list(places_in(config))
    parent, key = places[where % len(places)]
    value = copy.deepcopy(value)
    if how == "delete":
        del parent[key]
    elif how == "insert" and isinstance(parent, list):
        parent.insert(key, value)
    elif how == "insert":
        parent[str(value)[:20]] = value
    elif how == "copy":
        source, name = places[other % len(places)]
        parent[key] = copy.deepcopy(source[name])
    else:
        parent[key] = value


CHANGES = st.tuples(
    st.integers(0, 10_000),
    st.sampled_from(["replace", "replace", "delete", "insert", "copy"]),
    st.sampled_from(NASTY),
    st.integers(0, 10_000),
)


@fuzz(max_examples=600)
@given(kind=st.sampled_from(sorted(INPUTS)), changes=st.lists(CHANGES, min_size=1, max_size=3))
def test_damaged_configuration(kind, changes, sound, loader, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "damaged.keras"
    path.write_bytes(sound[kind].read_bytes())

    def change(data):
        config = {"model": json.loads(data)}
        for each in changes:
            change_somewhere(config, *each)
            if not list(places_in(config)):
                break
        return json.dumps(config.get("model"))

    rewrite(path, "config.json", change)
    assert_harmless(loader, path, INPUTS[kind])
