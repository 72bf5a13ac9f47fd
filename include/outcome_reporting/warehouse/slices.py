"""Rows of a file cut into slices: what a later file of the same dataset replaces together.

Everything here works on Arrow columns and numpy indices, never row by row.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from outcome_reporting.domain.contract import Contract
from outcome_reporting.domain.table import TypedTable

SEPARATOR = "|"
# the column of a table by its name, dictionary-encoded
Encoded = Callable[[TypedTable, str], pa.DictionaryArray]


@dataclass(slots=True)
class SliceRows:
    """One slice of one file: its office ('' for the whole organization), its key and the rows in it.

    `rows` holds, for each table of the dataset (by its place in the list given), the row indices in order.
    """

    office: str
    slice_key: str
    rows: dict[int, np.ndarray] = field(default_factory=dict)

    @property
    def row_count(self) -> int:
        return sum(len(indices) for indices in self.rows.values())


def is_cut_by_spelling(contract: Contract) -> bool:
    """Whether the slice of a row depends on which partner a spelling means."""
    return "partner" in contract.slice


def encoded_column(table: TypedTable, name: str) -> pa.DictionaryArray:
    """A column of a table, dictionary-encoded."""
    return _encoded(table.data.column(name))


def split_slices(
    contract: Contract,
    tables: Sequence[TypedTable],
    spellings: Mapping[str, str] | None = None,
    encoded: Encoded = encoded_column,
) -> list[SliceRows]:
    """The slices that these tables of one dataset hold, in the order of their keys.

    `spellings` (folded spelling -> partner code) makes the same slice of a partner however it is written; `encoded` is
    for who has the columns of the tables dictionary-encoded already.
    A row of a dataset that is one slice has the key ''. Raises ValueError when a slice field is empty
    (a required field, so such a row never comes this far).
    """
    found: dict[tuple[str, str], SliceRows] = {}
    for place, table in enumerate(tables):
        for office, key, indices in _split_table(contract, table, spellings or {}, encoded):
            found.setdefault((office, key), SliceRows(office, key)).rows[place] = indices
    return [found[key] for key in sorted(found)]


def office_column(
    contract: Contract, table: TypedTable, encoded: Encoded = encoded_column
) -> pa.DictionaryArray | None:
    """The office of each row, None when the dataset belongs to the whole organization."""
    if contract.is_organization_wide:
        return None
    if contract.office_from:
        codes = encoded(table, contract.office_from)
        offices = pc.list_element(pc.split_pattern(codes.dictionary, "_", max_splits=1), 0)
        return _recoded(codes, offices)
    return encoded(table, "office")


def in_slice_order(
    tables: Sequence[TypedTable], slices: Sequence[SliceRows]
) -> tuple[list[TypedTable], list[SliceRows]]:
    """The same tables with the rows of a slice one after the other, and the slices with their new row indices.

    Rows that lie together are hashed, stored and found again together.
    """
    ordered = []
    moved = [SliceRows(one.office, one.slice_key) for one in slices]
    for place, table in enumerate(tables):
        order, starts = _order(place, slices)
        is_ordered = len(order) == table.row_count and bool((np.diff(order) > 0).all())
        ordered.append(table if is_ordered else replace(table, data=_taken(table.data, pa.array(order))))
        for number, start in starts.items():
            moved[number].rows[place] = np.arange(start, start + len(slices[number].rows[place]))
    return ordered, moved


def _taken(data: pa.Table, order: pa.Array) -> pa.Table:
    """Rows in another order, each text whole: it is hashed and stored."""
    columns = [_whole(column) for column in data.columns]
    taken = [
        column.dictionary.take(column.indices.take(order))
        if pa.types.is_dictionary(column.type)
        else column.take(order)
        for column in columns
    ]
    return pa.table(taken, data.column_names)


def _order(place: int, slices: Sequence[SliceRows]) -> tuple[np.ndarray, dict[int, int]]:
    """The rows of one table, slice by slice, and where each slice begins among them."""
    rows, starts, count = [], {}, 0
    for number, one in enumerate(slices):
        if place in one.rows:
            rows.append(one.rows[place])
            starts[number] = count
            count += len(one.rows[place])
    return np.concatenate(rows) if rows else np.zeros(0, np.int64), starts


def digest_slices(
    contract: Contract,
    tables: Sequence[TypedTable],
    slices: Sequence[SliceRows],
    held: Mapping[tuple[str, str], Sequence[object]] | None = None,
) -> list[str]:
    """A digest for each slice over its rows and their positions (table and row number), held rows included.

    Equal digests mean that every cell that is stored stands at the same place with the same value. The rows of a slice
    lie one after the other (`in_slice_order`).
    """
    hashes = [hashlib.blake2b(digest_size=16) for _ in slices]
    for place, table in enumerate(tables):
        spans = [
            (hashes[number], int(one.rows[place][0]), int(one.rows[place][-1]) + 1)
            for number, one in enumerate(slices)
            if place in one.rows
        ]
        for name in ("row_no", *(f.name for f in contract.fields)):
            if name in table.data.column_names:
                _feed(f"{table.table_no} {name}".encode(), _whole(table.data.column(name)), spans)
    for number, one in enumerate(slices):
        rows = (held or {}).get((one.office, one.slice_key), ())
        if rows:
            hashes[number].update(json.dumps(list(rows), sort_keys=True, default=str).encode())
    return [one.hexdigest() for one in hashes]


def _feed(label: bytes, column: pa.Array, spans: Sequence[tuple[Any, int, int]]) -> None:
    """Gives each digest its rows (from, to) of a column; a column without values there is as good as not there."""
    if column.null_count == len(column):
        return
    is_set = column.is_valid().to_numpy(zero_copy_only=False) if column.null_count else None
    values, letters, places = _as_numbers(column)
    for digest, start, end in spans:
        if is_set is not None and not is_set[start:end].any():
            continue
        bits = _all_set(end - start) if is_set is None else np.packbits(is_set[start:end]).tobytes()
        digest.update(b"\0%s %d %s" % (label, end - start, bits))
        digest.update(values[start:end])
        if places is not None:
            digest.update(letters[places[start] : places[end]])


@lru_cache(maxsize=1 << 12)
def _all_set(count: int) -> bytes:
    return np.packbits(np.ones(count, bool)).tobytes()


def _as_numbers(column: pa.Array) -> tuple[np.ndarray, Any, np.ndarray | None]:
    """Numbers as they are (0 for null); of texts the lengths, all letters, and where each text begins in them."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_large_string(column.type):
        column = column.cast(pa.string())
    if pa.types.is_string(column.type):
        texts = pc.fill_null(column, "") if column.null_count else column
        _, offsets, letters = texts.buffers()
        places = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
        return np.diff(places), memoryview(letters or b""), places
    if pa.types.is_date32(column.type):
        column = column.view(pa.int32())
    return (pc.fill_null(column, 0) if column.null_count else column).to_numpy(), b"", None


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _encoded(column: pa.ChunkedArray | pa.Array) -> pa.DictionaryArray:
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return whole if pa.types.is_dictionary(whole.type) else whole.dictionary_encode()


def _recoded(column: pa.DictionaryArray, dictionary: pa.Array) -> pa.DictionaryArray:
    """The column under other values, which may now be equal to each other."""
    merged = dictionary.dictionary_encode()
    indices = merged.indices.take(column.indices)
    return pa.DictionaryArray.from_arrays(indices, merged.dictionary)


def _slice_column(
    contract: Contract, table: TypedTable, name: str, spellings: Mapping[str, str], encoded: Encoded
) -> pa.DictionaryArray:
    """The values of one slice field as text. `date.year` names the year of a date."""
    field_name, _, part = name.partition(".")
    codes = _encoded(pc.year(table.data.column(field_name))) if part == "year" else encoded(table, field_name)
    texts = codes.dictionary.cast(pa.string())
    reference = contract.field(field_name).refers_to
    if spellings and reference and reference[0] in ("partner", "partners"):
        texts = pa.array([spellings.get(text, text) for text in texts.to_pylist()], pa.string())
    return _recoded(codes, texts)


def _split_table(contract: Contract, table: TypedTable, spellings: Mapping[str, str], encoded: Encoded):
    """(office, slice key, row indices) of one table."""
    count = table.data.num_rows
    if count == 0:
        return
    offices = office_column(contract, table, encoded)
    columns = [
        offices
        if offices is not None and name == "office"
        else _slice_column(contract, table, name, spellings, encoded)
        for name in contract.slice
    ]
    parts = columns if offices is None or "office" in contract.slice else [offices, *columns]
    number = np.zeros(count, np.int64)
    for column in parts:
        if column.null_count:
            raise ValueError(f"{contract.dataset}: a row of {table.file_name} has no slice")
        if len(column.dictionary) > 1:
            number = number * len(column.dictionary) + column.indices.to_numpy(zero_copy_only=False)
    size = math.prod(len(column.dictionary) for column in parts)
    if size <= 1 << 16:
        number = number.astype(np.uint16)  # numpy sorts these by counting
    order = np.argsort(number, kind="stable")
    ordered = number[order]
    bounds = [0, *(np.flatnonzero(ordered[1:] != ordered[:-1]) + 1).tolist(), count]
    firsts = pa.array(order[bounds[:-1]])
    keys = [_texts(column, firsts) for column in columns]
    of_office = [""] * len(firsts) if offices is None else _texts(offices, firsts)
    for (start, end), office, *key in zip(pairwise(bounds), of_office, *keys, strict=True):
        yield office, SEPARATOR.join(key), order[start:end]  # ascending: the sort is stable


def _texts(column: pa.DictionaryArray, rows: pa.Array) -> list[str]:
    return column.dictionary.take(column.indices.take(rows)).to_pylist()
