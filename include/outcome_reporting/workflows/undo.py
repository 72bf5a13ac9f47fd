"""Taking one load back, and loading archived bytes again."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from outcome_reporting.domain.errors import Refused, UsageError
from outcome_reporting.settings import Settings
from outcome_reporting.warehouse.undo import SliceChange, UndoResult, find_loaded, undo
from outcome_reporting.workflows import intake
from outcome_reporting.workflows.house import open_house
from outcome_reporting.workflows.inbox import Dropped, archive_path

_SHOWN = 40


def undo_load(settings: Settings, sha256: str, only_look: bool = False) -> str:
    """Take back the load of a file in one transaction; what is live again, in words.

    With `only_look` the same words, and nothing is changed. Raises Refused with the list while live rows need
    what the load brought, UsageError when there is no such load.
    """
    with open_house(settings).engine.connect() as connection, connection.begin() as transaction:
        result = undo(connection, sha256)
        if only_look:
            transaction.rollback()
    return _describe(result, only_look)


def _describe(result: UndoResult, only_look: bool) -> str:
    verb = "would be taken back" if only_look else "was taken back"
    lines = [f"{result.file_name} ({result.sha256[:12]}) {verb}: {len(result.changes)} slices change."]
    lines += [f"  {_change(one)}" for one in result.changes[:_SHOWN]]
    if len(result.changes) > _SHOWN:
        lines.append(f"  and {len(result.changes) - _SHOWN} more")
    return "\n".join([*lines, "Reports follow with the next run."])


def _change(one: SliceChange) -> str:
    place = " ".join(part for part in (one.dataset, one.office, one.slice_key.replace("|", " ")) if part)
    after = f"{one.after_rows:,} rows of {one.after_file} live again" if one.after_file else "nothing live"
    return f"{place}: {one.before_rows:,} rows of {one.before_file} → {after}"


def redo_load(settings: Settings, sha256: str, only_look: bool = False) -> str:
    """Load the archived bytes again, judged as any drop is, as a new load on top of what is live."""
    house = open_house(settings)
    with house.engine.connect() as connection:
        loaded = find_loaded(connection, sha256)
    archived = archive_path(settings, loaded["sha256"])
    if not archived.exists():
        raise UsageError(f"{loaded['file_name']} is not in the archive")
    if only_look:
        return f"{loaded['file_name']} ({loaded['sha256'][:12]}) would be loaded again."
    dropped = Dropped(
        sha256=loaded["sha256"],
        file_name=loaded["file_name"],
        source=loaded["source"],
        path=str(Path(archived)),
        archived=str(archived),
        owner=loaded["owner"],
        byte_count=archived.stat().st_size,
        dropped_at=loaded["dropped_at"].isoformat(),
    )
    run_id = intake.begin_night(settings)
    entry = asdict(dropped) | {"file_id": str(loaded["file_id"]), "cause": "redo"}
    intake.note_night(settings, run_id, [entry])
    intake.read_files(settings, run_id, [entry["file_id"]])
    accepted = intake.judge_files(settings, run_id)
    intake.load_files(settings, run_id, accepted)
    intake.answer_files(settings, run_id)
    summary = intake.close_night(settings, run_id)
    if summary["rejected"]:
        raise Refused(f"{loaded['file_name']} was not loaded again", summary["findings"])
    return f"{loaded['file_name']} was loaded again: {summary['rows']:,} rows. Reports follow with the next run."
