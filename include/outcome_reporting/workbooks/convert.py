"""From a column of cells to a typed Arrow column, by the kind that the contract names."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz import fuzz, process

from outcome_reporting.domain.codes import (
    ambiguous_readings,
    fold_name,
    look_alike,
    parse_sdg,
    plan_period_code,
    short_code,
)
from outcome_reporting.domain.contract import Field, Kind
from outcome_reporting.workbooks.columns import RawColumn, moment_text, number_text
from outcome_reporting.workbooks.convert_dates import convert_date
from outcome_reporting.workbooks.convert_numbers import convert_decimal, convert_integer, convert_money
from outcome_reporting.workbooks.distinct import Converted, Distinct, Problem, Reading, pc_booleans
from outcome_reporting.workbooks.texts import places_with

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_CONTROL_PATTERN = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x{7f}-\x{9f}\x{fffe}\x{ffff}]"
_CELL_LIMIT = 32_767
_PARTS = re.compile(r"[;\n\r]+")
_READY_CODE = r"^[!-`{-~]+( [!-`{-~]+)*$"


def visible(text: str) -> str:
    """Control characters and NUL become visible marks (`␀`, `␇`, `�`)."""
    return _CONTROL.sub(lambda match: _mark(match[0]), text)


def _mark(character: str) -> str:
    number = ord(character)
    if number < 0x20:
        return chr(0x2400 + number)
    return "\u2421" if number == 0x7F else "\ufffd"


def nearest_of(text: str, choices, cutoff: int = 60) -> str:
    """The choice that resembles a text most, or an empty text."""
    found = process.extractOne(text, choices, scorer=fuzz.ratio, score_cutoff=cutoff)
    return found[0] if found else ""


def all_texts(raw: RawColumn) -> pa.Array:
    """Every cell as text: numbers and dates as a spreadsheet shows them."""
    parts = [] if raw.texts is None else [raw.texts]
    for part, shown in ((raw.numbers, number_text), (raw.moments, moment_text)):
        if part is not None:
            encoded = part.dictionary_encode()
            words = pa.array([shown(value) for value in encoded.dictionary.to_pylist()], pa.string())
            parts.append(words.take(encoded.indices))
    if not parts:
        return pa.nulls(raw.length, pa.string())
    return parts[0] if len(parts) == 1 else pc.coalesce(*parts)


def _distinct_texts(raw: RawColumn) -> Distinct:
    """The distinct values of `all_texts`; made without those where all cells are of one sort."""
    if raw.numbers is None and raw.moments is None and raw.has_texts:
        return raw.distinct
    if not raw.has_texts and raw.moments is None and raw.numbers is not None:
        return _distinct_shown(raw.numbers, number_text)
    return Distinct.of_texts(all_texts(raw))


def _distinct_shown(part: pa.Array, shown: Callable[[Any], str]) -> Distinct:
    encoded = part.dictionary_encode()
    words = pa.array([shown(value) for value in encoded.dictionary.to_pylist()], pa.string()).dictionary_encode()
    index = words.indices.take(encoded.indices).fill_null(-1)  # two numbers may show alike
    return Distinct(words.dictionary, index.to_numpy(zero_copy_only=False))


def _control_notes(distinct: Distinct, among: np.ndarray | None = None) -> list[tuple[np.ndarray, Problem]]:
    """A warning for each text, or each of some by their numbers, that holds a character that cannot be shown."""
    if among is None:
        hits = places_with(distinct.dictionary, _CONTROL_PATTERN)
    else:
        hits = among[places_with(distinct.dictionary.take(pa.array(among)), _CONTROL_PATTERN)]
    message = "The text holds a character that cannot be shown; a visible mark stands for it"
    return distinct.rows_of({int(number): Problem("control_character", message) for number in hits})


# ------------------------------------------------------------------------------------------------------ codes


def _fold_rule(field: Field, reading: Reading) -> Callable[[str], str | Problem]:
    """How one text of a code column becomes the stored code, or the problem that it has."""
    named = reading.is_named(field)

    def fold(text: str) -> str | Problem:
        text = visible(text)
        foreign = look_alike(text, is_name=named)
        if foreign:
            return Problem("look_alike_letter", f"“{text}”: {foreign}", "Latin letters and digits")
        return fold_name(text) if named else short_code(text, reading.publisher)

    def sdg(text: str) -> str | Problem:
        try:
            return parse_sdg(visible(text)).code
        except ValueError as reason:
            return Problem("unreadable_sdg", str(reason), "A target (5.2, 5.a), a goal (5) or X00")

    def period(text: str) -> str | Problem:
        try:
            return plan_period_code(text)
        except ValueError as reason:
            return Problem("unreadable_plan_period", str(reason), "First and last year, as 2018-2022")

    return {"sdg": sdg}.get(field.code_list, period if field.name == "plan_period" else fold)


def _letters(texts: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """The bytes of some texts one after the other, and where each begins in them."""
    _, bounds, data = texts.buffers()
    ends = np.frombuffer(bounds, np.int32, len(texts) + 1, 4 * texts.offset)
    return np.frombuffer(data or b"", np.uint8)[ends[0] : ends[-1]], ends[:-1] - ends[0]


def _doubtful(codes: pa.Array) -> np.ndarray:
    """The places of the texts, none of them empty, that are not capitals, digits and signs of ASCII all over. Single
    spaces within a code are ready too; what cannot be shown never is. No expression is as fast on a million codes."""
    letters, begins = _letters(codes)
    is_other = (letters - np.uint8(ord("!")) >= ord("a") - ord("!")) & (
        letters - np.uint8(ord("{")) > ord("~") - ord("{")
    )
    return np.flatnonzero(np.logical_or.reduceat(is_other, begins)) if is_other.any() else np.zeros(0, np.intp)


def _begin_with(texts: pa.Array, prefix: str) -> np.ndarray:
    """Which texts begin so, as booleans."""
    if ord(prefix[0]) not in _letters(texts)[0]:  # mostly none does
        return np.zeros(len(texts), bool)
    return pc_booleans(pc.starts_with(texts, prefix))


def _folded(
    distinct: Distinct, doubtful: np.ndarray, field: Field, reading: Reading
) -> tuple[pa.Array, dict[int, Problem], list[int]]:
    """The stored codes of the distinct texts. Those that stand ready (ASCII capitals) are not looked at singly; only
    among the `doubtful` are some that do not."""
    if field.code_list == "sdg" or field.name == "plan_period":
        return distinct.map_strings(_fold_rule(field, reading))
    singly = _begin_with(distinct.dictionary, f"{reading.publisher}-")
    if len(doubtful):
        is_ready = pc.match_substring_regex(distinct.dictionary.take(pa.array(doubtful)), _READY_CODE)
        singly[doubtful[~pc_booleans(is_ready)]] = True
    return distinct.map_strings(_fold_rule(field, reading), singly)


def _fold_note(distinct: Distinct, codes: pa.Array, changed: list[int], field: Field, reading: Reading):
    plain = [n for n in changed if reading.publisher.upper() not in distinct.value(n).upper()]
    if not plain or reading.is_named(field) or field.code_list == "sdg":
        return []
    first = plain[0]
    what = "A code of the column was" if len(plain) == 1 else f"{len(plain):,} codes of the column were"
    message = f"{what} trimmed or put in capitals; “{distinct.value(first)}” became {codes[first].as_py()}"
    return [(distinct.first_row(first), Problem("code_folded", message))]


def _number_doubts(raw: RawColumn, field: Field, reading: Reading) -> list[tuple[np.ndarray, Problem]]:
    """Warnings for number cells in a code column that may have lost a final zero."""
    if raw.numbers is None:
        return []
    encoded = raw.numbers.dictionary_encode()
    targets = reading.reference.targets if reading.reference else {}
    doubts: dict[int, Problem] = {}
    for number, value in enumerate(encoded.dictionary.to_pylist()):
        code = number_text(value)
        if field.code_list == "sdg":
            both = ambiguous_readings(code, targets)
            if both:
                message = f"The number {code} can be target {both[0]} or {both[1]}; it was read as {both[0]}"
                doubts[number] = Problem("ambiguous_sdg_number", message, "The target as text", nearest=both[1])
        elif value != int(value):
            message = f"The code stands as the number {code}; as text it may have been {code}0"
            doubts[number] = Problem("code_from_number", message, "The code as text")
    index = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return Distinct(encoded.dictionary, index).rows_of(doubts)


def convert_code(raw: RawColumn, field: Field, reading: Reading) -> Converted:
    """Strings as they are stored and compared."""
    distinct = _distinct_texts(raw)
    doubtful = _doubtful(distinct.dictionary)
    codes, problems, changed = _folded(distinct, doubtful, field, reading)
    result = Converted(distinct.kept_once(codes), distinct.rows_of(problems))
    result.problems += _control_notes(distinct, doubtful) if len(doubtful) else []
    result.problems += _number_doubts(raw, field, reading)
    result.notes += _fold_note(distinct, codes, changed, field, reading)
    return result


# ---------------------------------------------------------------------------------------------------- choices


@lru_cache(maxsize=256)
def _lookup(allowed: tuple[str, ...], spellings: tuple[tuple[str, str], ...]) -> dict[str, str]:
    known = {fold_name(other): stored for other, stored in spellings}
    return known | {fold_name(value): value for value in allowed}


def convert_choice(raw: RawColumn, field: Field, reading: Reading) -> Converted:
    """One of the allowed values, in the contract's spelling; found whatever the case."""
    known = _lookup(field.allowed, tuple(field.spellings.items()))
    rule = {"": "not_allowed", "currencies": "unknown_currency"}.get(field.code_list, "unknown_code")
    listing = ", ".join(field.allowed) if len(field.allowed) <= 20 else f"a code of the list {field.code_list}"

    def choose(text: str) -> str | Problem:
        folded = fold_name(visible(text))
        if folded in known or not known:
            return known.get(folded, folded)
        foreign = look_alike(text) if len(text) <= 5 else None
        if foreign:
            return Problem("look_alike_letter", f"“{text}”: {foreign}", f"One of: {listing}")
        likeliest = known.get(nearest_of(folded, known.keys()), "")
        message = f"“{text}” is not an allowed value of {field.heading}"
        return Problem(rule, message, f"One of: {listing}", nearest=likeliest)

    distinct = _distinct_texts(raw)
    values, problems, _ = distinct.map_strings(choose)
    return Converted(distinct.kept_once(values), distinct.rows_of(problems))


# ------------------------------------------------------------------------------------------------------- text


def convert_text(raw: RawColumn, field: Field, reading: Reading) -> Converted:
    """Text as it stands, whole; control characters become visible marks."""
    distinct = _distinct_texts(raw)
    result = Converted(distinct.kept_once(distinct.dictionary), _control_notes(distinct))
    if result.problems:
        marked, _, _ = distinct.map_strings(visible)
        result.array = distinct.kept_once(marked)
    lengths = pc.utf8_length(distinct.dictionary).to_numpy()
    result.problems += distinct.rows_of(
        {
            int(number): Problem(
                "long_text",
                f"The text has {lengths[number]:,} characters; a spreadsheet cell shows {_CELL_LIMIT:,}",
            )
            for number in np.flatnonzero(lengths > _CELL_LIMIT)
        }
    )
    return result


def convert_names(raw: RawColumn, field: Field, reading: Reading) -> Converted:
    """Parts joined by a line feed, trimmed, none empty."""

    def split(text: str) -> str:
        return "\n".join(part.strip() for part in _PARTS.split(visible(text)) if part.strip())

    distinct = _distinct_texts(raw)
    values, _, _ = distinct.map_strings(split)
    return Converted(distinct.kept_once(values), _control_notes(distinct))


def convert_markers(columns: dict[str, RawColumn], length: int) -> Converted:
    """A JSON object {marker: value} for each row with a value, from the columns of one heading prefix."""
    texts = {name: all_texts(raw).to_pylist() for name, raw in columns.items()}
    rows: list[str | None] = []
    for index in range(length):
        found = {name: visible(values[index]) for name, values in texts.items() if values[index] is not None}
        rows.append(json.dumps(found, ensure_ascii=False) if found else None)
    return Converted(pa.array(rows, pa.string()))


_CONVERTERS: dict[Kind, Callable[[RawColumn, Field, Reading], Converted]] = {
    Kind.CODE: convert_code,
    Kind.TEXT: convert_text,
    Kind.INTEGER: convert_integer,
    Kind.MONEY: convert_money,
    Kind.DECIMAL: convert_decimal,
    Kind.DATE: convert_date,
    Kind.CHOICE: convert_choice,
    Kind.NAMES: convert_names,
}


def convert(raw: RawColumn, field: Field, reading: Reading) -> Converted:
    """The typed column of a field (of any kind but MARKERS, see `convert_markers`)."""
    converted = _CONVERTERS[field.kind](raw, field, reading)
    assert len(converted.array) == raw.length, field.name
    return converted
