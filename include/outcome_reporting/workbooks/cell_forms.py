"""The form in which programs write the rows of a worksheet, as expressions over its bytes."""

from __future__ import annotations

import re
from enum import Enum

PRESERVE = ' xml:space="preserve"'
_FORMULA = "(?:<f(?: [^<>]*)?/>|<f(?: [^<>]*)?>[^<]*</f>)?"
_NUMBER = r"-?[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?"
_ADDRESS, _ROW_NUMBER = ' r="[A-Z]{1,3}[1-9][0-9]{0,6}"', ' r="[1-9][0-9]{0,6}"'
_OTHER_ATTRIBUTES = '(?: (?:[a-qs-zA-Z]|[a-zA-Z][a-zA-Z0-9:]+)="[^"<>]*")*'
_REST_OF_CELL = (
    '(?: s="[0-9]{1,5}")?(?:'
    '(?: t="[a-zA-Z]{1,9}")? ?/>|'
    f'(?: t="n")?>{_FORMULA}(?:<v>(?:{_NUMBER})?</v>|<v ?/>)?</c>|'
    ' t="s"><v>[0-9]{1,7}</v></c>|'
    f' t="(?:str|e)">{_FORMULA}<v(?:{PRESERVE})?>[^<]*</v></c>|'
    f' t="b">{_FORMULA}<v>[01]</v></c>|'
    f' t="inlineStr"><is><t(?:{PRESERVE})?>[^<]*</t></is></c>)'
)


class Form(Enum):
    """The form of the rows of a sheet, by what says where a cell stands: the cell itself, its row or their order."""

    ADDRESSED = (f"(?:{_ROW_NUMBER})?", _ADDRESS)
    NUMBERED = (_ROW_NUMBER, "")
    COUNTED = ("", "")

    def __init__(self, row: str, cell: str) -> None:
        tag = f"<row{row}{_OTHER_ATTRIBUTES} ?"
        self.pattern = rf"\A(?:{tag}(?:/>|>(?:<c{cell}{_REST_OF_CELL})*</row>))*\z"
        self.between_rows = re.compile(f"</row>(?:{tag}(?:/>|></row>))*{tag}>".encode())
