"""The answer to a file: a receipt, or the person's own workbook back, each with a twin for machines."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outcome_reporting.domain.finding import Finding
from outcome_reporting.workbooks.answer import ControlTotal, Receipt, ReceiptLine, ReceiptPart, Verdict, counted_errors
from outcome_reporting.workflows.house import House
from outcome_reporting.workflows.loading import Loaded

if TYPE_CHECKING:
    from outcome_reporting.workflows.judging import Candidate


def digest_of(findings: Iterable[Finding]) -> str:
    """Two verdicts with the same findings have the same digest: no new answer is written."""
    lines = sorted(json.dumps(finding.as_dict(), sort_keys=True, ensure_ascii=False) for finding in findings)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def answer_identical(folder: Path, entry: dict) -> None:
    """The bytes are loaded already: a receipt that says so."""
    from outcome_reporting.workbooks.give_back import write_receipt

    when = datetime.now(UTC)
    receipt = Receipt(
        file_name=entry["file_name"],
        sha256=entry["sha256"],
        headline=f"{entry['file_name']} is identical to {entry['identical_to']}.",
        detail="Nothing was loaded and nothing has changed.",
        rows_in_file=0,
        rows_loaded=0,
        loaded_at=when,
    )
    write_receipt(receipt, _path(folder, entry["file_name"], when, "receipt", ".xlsx"))
    _write_twin(folder, entry, when, {"verdict": "identical", "identical_to": entry["identical_to"]})


def answer_loaded(house: House, folder: Path, entry: dict, candidate: Candidate, loaded: Loaded) -> None:
    """The receipt: what the file brought, what it replaced, the difference; a marked copy where rows are held."""
    from outcome_reporting.workbooks.give_back import write_receipt

    when = loaded.result.moment
    receipt = _receipt(house, entry, candidate, loaded)
    write_receipt(receipt, _path(folder, entry["file_name"], when, "receipt", ".xlsx"))
    if loaded.rows_held:
        verdict = _verdict(entry["file_name"], candidate, "held", entry["sha256"], when)
        _marked(folder, Path(entry["archived"]), candidate, verdict)
    _write_twin(
        folder,
        entry,
        when,
        {
            "verdict": "accepted",
            "rows_loaded": loaded.rows_loaded,
            "rows_held": loaded.rows_held,
            "loaded_usd": None if loaded.loaded_usd is None else str(loaded.loaded_usd),
            "findings": _as_dicts(candidate.findings),
        },
    )


def answer_rejected(house: House, folder: Path, entry: dict, candidate: Candidate) -> None:
    """The person's own workbook back, every bad cell marked; nothing of it was loaded."""
    when = datetime.now(UTC)
    verdict = _verdict(entry["file_name"], candidate, "rejected", entry["sha256"], when)
    _marked(folder, Path(entry["archived"]), candidate, verdict)
    _write_twin(folder, entry, when, {"verdict": "rejected", "findings": _as_dicts(candidate.findings)})


def write_marked(folder: Path, original: Path, file_name: str, candidate: Candidate) -> Path:
    """The marked workbook of a check, outside of the night."""
    state = "rejected" if candidate.is_rejected else "checked"
    return _marked(folder, original, candidate, _verdict(file_name, candidate, state, "", datetime.now(UTC)))


def as_json(candidate: Candidate, file_name: str) -> dict[str, Any]:
    """A verdict for machines: the same that the night would give."""
    return {
        "file": file_name,
        "verdict": "rejected" if candidate.is_rejected else "held" if any(candidate.held.values()) else "accepted",
        "rows": sum(table.row_count for table in candidate.tables),
        "datasets": candidate.datasets,
        "findings": _as_dicts(candidate.findings),
    }


def _as_dicts(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    return [finding.told() for finding in findings]


def _verdict(file_name: str, candidate: Candidate, state: str, sha256: str, when: datetime) -> Verdict:
    errors = counted_errors(candidate.findings)
    rows = sum(table.row_count for table in candidate.tables)
    held = sum(len(group.rows) for groups in candidate.held.values() for group in groups)
    headline = {
        "rejected": f"{file_name} was rejected. Nothing was loaded.",
        "held": f"{file_name} was loaded; {held} rows wait.",
        "checked": f"{file_name} would be loaded.",
    }[state]
    stays = "What was loaded before stays live." if state == "rejected" else ""
    todo = "Mend the coloured cells in this workbook and drop it again."
    return Verdict(
        file_name=file_name,
        state=state,
        headline=headline,
        detail=f"{errors} must be mended. {todo}" if errors else "",
        stays_live=stays,
        sheets=tuple(dict.fromkeys(table.sheet for table in candidate.tables)),
        rows_read=rows,
        rows_held=held,
        sha256=sha256,
        decided_at=when,
    )


def _marked(folder: Path, original: Path, candidate: Candidate, verdict: Verdict) -> Path:
    from outcome_reporting.workbooks.give_back import write_marked_workbook
    from outcome_reporting.workbooks.sniff import sniff

    out = _path(folder, verdict.file_name, verdict.decided_at or datetime.now(UTC), "what to fix", ".xlsx")
    kind = sniff(original.read_bytes()).kind
    write_marked_workbook(original, kind, tuple(candidate.findings), verdict, out)
    return out


def _receipt(house: House, entry: dict, candidate: Candidate, loaded: Loaded) -> Receipt:
    rows = sum(table.row_count for table in candidate.tables)
    waiting = f"{loaded.rows_held} wait" if loaded.rows_held else "none held"
    return Receipt(
        file_name=entry["file_name"],
        sha256=entry["sha256"],
        headline=f"{entry['file_name']} was loaded on {loaded.result.moment:%d %B %Y, %H:%M} UTC.",
        detail=f"{loaded.rows_loaded} of {rows} rows were loaded, {waiting}. It can be taken back in one step.",
        rows_in_file=rows,
        rows_loaded=loaded.rows_loaded,
        rows_held=loaded.rows_held,
        loaded_at=loaded.result.moment,
        parts=tuple(_part(house, part) for part in loaded.parts),
        control_totals=tuple(_control_totals(house, candidate)),
        findings=tuple(candidate.findings),
    )


def _part(house: House, part: dict[str, Any]) -> ReceiptPart:
    contract = house.contracts[part["dataset"]]
    lines = []
    for label in ("new", "changed", "removed", "unchanged"):
        before, after, amounts = part["lines"].get(label, (0, 0, []))
        lines.append(ReceiptLine(label.capitalize(), before, after, _cents(amounts)))
    total = ReceiptLine(
        "Total",
        sum(line.rows_before for line in lines),
        sum(line.rows_after for line in lines),
        tuple(
            (sum(pair[0] for pair in column), sum(pair[1] for pair in column))
            for column in zip(*(line.amounts for line in lines if line.amounts), strict=True)
        ),
    )
    replaces = (
        f"{part['replaced']} slices replaced, {part['same']} unchanged" if part["replaced"] else "nothing replaced"
    )
    return ReceiptPart(
        dataset=part["dataset"],
        title=contract.title,
        replaces=replaces,
        amount_names=tuple(contract.field(name).heading for name in part["amounts"]),
        lines=tuple(lines),
        total=total,
    )


def _cents(amounts: list) -> tuple[tuple[int, int], ...]:
    return tuple((int(before * 100), int(after * 100)) for before, after in amounts)


def _control_totals(house: House, candidate: Candidate) -> Iterable[ControlTotal]:
    import pyarrow.compute as pc

    for table in candidate.tables:
        contract = house.contracts[table.dataset]
        for row, name, value in table.totals:
            if name in table.data.column_names:
                field = contract.field(name)
                of_rows = pc.sum(table.data[name]).as_py() or 0
                yield ControlTotal(
                    table.sheet, f"{table.columns.get(name, '')}{row}", field.heading, value, of_rows, field.scale
                )


def _path(folder: Path, file_name: str, when: datetime, what: str, ending: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    stem = Path(file_name).stem
    return folder / f"{stem} {when:%Y-%m-%dT%H%M%S.%fZ} {what}{ending}"


def _write_twin(folder: Path, entry: dict, when: datetime, answer: dict[str, Any]) -> None:
    twin = _path(folder, entry["file_name"], when, "answer", ".json")
    named = {"file": entry["file_name"], "sha256": entry["sha256"], "source": entry["source"], "at": when.isoformat()}
    twin.write_text(_lines_of_json(named | answer))


def _lines_of_json(answer: dict[str, Any]) -> str:
    """One line for each entry, and for each of a list: indented deeper, JSON is written by Python and not by C."""
    lines = []
    for name, value in answer.items():
        if value and isinstance(value, list):
            written = "[\n  " + ",\n  ".join(json.dumps(one, ensure_ascii=False) for one in value) + "\n ]"
        else:
            written = json.dumps(value, ensure_ascii=False)
        lines.append(f" {json.dumps(name, ensure_ascii=False)}: {written}")
    return "{\n" + ",\n".join(lines) + "\n}\n"
