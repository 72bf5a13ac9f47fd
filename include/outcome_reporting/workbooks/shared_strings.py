"""The table of a workbook's shared strings."""

from __future__ import annotations

import re
from xml.parsers import expat

import numpy as np
import pyarrow as pa

from outcome_reporting.workbooks.digits import FIRST_BYTES, word, words_of
from outcome_reporting.workbooks.texts import (
    Texts,
    UnusualXml,
    has,
    made_of,
    refuse_bare_edges,
    slices,
    unescaped,
    without_excel_escapes,
)

_T = r'<t(?: xml:space="preserve")?(?: ?/>|>[^<]*</t>)'
_USUAL = rf"\A(?:<si>{_T}</si>)*\z"
_OPEN, _CLOSE = re.compile(rb"<sst(?:\s[^<>]*)?>"), b"</sst>"
_BARE, _PRESERVED, _TEXT_END = b"<si><t>", b'<si><t xml:space="preserve">', b"</t></si>"
_OTHER_ENCODING = re.compile(rb"""encoding=["'](?!utf-8["'])""", re.IGNORECASE)
_SPACE = "http://www.w3.org/XML/1998/namespace}space"


def shared_texts(part: bytes) -> Texts:
    """The texts of a workbook's table of shared strings (empty: it has none). Raises UnusualXml when it cannot be
    read here."""
    if not part:
        return made_of(pa.array([], pa.string()))
    opened, closed = _OPEN.search(part), part.rfind(_CLOSE)
    is_utf8 = opened is not None and not _OTHER_ENCODING.search(part[: opened.start()])
    if opened is not None and is_utf8 and closed >= opened.end():
        data = memoryview(part)[opened.end() : closed]
        places = _plain_places(data)
        if places is None and has(data, _USUAL):
            places = _usual_places(data)
        if places is not None:
            refuse_bare_edges(np.frombuffer(data, np.uint8), *places)
            return made_of(unescaped(slices(data, *places)))
    try:
        return made_of(pa.array(_parsed(part), pa.string()))
    except ValueError as fault:  # half a character
        raise UnusualXml from fault


def _plain_places(data: memoryview) -> tuple[np.ndarray, np.ndarray] | None:
    """Where the texts begin and end of a table in which each stands in `<si><t>` and `</t></si>`; proved by the places
    of its tags, in a third of the time of an expression over all its bytes. None of any other table."""
    xml, words = np.frombuffer(data, np.uint8), words_of(data)
    tags = np.flatnonzero(xml == ord("<"))
    if not len(tags) or len(tags) % 4:
        return None
    begins, _, stops, ends = tags.reshape(-1, 4).T
    nexts = np.append(begins[1:], len(data))
    if begins[0] or (ends - stops != len("</t>")).any() or (nexts - stops != len(_TEXT_END)).any():
        return None
    if (words[stops] != word(_TEXT_END[:8])).any() or (xml[nexts - 1] != ord(">")).any():
        return None
    starts = begins + len(_BARE)
    others = np.flatnonzero(words[begins] & FIRST_BYTES[len(_BARE)] != word(_BARE))
    if not all(data[place : place + len(_PRESERVED)] == _PRESERVED for place in begins[others].tolist()):
        return None
    starts[others] += len(_PRESERVED) - len(_BARE)
    return starts, stops


def _usual_places(data: memoryview) -> tuple[np.ndarray, np.ndarray]:
    """The same of a table in the usual form, in which texts may be missing (`<t/>`)."""
    xml = np.frombuffer(data, np.uint8)
    tags = np.flatnonzero(xml == ord("<"))
    names = np.flatnonzero(xml[tags + 1] == ord("t"))
    begins, stops = tags[names], tags[names + 1]
    ends = begins + len("<t")  # of the opening tag: `>`, or ` />` where there is no text
    ends = ends + np.where((xml[ends] == ord(" ")) & (xml[ends + 1] == ord("x")), len(' xml:space="preserve"'), 0)
    return np.where(xml[ends] == ord(">"), ends + 1, stops), stops


class _Strings:
    """Collects shared strings of any form: rich ones as their text, without readings in another script."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.parts: list[str] = []
        self.inside = False
        self.phonetic = 0
        self.is_bare = self.is_unusual = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition("}")[2]
        if name == "si":
            self.parts = []
        elif name == "rPh":
            self.phonetic += 1
        elif name == "t" and not self.phonetic:
            self.inside, self.is_bare = True, attributes.get(_SPACE) != "preserve"

    def end(self, name: str) -> None:
        name = name.rpartition("}")[2]
        if name == "t":
            self.inside = False
        elif name == "rPh":
            self.phonetic -= 1
        elif name == "si":
            self.found.append("".join(self.parts))

    def characters(self, text: str) -> None:
        if self.inside:
            self.parts.append(text)
            self.is_unusual |= self.is_bare and text != text.strip()


def _parsed(part: bytes) -> list[str]:
    strings = _Strings()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = strings.start, strings.end
    parser.CharacterDataHandler = strings.characters
    try:
        parser.Parse(part, True)
    except (expat.ExpatError, LookupError) as fault:  # damaged, or in an encoding that nobody knows
        raise UnusualXml from fault
    if strings.is_unusual:
        raise UnusualXml
    return [without_excel_escapes(text) for text in strings.found]
