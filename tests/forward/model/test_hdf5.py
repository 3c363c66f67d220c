"""The reader of HDF5 files against h5py."""

import io
import struct
import tracemalloc

import h5py
import numpy as np
import pytest

import forward
from forward.model import hdf5

TYPES = ["<f2", "<f4", "<f8", "<i1", "<i2", "<i4", "<i8", "<u1", "<u2", "<u4", "<u8"]


def written(fill, **options):
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", **options) as file:
        fill(file)
    return buffer.getvalue()


@pytest.mark.parametrize("number", [1, 7, 9, 100, 3000])
def test_groups_of_any_size(number, rng):
    """Their tree has one leaf, several leaves, or several levels."""
    arrays = {f"group/{name}": rng.normal(size=(2,)) for name in range(number)}
    found = hdf5.read(written(lambda file: [file.create_dataset(path, data=each) for path, each in arrays.items()]))
    assert found.keys() == arrays.keys()
    for path, array in arrays.items():
        np.testing.assert_array_equal(found[path], array)


@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (5,), (2, 3, 4, 1)], ids=str)
@pytest.mark.parametrize("dtype", TYPES)
def test_types_and_shapes(dtype, shape, rng):
    array = rng.integers(0, 100, shape).astype(dtype)
    found = hdf5.read(written(lambda file: file.create_dataset("a/b/c", data=array)))["a/b/c"]
    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    np.testing.assert_array_equal(found, array)


def test_bfloat16(rng):
    ml_dtypes = pytest.importorskip("ml_dtypes")  # comes with Keras
    array = rng.normal(size=(3, 4)).astype(ml_dtypes.bfloat16)
    found = hdf5.read(written(lambda file: file.create_dataset("x", data=array)))["x"]
    np.testing.assert_array_equal(found, array.astype(np.float32))


def test_attributes_and_empty_groups_are_passed_over():
    def fill(file):
        file.create_group("empty").attrs["name"] = "x" * 5000
        file.create_dataset("full", data=[1.0]).attrs.update({f"key {number}": number for number in range(30)})

    assert list(hdf5.read(written(fill))) == ["full"]


@pytest.mark.parametrize("dtype", [">f4", "S3", "c8", "bool", h5py.string_dtype()], ids=str)
def test_refuses_other_types(dtype):
    data = written(lambda file: file.create_dataset("odd", (2,), dtype))
    with pytest.raises(forward.ModelFileError, match="odd"):
        hdf5.read(data)


@pytest.mark.parametrize(
    "how", [{"libver": "latest"}, {"track_order": True}, {"userblock_size": 512}], ids=lambda how: next(iter(how))
)
def test_refuses_other_kinds_of_file(how):
    with pytest.raises(forward.ModelFileError):
        hdf5.read(written(lambda file: file.create_dataset("x", data=[1.0]), **how))


def test_arrays_cannot_share_their_bytes():
    """Many that point at the same place would be a bomb: each is copied when its layer takes it."""
    size = 50_000
    data = bytearray(written(lambda file: [file.create_dataset(name, data=np.ones(size)) for name in "ab"]))
    first, second = (struct.pack("<QQ", offset, 8 * size) for offset in offsets_of(data, size))
    data[data.index(second) : data.index(second) + 16] = first
    with pytest.raises(forward.ModelFileError, match="does not fit into the file"):
        hdf5.read(bytes(data[: -8 * size]))


def test_paths_have_an_end():
    """Groups inside groups with long names would make paths that grow with the square of the file."""
    with pytest.raises(forward.ModelFileError, match="too long a path"):
        hdf5.read(written(lambda file: file.create_dataset("/".join(["x" * 500] * 5), data=[1.0])))


def test_paths_together_are_no_longer_than_the_file():
    """Entries of a group that overlap can give one long name a thousand times."""
    entries, leaves, root, table, heap, names = 2500, 30, 128, 256, 1024, 2048
    data = bytearray(4096 + 40 * (leaves + 2) + 40 * entries + 4096)
    data[:9] = hdf5.SIGNATURE + b"\0"
    struct.pack_into("<Q", data, 64, root)
    struct.pack_into("<BxHII", data, root, 1, 1, 1, 24)
    struct.pack_into("<HHB", data, root + 16, 0x11, 16, 0)
    struct.pack_into("<QQ", data, root + 24, table, heap)
    struct.pack_into("<Q", data, heap + 24, names)
    data[names : names + 1023] = b"a" * 1023
    struct.pack_into("<4sxBH", data, table, b"TREE", 0, leaves)
    for number in range(leaves):
        leaf = 4096 + 40 * number + 39 - number
        struct.pack_into("<Q", data, table + 32 + 16 * number, leaf)
        struct.pack_into("<H", data, leaf + 6, entries)
    tracemalloc.start()
    with pytest.raises(forward.ModelFileError, match="its paths are longer than the file"):
        hdf5.read(bytes(data))
    assert tracemalloc.get_traced_memory()[1] < 2 * len(data) + 2**20
    tracemalloc.stop()


def offsets_of(data, size):
    with h5py.File(io.BytesIO(bytes(data))) as file:
        return sorted(file[name].id.get_offset() for name in "ab")


def test_cut_anywhere_it_is_damaged():
    data = written(lambda file: file.create_dataset("a/b", data=np.arange(4.0)))
    for length in range(0, len(data) - 1, 7):
        with pytest.raises(forward.ModelFileError):
            hdf5.read(data[:length])
