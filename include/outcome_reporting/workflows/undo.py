"""Taking one load back, and loading archived bytes again."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from outcome_reporting.domain.errors import Refused, UsageError
from outcome_reporting.settings import Settings
from outcome_reporting.warehouse.undo import LiveSlice, SliceChange, UndoResult, find_loaded, live_slices_of, undo
from outcome_reporting.workflows import intake
from outcome_reporting.workflows.house import open_house
from outcome_reporting.workflows.inbox import Dropped, archive_path
from outcome_reporting.workflows.replaying import replay_held

_SHOWN = 40


def undo_load(settings: Settings, sha256: str, only_look: bool = False) -> str:
    """Take back the load of a file in one transaction; what is live again, in words.

    Rows that waited and came back are judged again, for what they waited for may have come meanwhile.

    With `only_look` the same words, and nothing is changed. Raises Refused with the list while live rows need
    what the load brought, UsageError when there is no such load.
    """
    house = open_house(settings)
    with house.engine.connect() as connection, connection.begin() as transaction:
        result = undo(connection, house.contracts, sha256)
        replay_held(house, connection)
        if only_look:
            transaction.rollback()
    return _describe(result, only_look)


def _describe(result: UndoResult, only_look: bool) -> str:
    verb = "would be taken back" if only_look else "was taken back"
    lines = [f"{result.file_name} ({result.sha256[:12]}) {verb}: {len(result.changes)} slices change."]
    return _listed(lines, [_change(one) for one in result.changes])


def _listed(head: list[str], changes: list[str]) -> str:
    lines = [f"  {change}" for change in changes[:_SHOWN]]
    if len(changes) > _SHOWN:
        lines.append(f"  and {len(changes) - _SHOWN} more")
    return "\n".join([*head, *lines, "Reports follow with the next run."])


def _change(one: SliceChange) -> str:
    after = f"{one.after_rows:,} rows of {one.after_file} live again" if one.after_file else "nothing live"
    return f"{_place(one)}: {one.before_rows:,} rows of {one.before_file} → {after}"


def _live(one: LiveSlice) -> str:
    held = f" ({one.held_count:,} held)" if one.held_count else ""
    return f"{_place(one)}: {one.row_count:,} rows{held} live again"


def _place(one: SliceChange | LiveSlice) -> str:
    return " ".join(part for part in (one.dataset, one.office, one.slice_key.replace("|", " ")) if part)


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
    with house.engine.connect() as connection:
        changed = [one for one in live_slices_of(connection, loaded["sha256"]) if one.is_changed]
    lines = [f"{loaded['file_name']} was loaded again: {summary['rows']:,} rows, {len(changed)} slices change."]
    return _listed(lines, [_live(one) for one in changed])
