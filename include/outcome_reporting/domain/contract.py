"""What a dataset looks like: the plain form of an ODCS contract, without YAML.

`contracts.load_contracts` makes these from `include/contracts/*.odcs.yaml`; the reader, the suites, the
templates, the data dictionary and the loader are all driven by them and hold no column list of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

KEY_SEPARATOR = "\x1e"  # between the texts of a key of several fields; no cell holds it


class Kind(StrEnum):
    """How a cell is read and kept. In a `TypedTable` the column is of the Arrow type named here.

    CODE     string, NFKC, trimmed, upper-cased (SDG codes: lower-case letter)
    TEXT     string, as it stands
    INTEGER  int32
    MONEY    int64 in units of 10 ** -scale of the field (2: cents)
    DECIMAL  string holding a plain exact decimal ("33.33", "79.5"): rates and weights
    DATE     date32
    CHOICE   string, one of `allowed`, in the spelling of the contract
    NAMES    string; parts joined by a line feed (aliases)
    MARKERS  string holding a JSON object {marker name: value}; its columns share a heading prefix
    """

    CODE = "code"
    TEXT = "text"
    INTEGER = "integer"
    MONEY = "money"
    DECIMAL = "decimal"
    DATE = "date"
    CHOICE = "choice"
    NAMES = "names"
    MARKERS = "markers"


class BadRows(StrEnum):
    """What happens to a file with an error in one row."""

    REJECT_FILE = "rejectFile"
    HOLD_ROWS = "holdRows"


@dataclass(frozen=True, slots=True)
class Expectation:
    """One Great Expectations check written in a contract: type, arguments, severity, words."""

    type: str
    kwargs: dict
    severity: str
    description: str


@dataclass(frozen=True, slots=True)
class Field:
    """One column. `name` is the snake-case field, `heading` what stands in a spreadsheet's first row."""

    name: str
    heading: str
    kind: Kind
    description: str = ""
    required: bool = False
    unique: bool = False
    in_key: bool = False
    synonyms: tuple[tuple[str, str], ...] = ()  # (heading, locale)
    allowed: tuple[str, ...] = ()  # stored spellings, in order
    spellings: dict[str, str] = field(default_factory=dict)  # other accepted spelling -> stored one
    pattern: str = ""
    minimum: str = ""  # inclusive bounds as plain decimals
    maximum: str = ""
    is_minimum_exclusive: bool = False  # rates and weights: above 0, not 0 itself
    scale: int = 0  # of MONEY
    examples: tuple[str, ...] = ()
    refers_to: tuple[str, str] | None = None  # (dataset, field)
    code_list: str = ""  # a file of include/reference that lists the allowed codes ("currencies")
    heading_prefix: str = ""  # of MARKERS: "Marker: "
    expectations: tuple[Expectation, ...] = ()


@dataclass(frozen=True, slots=True)
class Contract:
    """One dataset. `table` is its warehouse table; `slice` the fields that a re-drop replaces together.

    `office_from` names the field whose code's first part is the row's office ("" when there is a field
    `office` or when the dataset belongs to the whole organization). `rank` orders loads: what others refer
    to comes first. A part of `slice` may be the year of a date: `effective_date.year` (`domain.slices`).
    """

    dataset: str
    title: str
    purpose: str
    table: str
    fields: tuple[Field, ...]
    slice: tuple[str, ...]  # empty: the whole dataset is one slice
    bad_rows: BadRows
    version: str
    rank: int
    office_from: str = ""
    is_organization_wide: bool = False
    group: tuple[str, ...] = ()  # fields of a group of rows held together
    amount_fields: tuple[str, ...] = ()  # dollars that reconcile the file (budgets: planned + available)

    def field(self, name: str) -> Field:
        for candidate in self.fields:
            if candidate.name == name:
                return candidate
        raise KeyError(name)

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(f.name for f in self.fields if f.in_key)

    @property
    def may_key_span_slices(self) -> bool:
        """Whether one key could stand in two slices: its fields alone do not say to which slice a row belongs."""
        said = {*self.key, "office"} if self.office_from in self.key else set(self.key)
        return any(name.partition(".")[0] not in said for name in self.slice)
