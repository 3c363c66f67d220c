"""The HDF5 files that Keras writes, read with struct alone: bytes -> arrays by their path.

h5py writes the oldest and simplest kind of HDF5 unless told otherwise: symbol tables and plain
arrays. Nothing else is read, so no link is followed, nothing is decompressed and no other file is
opened. The HDF5 library itself runs out of stack, or for ever, on some damaged files. Source: HDF5
File Format Specification 3.0, by The HDF Group.
"""

import math
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import ModelFileError

SIGNATURE = b"\x89HDF\r\n\x1a\n"
DATASPACE, DATATYPE, LAYOUT, CONTINUATION, SYMBOL_TABLE = READ = 0x01, 0x03, 0x08, 0x10, 0x11
HARMLESS = {0x00, 0x04, 0x05, 0x0C, 0x0D, 0x12}  # nothing, fill values, attribute, comment, modification time
SOFT_LINK, LONGEST_NAME = 2, 1024
DATATYPES = {  # how the specification writes down each type of number
    bytes.fromhex("11200f0002000000000010000a05000a0f000000"): "<f2",
    bytes.fromhex("11201f000400000000002000170800177f000000"): "<f4",
    bytes.fromhex("11203f000800000000004000340b0034ff030000"): "<f8",
    **{bytes((16, 8, 0, 0, size, 0, 0, 0, 0, 0, 8 * size, 0)): f"<i{size}" for size in (1, 2, 4, 8)},
    **{bytes((16, 0, 0, 0, size, 0, 0, 0, 0, 0, 8 * size, 0)): f"<u{size}" for size in (1, 2, 4, 8)},
    bytes((21, 0, 0, 0, 2, 0, 0, 0)): "V2",  # two bytes of no type: bfloat16, the upper half of a float32
}


def read(data: bytes) -> dict[str, np.ndarray]:
    """Every array by its path. Raises ModelFileError for what is damaged, or stored in another way than Keras does."""
    if data[:9] != SIGNATURE + b"\0":
        raise ModelFileError("not an HDF5 file of the kind that Keras writes")
    try:
        return dict(_File(data).arrays())
    except (struct.error, IndexError, OverflowError, UnicodeDecodeError) as error:
        raise ModelFileError(f"damaged ({error})") from error


class _File:
    """Random access to the file's structures; each address is visited once, so that none can lead in circles."""

    def __init__(self, data: bytes):
        self.data = data
        self.seen: set[int] = set()
        self.budget = len(data)  # bytes that all arrays together may have
        self.letters = len(data)  # that all paths together may have

    def at(self, offset: int, layout: str) -> tuple[Any, ...]:
        """The numbers of this struct layout at an offset, which may be visited once."""
        if offset in self.seen:
            raise ModelFileError(f"damaged (two paths lead to offset {offset})")
        self.seen.add(offset)
        return struct.unpack_from(f"<{layout}", self.data, offset)

    def arrays(self) -> Iterator[tuple[str, np.ndarray]]:
        """Walk the groups from the root, whose header's address the superblock keeps at 64."""
        waiting = [("", *self.at(64, "Q"))]
        while waiting:
            path, address = waiting.pop()
            if len(path) > LONGEST_NAME:
                raise ModelFileError(f"{path[:80]}... is too long a path")
            messages = self.messages(path, address)
            if SYMBOL_TABLE in messages:
                for name, to in self.entries(messages[SYMBOL_TABLE]):
                    waiting.append((f"{path}/{name}".lstrip("/"), to))
                    self.letters -= len(waiting[-1][0])
                    if self.letters < 0:  # entries that lie over one another, or names that are one
                        raise ModelFileError(f"damaged (its paths are longer than the file, as {name[:80]!r})")
            elif messages.keys() >= {DATASPACE, DATATYPE, LAYOUT}:
                yield path, self.array(path, messages)

    def messages(self, path: str, address: int) -> dict[int, int]:
        """An object header's messages: type -> offset of its content."""
        version, number, _, size = self.at(address, "BxHII")
        found: dict[int, int] = {}
        blocks = [(address + 16, size)]
        if version != 1:
            raise ModelFileError(f"{path or '/'} is stored in a way that Keras does not use")
        while blocks:
            start, length = blocks.pop()
            end = start + length
            while start < end and number:
                kind, size, shared = self.at(start, "HHB")
                number -= 1
                if kind == CONTINUATION:
                    blocks.append(self.at(start + 8, "QQ"))
                elif kind in READ and kind not in found and not shared & 2:
                    found[kind] = start + 8
                elif kind not in HARMLESS:
                    raise ModelFileError(f"{path or '/'} has links, filters, values in other files or is damaged")
                start += 8 + size
        return found

    def entries(self, table: int) -> Iterator[tuple[str, int]]:
        """The names in a group, and the addresses of their headers."""
        tree, heap = self.at(table, "QQ")
        (names,) = self.at(heap + 24, "Q")
        waiting = [tree]
        while waiting:
            node = waiting.pop()
            signature, level, used = self.at(node, "4sxBH")
            children = [self.at(node + 32 + 16 * position, "Q")[0] for position in range(used)]
            if signature == b"TREE" and level:
                waiting += children
            elif signature == b"TREE":
                for leaf in children:
                    for position in range(*self.at(leaf + 6, "H")):
                        name, address, cache = self.at(leaf + 8 + 40 * position, "QQI")
                        text, end, _ = self.data[names + name : names + name + LONGEST_NAME].partition(b"\0")
                        if cache == SOFT_LINK or not end:
                            raise ModelFileError(f"{text[:80]!r} is a link, which is never followed, or damaged")
                        yield text.decode(), address

    def array(self, path: str, messages: dict[int, int]) -> np.ndarray:
        """A dataset's values, if they are numbers that stand in the file as they are."""
        types = [dtype for key, dtype in DATATYPES.items() if self.data.startswith(key, messages[DATATYPE])]
        version, rank = self.at(messages[DATASPACE], "BB")
        shape = self.at(messages[DATASPACE] + 8, f"{rank}Q") if rank else ()
        layout, kind, start, size = self.at(messages[LAYOUT], "BBQQ")
        if not types or (version, layout, kind) != (1, 3, 1) or rank > 32:
            raise ModelFileError(f"{path} is compressed, in chunks, kept in other files or no array of numbers")
        count = math.prod(shape)
        self.budget -= size
        if size != count * np.dtype(types[0]).itemsize or self.budget < 0 or (size and start + size > len(self.data)):
            raise ModelFileError(f"{path} of shape {shape} does not fit into the file")
        array = np.frombuffer(self.data[start : start + size], types[0], count).reshape(shape)
        return array if types[0] != "V2" else (array.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
