"""Contracts and reference data, read from YAML and CSV into the plain forms of the domain.

What the Open Data Contract Standard can say is read from its own fields; a custom property says only what
it cannot. Both loaders answer from memory while the files are unchanged.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from outcome_reporting.domain.contract import BadRows, Contract, Expectation, Field, Kind
from outcome_reporting.domain.headings import normalise_heading
from outcome_reporting.domain.reference import (
    Country,
    Currency,
    Framework,
    Goal,
    PlanElement,
    Reference,
    Target,
)

__all__ = ["ContractError", "load_contracts", "load_reference", "normalise_heading"]

_SUFFIX = ".odcs.yaml"
_MONEY_TYPE = re.compile(r"numeric\(\d+,\s*(\d+)\)")


class ContractError(ValueError):
    """A contract or a reference file is written wrongly: ours to mend, never a user's."""


def load_contracts(folder: Path, reference: Path | None = None) -> dict[str, Contract]:
    """Contracts by dataset, in the order of loading (rank).

    `reference` (default: the folder `reference` beside `folder`) holds the code lists: a choice whose
    contract names a code list gets the list's codes as `allowed`, and their names as further spellings.
    Raises ContractError, naming file and field, for what does not fit together.
    """
    lists = reference or folder.parent / "reference"
    return dict(_contracts(folder, lists, _stamp(folder, _SUFFIX), _stamp(lists, ".csv")))


def load_reference(folder: Path) -> Reference:
    """Every code list of `include/reference`. Raises ContractError when a file is missing or torn."""
    return _reference(folder, _stamp(folder, ".csv"))


def _stamp(folder: Path, suffix: str) -> tuple[tuple[str, int, int], ...]:
    """Name, size and time of each file: what a cached reading stands for."""
    files = sorted(p for p in folder.iterdir() if p.name.endswith(suffix)) if folder.is_dir() else []
    return tuple((p.name, p.stat().st_size, p.stat().st_mtime_ns) for p in files)


@lru_cache(maxsize=8)
def _contracts(folder: Path, lists: Path, stamp: tuple, lists_stamp: tuple) -> dict[str, Contract]:
    documents = [_document(folder / name) for name, _, _ in stamp]
    if not documents:
        raise ContractError(f"No contract (*{_SUFFIX}) stands in {folder}")
    datasets = {d["schema"][0]["name"]: d["id"] for d in documents}
    reference = load_reference(lists) if lists_stamp else None
    contracts = [_contract(d, datasets, reference) for d in documents]
    return {c.dataset: c for c in sorted(contracts, key=lambda c: (c.rank, c.dataset))}


def _document(path: Path) -> dict[str, Any]:
    import yaml  # builders of reports and short questions want the reference data alone

    with path.open("rb") as stream:
        document = yaml.load(stream, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    if not isinstance(document, dict) or document.get("id") != path.name.removesuffix(_SUFFIX):
        raise ContractError(f"{path.name}: its id must be {path.name.removesuffix(_SUFFIX)}")
    if len(document.get("schema") or ()) != 1:
        raise ContractError(f"{path.name}: a contract describes exactly one table")
    return document


def _custom(element: Mapping[str, Any]) -> dict[str, Any]:
    return {p["property"]: p["value"] for p in element.get("customProperties") or ()}


def _contract(document: Mapping[str, Any], datasets: Mapping[str, str], reference: Reference | None) -> Contract:
    dataset, table = document["id"], document["schema"][0]
    custom = _custom(table)
    fields = []
    for element in table["properties"]:
        try:
            fields.append(_field(element, datasets, reference))
        except (KeyError, ValueError) as fault:
            raise ContractError(f"{dataset}, field {element.get('name')}: {fault}") from fault
    contract = Contract(
        dataset=dataset,
        title=table.get("businessName") or document.get("name") or dataset,
        purpose=(document.get("description") or {}).get("purpose", ""),
        table=table.get("physicalName") or f"core.{table['name']}",
        fields=tuple(fields),
        slice=tuple(custom.get("slice") or ()),
        bad_rows=BadRows(custom.get("badRows", BadRows.REJECT_FILE)),
        version=str(document["version"]),
        rank=int(custom.get("rank", 1000)),
        office_from=custom.get("officeFrom", ""),
        is_organization_wide=bool(custom.get("organizationWide", False)),
        group=tuple(custom.get("group") or ()),
        amount_fields=tuple(custom.get("amountFields") or ()),
    )
    _prove_consistent(contract)
    return contract


def _prove_consistent(contract: Contract) -> None:
    """Fields that the contract names exist, and no heading stands for two of them."""
    names = {f.name for f in contract.fields}
    named = {part.partition(".")[0] for part in contract.slice} - {"office"}
    named |= {*contract.group, *contract.amount_fields, *filter(None, [contract.office_from])}
    if unknown := sorted(named - names):
        raise ContractError(f"{contract.dataset}: names {', '.join(unknown)}, which it has no field for")
    owner: dict[str, str] = {}
    for field in contract.fields:
        for heading in (field.heading, field.name, *(text for text, _ in field.synonyms)):
            other = owner.setdefault(normalise_heading(heading), field.name)
            if other != field.name:
                raise ContractError(f"{contract.dataset}: '{heading}' stands for {other} and {field.name}")


def _field(element: Mapping[str, Any], datasets: Mapping[str, str], reference: Reference | None) -> Field:
    custom, options = _custom(element), element.get("logicalTypeOptions") or {}
    kind = _kind(element, custom)
    code_list = custom.get("codeList", "")
    allowed, spellings = _choices(element)
    if kind is Kind.CHOICE and code_list and reference:
        allowed, spellings = _listed(code_list, reference)
    exclusive = "exclusiveMinimum" in options
    money = _MONEY_TYPE.fullmatch(element.get("physicalType") or "")
    return Field(
        name=element["name"],
        heading=element["businessName"],
        kind=kind,
        description=element.get("description", ""),
        required=bool(element.get("required", False)),
        unique=bool(element.get("unique", False)),
        in_key=bool(element.get("primaryKey", False)),
        synonyms=tuple((s["synonym"], s.get("locale", "en")) for s in element.get("synonyms") or ()),
        allowed=allowed,
        spellings=spellings | custom.get("spellings", {}),
        pattern=options.get("pattern", ""),
        minimum=_bound(options.get("exclusiveMinimum", options.get("minimum"))),
        maximum=_bound(options.get("maximum")),
        is_minimum_exclusive=exclusive,
        scale=int(money.group(1)) if money and kind is Kind.MONEY else 0,
        examples=tuple(str(example) for example in element.get("examples") or ()),
        refers_to=_reference_to(element, datasets),
        code_list=code_list,
        heading_prefix=custom.get("headingPrefix", ""),
        expectations=tuple(_expectations(element.get("quality") or ())),
    )


def _kind(element: Mapping[str, Any], custom: Mapping[str, Any]) -> Kind:
    """How a cell is read, from what the standard says about it; `kind` overrules."""
    if "kind" in custom:
        return Kind(custom["kind"])
    logical = element["logicalType"]
    if logical == "number":
        return Kind.MONEY if _MONEY_TYPE.fullmatch(element.get("physicalType") or "") else Kind.DECIMAL
    if logical != "string":
        return {"integer": Kind.INTEGER, "date": Kind.DATE, "array": Kind.NAMES, "map": Kind.MARKERS}[logical]
    if element.get("enum") or "codeList" in custom:
        return Kind.CHOICE
    is_code = (element.get("logicalTypeOptions") or {}).get("pattern") or element.get("relationships")
    return Kind.CODE if is_code or element.get("primaryKey") else Kind.TEXT


def _choices(element: Mapping[str, Any]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Allowed values and their other spellings: the label, and the custom property `spellings`."""
    allowed, spellings = [], {}
    for entry in element.get("enum") or ():
        value = str(entry["value"])
        allowed.append(value)
        for other in (entry.get("label"), *_custom(entry).get("spellings", ())):
            if other and str(other) != value:
                spellings[str(other)] = value
    return tuple(allowed), spellings


def _listed(code_list: str, reference: Reference) -> tuple[tuple[str, ...], dict[str, str]]:
    codes = reference.code_list(code_list)
    spellings = {}
    if code_list != "currencies":  # a currency's name is too often another's ("Dollar", "Franc")
        spellings = {name: code for code, name in codes.items() if name not in codes}
    if code_list == "countries":
        spellings |= {c.iso2: c.code for c in reference.countries.values()}
    return tuple(codes), spellings


def _bound(value: Any) -> str:
    return "" if value is None else str(value)


def _reference_to(element: Mapping[str, Any], datasets: Mapping[str, str]) -> tuple[str, str] | None:
    for relationship in element.get("relationships") or ():
        table, _, name = relationship["to"].rpartition(".")
        if table not in datasets:
            raise ContractError(f"refers to {table}, which no contract describes")
        return datasets[table], name
    return None


def _expectations(quality: Iterable[Mapping[str, Any]]) -> Iterable[Expectation]:
    for check in quality:
        if check.get("engine") == "greatExpectations":
            implementation = check["implementation"]
            yield Expectation(
                type=implementation["type"],
                kwargs=dict(implementation.get("kwargs") or {}),
                severity=check.get("severity", "error"),
                description=check.get("description", ""),
            )


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return list(csv.DictReader(stream, strict=True))
    except OSError as fault:
        raise ContractError(f"Reference file {path.name} cannot be read: {fault.strerror}") from fault


@lru_cache(maxsize=8)
def _reference(folder: Path, stamp: tuple) -> Reference:
    def names(file_name: str) -> dict[str, str]:
        return {row["code"]: row["name"] for row in _rows(folder / file_name)}

    def keyed(file_name: str, make: Any) -> dict[Any, Any]:
        return {item.code: item for item in (make(row) for row in _rows(folder / file_name))}

    try:
        elements = [PlanElement(**row) for row in _rows(folder / "plan_elements.csv")]
        return Reference(
            goals=keyed("sdg_goals.csv", lambda r: Goal(r["goal"], r["title"], r["colour"], r["text_colour"])),
            targets=keyed("sdg_targets.csv", lambda r: Target(r["code"], r["goal"], r["title"])),
            currencies=keyed("currencies.csv", lambda r: Currency(r["code"], r["name"], int(r["decimals"]))),
            countries=keyed("countries.csv", lambda r: Country(r["iso3"], r["iso2"], r["name"])),
            languages=names("languages.csv"),
            contributor_types=names("contributor_types.csv"),
            financing_instruments=names("financing_instruments.csv"),
            frameworks=keyed(
                "frameworks.csv",
                lambda r: Framework(r["framework"], int(r["first_year"]), int(r["last_year"])),
            ),
            plan_elements={(e.framework, e.code): e for e in elements},
        )
    except (KeyError, TypeError, ValueError) as fault:
        if isinstance(fault, ContractError):
            raise
        raise ContractError(f"A reference file of {folder} lacks a column or a number: {fault}") from fault
