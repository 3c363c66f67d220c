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

from .errors import ModelFileError

SIGNATURE = b"\x89HDF\r\n\x1a\n"
DATASPACE, DATATYPE, LAYOUT, CONTINUATION, SYMBOL_TABLE = 0x01, 0x03, 0x08, 0x10, 0x11
HARMLESS = {0x00, 0x04, 0x05, 0x0C, 0x0D, 0x12}  # nothing, fill values, attribute, comment, modification time
FIXED_POINT, FLOATING_POINT, OPAQUE = 0, 1, 5
EXPONENT_BITS = {2: 5, 4: 8, 8: 11}  # of floating-point numbers, by their bytes
SOFT_LINK = 2
LONGEST_NAME = 1024


def read(data: bytes) -> dict[str, np.ndarray]:
    """Every array by its path. Raises ModelFileError for what is damaged, or stored in a way that Keras does not use."""
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
        if data[:8] != SIGNATURE or data[8] != 0 or data[13:15] != b"\x08\x08" or self.at(24, "Q") != (0,):
            raise ModelFileError("not an HDF5 file of the kind that Keras writes")

    def at(self, offset: int, layout: str) -> tuple[Any, ...]:
        """The numbers of this struct layout at an offset."""
        return struct.unpack_from(f"<{layout}", self.data, offset)

    def visit(self, offset: int) -> int:
        """The same offset, or an error if it was visited before."""
        if offset in self.seen:
            raise ModelFileError(f"damaged (two paths lead to offset {offset})")
        self.seen.add(offset)
        return offset

    def arrays(self) -> Iterator[tuple[str, np.ndarray]]:
        """Walk the groups from the root, whose header's address the superblock keeps at 64."""
        waiting = [("", *self.at(64, "Q"))]
        while waiting:
            path, address = waiting.pop()
            messages = self.messages(path, self.visit(address))
            if SYMBOL_TABLE in messages:
                waiting += [(f"{path}/{name}".lstrip("/"), to) for name, to in self.entries(messages[SYMBOL_TABLE])]
            elif messages.keys() >= {DATASPACE, DATATYPE, LAYOUT}:
                yield path, self.array(path, messages)

    def messages(self, path: str, address: int) -> dict[int, int]:
        """An object header's messages: type -> offset of its content."""
        version, number, _, size = self.at(address, "BxHII")
        found: dict[int, int] = {}
        blocks = [(address + 16, size)]
        while blocks and version == 1:
            start, length = blocks.pop()
            end = start + length
            while start < end and number:
                kind, size, shared = self.at(start, "HHB")
                number -= 1
                if kind == CONTINUATION:
                    blocks.append(self.at(start + 8, "QQ"))
                elif kind in (DATASPACE, DATATYPE, LAYOUT, SYMBOL_TABLE) and kind not in found and not shared & 2:
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
            node = self.visit(waiting.pop())
            signature, kind, level, used = self.at(node, "4sBBH")
            if signature != b"TREE" or kind != 0 or self.data[heap : heap + 4] != b"HEAP":
                raise ModelFileError("damaged (a group without its tree)")
            children = [self.at(node + 32 + 16 * position, "Q")[0] for position in range(used)]
            waiting += children if level else []
            for leaf in children if not level else []:
                signature, number = self.at(self.visit(leaf), "4sxxH")
                for position in range(number if signature == b"SNOD" else 0):
                    name, address, cache = self.at(leaf + 8 + 40 * position, "QQI")
                    end = self.data.find(b"\0", names + name, names + name + LONGEST_NAME)
                    text = self.data[names + name : end].decode()
                    if cache == SOFT_LINK or end < 0:
                        raise ModelFileError(f"{text[:80]} is a link, which is never followed")
                    yield text, address

    def array(self, path: str, messages: dict[int, int]) -> np.ndarray:
        """A dataset's values, if they stand in the file as they are."""
        dtype, shape = self.dtype(path, messages[DATATYPE]), self.shape(path, messages[DATASPACE])
        version, kind = self.at(messages[LAYOUT], "BB")
        if version not in (3, 4) or kind > 1:
            raise ModelFileError(f"{path} is compressed, in chunks or put together from other files")
        start, size = self.at(messages[LAYOUT] + 2, "QQ") if kind else (messages[LAYOUT] + 4, *self.at(messages[LAYOUT] + 2, "H"))
        self.budget -= size
        if size != math.prod(shape) * dtype.itemsize or (size and start + size > len(self.data)) or self.budget < 0:
            raise ModelFileError(f"{path} of shape {shape} does not fit into the file")
        if not size:
            return np.empty(shape, dtype)
        array = np.frombuffer(self.data, dtype, math.prod(shape), start).reshape(shape)
        return array if dtype.kind != "V" else (array.view(np.uint16).astype(np.uint32) << 16).view(np.float32)

    def shape(self, path: str, offset: int) -> tuple[int, ...]:
        """A dataspace's sizes."""
        version, rank, _, kind = self.at(offset, "BBBB")
        if version not in (1, 2) or rank > 32 or (version == 2 and kind > 1):
            raise ModelFileError(f"{path} has no sizes")
        return self.at(offset + (8 if version == 1 else 4), f"{rank}Q")

    def dtype(self, path: str, offset: int) -> np.dtype:
        """A datatype: floats and whole numbers; two bytes without a type are bfloat16, the upper half of a float32."""
        kind, bits, size = self.at(offset, "BBxxI")
        order = "><"[not bits & 1]
        if kind & 15 == FLOATING_POINT and self.data[offset + 13] == EXPONENT_BITS.get(size):
            return np.dtype(f"{order}f{size}")
        if kind & 15 == FIXED_POINT and size in (1, 2, 4, 8):
            return np.dtype(f"{order}{'i' if bits & 8 else 'u'}{size}")
        if kind & 15 == OPAQUE and size == 2:
            return np.dtype("V2")
        raise ModelFileError(f"{path} does not hold numbers")
