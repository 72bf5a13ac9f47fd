"""Arrow columns as the rows of PostgreSQL's binary COPY, a whole column at a time and never a float on the way.

In that format a row is its number of fields, then for each field its length in bytes and the bytes (-1 and nothing
for null), all big-endian. Each column is made into such pieces; joining them row by row is left to Arrow.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import ARRAY, BigInteger, Date, Integer, Numeric, SmallInteger, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
END = b"\xff\xff"

_EPOCH = 10957  # days from Arrow's first day to PostgreSQL's, 1 January 2000
_DIGIT = 10_000  # numeric is written in digits of four decimals
_MINUS = 0x4000
_TEXT_OID = 25

# a part of each row: bytes that are the same in all, values of one length (numpy), or values of any length (Arrow)
_Piece: TypeAlias = bytes | np.ndarray | pa.Array


def encode_rows(columns: Sequence[pa.Array], types: Sequence[TypeEngine], scales: Sequence[int]) -> memoryview:
    """The rows without HEAD and END; all columns are of one length.

    A numeric column is either integers in units of 10 ** -scale or text that holds plain decimals.
    Raises OverflowError for an integer that the type of its column cannot hold.
    """
    count = len(columns[0])
    if count == 0:
        return memoryview(b"")
    pieces: list[_Piece] = [struct.pack(">h", len(columns))]
    for column, kind, scale in zip(columns, types, scales, strict=True):
        pieces += _encode(column, kind, scale)
    rows = pc.binary_join_element_wise(*_merged(pieces, count), b"")
    _, offsets, content = rows.buffers()
    last = int(np.frombuffer(offsets, np.int32)[rows.offset + count])
    return memoryview(content)[:last]


def _merged(pieces: Sequence[_Piece], count: int) -> Iterator[pa.Array]:
    """Pieces of one length for every row become one with their neighbours: joining costs by piece.

    What is the same in all rows is written for all at once, the rest into its place in each.
    """
    for is_fixed, group in groupby(pieces, key=lambda piece: not isinstance(piece, pa.Array)):
        if is_fixed:
            yield _record(list(group), count)
        else:
            yield from group


def _record(pieces: Sequence[_Piece], count: int) -> pa.Array:
    sizes = [len(piece) if isinstance(piece, bytes) else piece.itemsize for piece in pieces]
    ends = np.cumsum(sizes)
    same = b"".join(piece if isinstance(piece, bytes) else bytes(piece.itemsize) for piece in pieces)
    rows = bytearray(same) * count
    for piece, size, end in zip(pieces, sizes, ends, strict=True):
        if not isinstance(piece, bytes):
            form = f"V{size}"
            np.ndarray((count,), form, rows, offset=end - size, strides=(len(same),))[:] = piece.view(form)
    return _pieces(np.arange(0, len(rows) + 1, len(same), dtype=np.int32), rows)


def _encode(column: pa.Array, kind: TypeEngine, scale: int) -> list[_Piece]:
    if isinstance(kind, SmallInteger):
        return _fixed(column, [_integers(column, ">i2")])
    if isinstance(kind, BigInteger):
        return _fixed(column, [_integers(column, ">i8")])
    if isinstance(kind, Integer):
        return _fixed(column, [_integers(column, ">i4")])
    if isinstance(kind, Date):
        days = _filled(column.view(pa.int32())) - _EPOCH
        return _fixed(column, [days.astype(">i4")])
    if isinstance(kind, Numeric) and pa.types.is_integer(column.type):
        return _fixed(column, _numerics(_filled(column), scale))
    if isinstance(kind, Numeric):
        return _of_distinct(column, _numeric)
    if isinstance(kind, Uuid):
        return _of_distinct(column, lambda text: bytes.fromhex(text.replace("-", "")))
    if isinstance(kind, JSONB):
        return _of_distinct(column, lambda text: b"\x01" + text.encode())
    if isinstance(kind, ARRAY):
        return _lengths_and(pa.array([None if v is None else _texts(v) for v in column.to_pylist()], pa.binary()))
    if isinstance(kind, Text) and pa.types.is_dictionary(column.type):
        return _of_distinct(column, str.encode)
    if isinstance(kind, Text):
        return _lengths_and(column.cast(pa.string()).view(pa.binary()))
    raise TypeError(f"no way to write a column of type {kind}")


def _integers(column: pa.Array, form: str) -> np.ndarray:
    values = _filled(column)
    if not np.can_cast(values.dtype, form):
        bounds = np.iinfo(form)
        if values.min() < bounds.min or values.max() > bounds.max:
            raise OverflowError(f"an integer from {values.min()} to {values.max()} does not fit into {form}")
    return values.astype(form)


def _filled(column: pa.Array) -> np.ndarray:
    """Numbers with 0 for null; as they lie where all are there."""
    return (pc.fill_null(column, 0) if column.null_count else column).to_numpy()


def _numerics(units: np.ndarray, scale: int) -> list[_Piece]:
    """Integers in units of 10 ** -scale (scale up to 4) as numeric; the server drops zeros at either end."""
    if not 0 <= scale <= 4:
        raise ValueError(f"a scale of {scale} is not from 0 to 4")
    size = np.abs(units).view(np.uint64)  # the smallest int64 has no positive twin, its bits read unsigned have
    if size.max() < 1 << 32:
        size = size.astype(np.uint32)  # divided in a third of the time
    whole, part = _divided(size, 10**scale)
    digits = [part * size.dtype.type(10 ** (4 - scale))]
    while whole.any() or len(digits) < 2:
        whole, digit = _divided(whole, _DIGIT)
        digits.append(digit)
    count = len(digits)
    first_power = count - 2  # the power of 10,000 of the first digit
    signs = np.where(units < 0, np.uint16(_MINUS), np.uint16(0)).astype(">u2")
    written = [digit.astype(">u2") for digit in reversed(digits)]
    return [struct.pack(">HH", count, first_power), signs, struct.pack(">H", scale), *written]


def _divided(numbers: np.ndarray, by: int) -> tuple[np.ndarray, np.ndarray]:
    """Quotients and remainders; numpy's own divmod takes several times as long."""
    quotients = numbers // numbers.dtype.type(by)
    return quotients, numbers - quotients * numbers.dtype.type(by)


def _numeric(text: str) -> bytes:
    """A plain decimal text as numeric, with the places that it is written with."""
    sign, figures, exponent = Decimal(text).as_tuple()
    if not isinstance(exponent, int):
        raise ValueError(f"{text} is no number")
    places = max(0, -exponent)
    units = int("".join(map(str, figures))) * 10 ** max(0, exponent)
    behind = -(-places // 4)
    units *= 10 ** (4 * behind - places)
    digits: list[int] = []
    while units:
        units, digit = divmod(units, _DIGIT)
        digits.insert(0, digit)
    weight = len(digits) - behind - 1
    return struct.pack(f">HhHH{len(digits)}H", len(digits), weight, _MINUS if sign else 0, places, *digits)


def _texts(values: list[str]) -> bytes:
    """A text array of one dimension, without nulls."""
    if not values:
        return struct.pack(">iii", 0, 0, _TEXT_OID)
    written = [value.encode() for value in values]
    head = struct.pack(">iiiii", 1, 0, _TEXT_OID, len(values), 1)
    return head + b"".join(struct.pack(">i", len(one)) + one for one in written)


def _of_distinct(column: pa.Array, encode: Callable[[str], bytes]) -> list[_Piece]:
    """Each distinct text is encoded once."""
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    values = pa.array([None if v is None else encode(v) for v in coded.dictionary.to_pylist()], pa.binary())
    return _lengths_and(values.take(coded.indices))


def _lengths_and(values: pa.Array) -> list[_Piece]:
    """Values of any length, and before each how long it is."""
    if values.null_count:
        lengths = pc.fill_null(pc.binary_length(values), -1).to_numpy()
        return [lengths.astype(">i4"), pc.fill_null(values, b"")]
    _, offsets, content = values.buffers()
    places = np.frombuffer(offsets, np.int32)[values.offset : values.offset + len(values) + 1]
    lengths = np.diff(places)
    size = int(lengths[0])
    if size and (lengths == size).all():
        return _fixed(values, [np.frombuffer(content, f"V{size}", len(values), places[0])])
    return [lengths.astype(">i4"), values]


def _fixed(column: pa.Array, value: Sequence[_Piece]) -> list[_Piece]:
    """A value of one length, given in pieces, and that length before it; -1 alone where the column is null."""
    size = sum(len(piece) if isinstance(piece, bytes) else piece.itemsize for piece in value)
    pieces: list[_Piece] = [struct.pack(">i", size), *value]
    if not column.null_count:
        return pieces
    record = _record(pieces, len(column))
    content = np.frombuffer(record.buffers()[2], np.uint8).reshape(len(column), -1).copy()
    is_set = column.is_valid().to_numpy(zero_copy_only=False)
    content[~is_set, :4] = 0xFF
    is_kept = np.ones(content.shape, bool)
    is_kept[~is_set, 4:] = False
    ends = np.cumsum(np.where(is_set, content.shape[1], 4), dtype=np.int32)
    return [_pieces(np.concatenate([[np.int32(0)], ends]), content[is_kept])]


def _pieces(offsets: np.ndarray, content: np.ndarray | bytearray) -> pa.Array:
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(content)]
    return pa.Array.from_buffers(pa.binary(), len(offsets) - 1, buffers)
