"""The data dictionary: every dataset and column in words, written from the contracts alone."""

from __future__ import annotations

from collections.abc import Mapping

from outcome_reporting.domain.contract import BadRows, Contract, Field, Kind

_KINDS = {
    Kind.CODE: "code (text)",
    Kind.TEXT: "text",
    Kind.INTEGER: "whole number",
    Kind.DECIMAL: "number",
    Kind.DATE: "date",
    Kind.CHOICE: "one of a list",
    Kind.NAMES: "names",
    Kind.MARKERS: "any number of columns",
}
_LOCALES = {"en": "English", "fr": "French", "es": "Spanish", "ru": "Russian"}
_HEAD = """# Data dictionary

Every dataset that the product reads, column by column. This page is written from the contracts in
`include/contracts` (by `contracts.dictionary.write_data_dictionary`): change a contract, never this page.

Headings match in any of the four languages; case, spaces, punctuation and accents do not matter, nor does the
order of the columns. A column that is not needed may be missing.
"""


def write_data_dictionary(contracts: Mapping[str, Contract]) -> str:
    """Markdown: a table of the datasets, then a section for each with its columns and their headings."""
    parts = [_HEAD, _overview(contracts)]
    parts += [_section(contract, contracts) for contract in contracts.values()]
    return "\n".join(parts).rstrip("\n") + "\n"


def _overview(contracts: Mapping[str, Contract]) -> str:
    rows = [
        [
            f"[{c.title}](#{c.dataset})",
            f"`{c.dataset}`",
            _key(c),
            _slice(c),
            "held" if c.bad_rows is BadRows.HOLD_ROWS else "reject the file",
        ]
        for c in contracts.values()
    ]
    return _table(["Title", "Dataset", "Key", "A new file replaces", "Rows with errors"], rows)


def _key(contract: Contract) -> str:
    return " + ".join(contract.field(name).heading for name in contract.key)


def _slice(contract: Contract) -> str:
    if not contract.slice:
        return "the whole dataset"
    words = []
    for part in contract.slice:
        name, _, unit = part.partition(".")
        known = next((f.heading for f in contract.fields if f.name == name), name.capitalize())
        words.append(f"the {unit} of {known}" if unit else known)
    return " x ".join(words)


def _section(contract: Contract, contracts: Mapping[str, Contract]) -> str:
    facts = [f"Key: {_key(contract)}.", f"A new file replaces: {_slice(contract)}."]
    if contract.office_from:
        heading = contract.field(contract.office_from).heading
        facts.append(f"The office is the first part of {heading}.")
    if contract.group:
        together = " + ".join(contract.field(name).heading for name in contract.group)
        facts.append(f"Rows are judged and held together by {together}.")
    columns = [
        [
            _code(field.heading),
            _code(field.name),
            kind_words(field),
            "yes" if field.required else "",
            field.description,
            allowed_words(field, contracts),
            ", ".join(map(_code, field.examples)),
        ]
        for field in contract.fields
    ]
    head = ["Heading", "Field", "Kind", "Needed", "Meaning", "Allowed", "Example"]
    spellings = [
        [_code(field.heading), *(_headings(field, locale) for locale in _LOCALES)] for field in contract.fields
    ]
    return "\n".join(
        [
            f'<a id="{contract.dataset}"></a>\n\n## {contract.title}\n',
            f"{contract.purpose} Stored in `{contract.table}`; contract version {contract.version}.\n",
            " ".join(facts) + "\n",
            _table(head, columns),
            "Other headings that are read:\n",
            _table(["Heading", *_LOCALES.values()], spellings),
            *_own_checks(contract),
        ]
    )


def kind_words(field: Field) -> str:
    """What a cell holds, for a person: `money, 2 decimals`, `code (text)`."""
    return f"money, {field.scale} decimals" if field.kind is Kind.MONEY else _KINDS[field.kind]


def allowed_words(field: Field, contracts: Mapping[str, Contract]) -> str:
    """What a cell may hold: values, a list's name, bounds, a pattern, or the dataset it refers to."""
    words = []
    if field.code_list:
        words.append(f"a code of the list {_code(field.code_list)}")
    elif field.allowed:
        words.append(", ".join(map(_code, field.allowed)))
    if field.refers_to:
        target = contracts.get(field.refers_to[0])
        words.append(f"known in {target.title if target else field.refers_to[0]}")
    elif field.pattern and not field.code_list:
        words.append(f"pattern {_code(field.pattern)}")
    low = f"{'above' if field.is_minimum_exclusive else 'from'} {field.minimum}" if field.minimum else ""
    high = f"to {field.maximum}" if field.maximum else ""
    if low or high:
        words.append(f"{low} {high}".strip())
    if field.unique:
        words.append("each only once")
    return "; ".join(words)


def _headings(field: Field, locale: str) -> str:
    return ", ".join(text for text, of in field.synonyms if of == locale)


def _own_checks(contract: Contract) -> list[str]:
    lines = [
        f"- {field.heading}: {own.description} ({own.severity})"
        for field in contract.fields
        for own in field.expectations
    ]
    return ["Further checks:\n", *lines, ""] if lines else []


def _code(text: str) -> str:
    return f"`{text}`"


def _table(head: list[str], rows: list[list[str]]) -> str:
    def line(cells: list[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"

    return "\n".join([line(head), line(["---"] * len(head)), *map(line, rows), ""])


if __name__ == "__main__":  # python -m ... CONTRACTS_FOLDER PAGE
    import sys
    from pathlib import Path

    from outcome_reporting.contracts.load import load_contracts

    Path(sys.argv[2]).write_text(write_data_dictionary(load_contracts(Path(sys.argv[1]))), encoding="utf-8")
