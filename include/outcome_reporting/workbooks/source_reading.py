"""How the files of one source are read: what a source declares beside the contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SourceReading:
    """`code_page` and `delimiter` are of csv files; an empty text is found out. `decimal` is `.` or `,`,
    `date_order` `dmy` or `mdy`; empty: found in each column. `headings` maps the source's own headings to those of
    a contract; `constants` gives fields (by name) that the files leave out."""

    code_page: str = ""
    delimiter: str = ""
    decimal: str = ""
    date_order: str = ""
    headings: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
