"""The texts of a workbook's cells: from stretches of bytes to texts as they are to be read, each once."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_ESCAPED = r"&|_x[0-9A-Fa-f]{4}_|\r"  # what is not the text itself: entities, Excel's own escapes, line ends
_EXCEL_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_ENTITY = re.compile(r"&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|(lt|gt|amp|quot|apos));")
_IN_A_ROW = 64
_WRITTEN_EDGE = re.compile(rb"\A&#|&#[^;&]*;\Z")  # perhaps a space, written as a number
_ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}


class UnusualXml(Exception):
    """Raised when a part is not in the narrow form that can be taken apart fast; it is then read exactly."""


@dataclass(frozen=True, slots=True)
class Texts:
    """`distinct` are texts as they are to be read, each once, none of them blank. `place_of` says where in it the
    text with a number of the workbook's own stands; -1 for a blank one."""

    distinct: pa.Array
    place_of: np.ndarray

    def with_own(self, own: pa.Array) -> Texts:
        """These and the texts of one sheet as written, numbered after them."""
        if not len(own):
            return self
        shared = self.distinct.take(pa.array(self.place_of, mask=self.place_of < 0)).fill_null("")
        return made_of(pa.concat_arrays([shared, unescaped(own)]))


def _as_array(data: bytes | memoryview) -> pa.Array:
    bounds = pa.py_buffer(np.array([0, len(data)], np.int64))
    return pa.Array.from_buffers(pa.large_binary(), 1, [None, bounds, pa.py_buffer(data)])


def has(data: bytes | memoryview, pattern: str) -> bool:
    """Whether bytes hold a pattern. RE2 takes one look at each byte, ten times as fast as `re` on alternatives."""
    return pc.match_substring_regex(_as_array(data), pattern)[0].as_py()


def places_with(texts: pa.Array, pattern: str) -> np.ndarray:
    """The places of the texts that hold a pattern, which may not say where a text begins or ends. Texts are looked
    at many in a row, and only those of a row that holds it one by one: mostly none does."""
    count = len(texts)
    if not count:
        return np.zeros(0, np.intp)
    _, bounds, data = texts.buffers()
    ends = np.frombuffer(bounds, np.int32, count + 1, 4 * texts.offset)
    marks = np.append(ends[:-1:_IN_A_ROW], ends[-1])
    rows = pa.Array.from_buffers(pa.utf8(), len(marks) - 1, [None, pa.py_buffer(marks), data])
    hits = np.flatnonzero(pc.match_substring_regex(rows, pattern).to_numpy(zero_copy_only=False))
    if not len(hits):
        return hits
    places = (hits[:, None] * _IN_A_ROW + np.arange(_IN_A_ROW)).ravel()
    places = places[places < count]
    found = pc.match_substring_regex(texts.take(pa.array(places)), pattern).fill_null(False)
    return places[found.to_numpy(zero_copy_only=False)]


def replaced(data: bytes | memoryview, pattern: str, by: str) -> bytes:
    """The bytes with every match replaced; `re` would hold all that is between the matches as objects."""
    return pc.replace_substring_regex(_as_array(data), pattern, by)[0].as_py()


def slices(data: bytes | memoryview, starts: np.ndarray, stops: np.ndarray) -> pa.Array:
    """The stretches of bytes as strings; each begins where or after the one before it ends."""
    bounds = np.empty(2 * len(starts) + 1, np.int32)
    bounds[:-1:2], bounds[1::2] = starts, stops
    bounds[-1] = bounds[-2] if len(starts) else 0
    both = pa.Array.from_buffers(pa.utf8(), 2 * len(starts), [None, pa.py_buffer(bounds), pa.py_buffer(data)])
    return both.take(pa.array(np.arange(0, 2 * len(starts), 2, dtype=np.int32)))  # not what stands between


def refuse_bare_edges(xml: np.ndarray, starts: np.ndarray, stops: np.ndarray) -> None:
    """Raises UnusualXml when a text in a bare `<t>` begins or ends with a space: whether it counts is not said."""
    is_bare, first, last = xml[starts - 2] == ord("t"), xml[starts], xml[stops - 1]
    is_doubtful = (first <= ord(" ")) | (last <= ord(" ")) | (first == ord("&")) | (last == ord(";"))
    for place in np.flatnonzero(is_bare & is_doubtful):
        text = xml[starts[place] : stops[place]].tobytes().strip(b" \t\r\n")
        has_edge = len(text) < stops[place] - starts[place] or _WRITTEN_EDGE.search(text)
        if text and has_edge:  # all spaces: an empty cell either way
            raise UnusualXml


def _unescape(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        if match[3]:
            return _ENTITIES[match[3]]
        return chr(int(match[1], 16) if match[1] else int(match[2]))

    if "&" in _ENTITY.sub("", text):
        raise UnusualXml
    return without_excel_escapes(_ENTITY.sub(character, text.replace("\r\n", "\n").replace("\r", "\n")))


def without_excel_escapes(text: str) -> str:
    return _EXCEL_ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)


def unescaped(written: pa.Array) -> pa.Array:
    """Texts without entities. Raises UnusualXml for what is no entity, or written in Excel's own escapes."""
    try:
        written.validate(full=True)
        escaped = places_with(written, _ESCAPED)
        if not len(escaped):
            return written
        plain = [_unescape(text) for text in written.take(pa.array(escaped)).to_pylist()]
        is_escaped = np.zeros(len(written), bool)
        is_escaped[escaped] = True
        return pc.replace_with_mask(written, pa.array(is_escaped), pa.array(plain, pa.string()))
    except (pa.ArrowInvalid, ValueError, OverflowError) as fault:
        raise UnusualXml from fault


def is_blank(texts: pa.Array) -> pa.Array:
    """Which texts hold nothing but spaces."""
    return pc.or_(pc.utf8_is_space(texts), pc.equal(pc.binary_length(texts), 0))


def made_of(texts: pa.Array) -> Texts:
    encoded = texts.dictionary_encode()
    place_of = encoded.indices.to_numpy()
    blank = is_blank(encoded.dictionary).to_numpy(zero_copy_only=False)
    if not blank.any():
        return Texts(encoded.dictionary, place_of)
    new_place = np.where(blank, -1, np.cumsum(~blank) - 1).astype(np.int32)
    return Texts(encoded.dictionary.filter(pa.array(~blank)), new_place[place_of])
