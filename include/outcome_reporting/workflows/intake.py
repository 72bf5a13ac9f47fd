"""From a drop folder to an answer: notice, read, judge, load, answer, close.

Each step takes and returns references (a run, file ids), so that it can be a task of its own; what lies between
two steps stands in `staging/<run>/`. Every step may be run again: bytes are archived under their hash, a reading
is written over itself, a file that is loaded already is not loaded twice.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import shutil
import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from outcome_reporting.checks.catalogue import DIMENSIONS
from outcome_reporting.domain.finding import Severity
from outcome_reporting.settings import Settings
from outcome_reporting.warehouse import tables
from outcome_reporting.warehouse.files import SeenFile, record_files
from outcome_reporting.workbooks.child import in_turn, size_of_job
from outcome_reporting.workflows import answering, loading
from outcome_reporting.workflows.ahead import Ahead
from outcome_reporting.workflows.clock import Clock
from outcome_reporting.workflows.house import House, open_house
from outcome_reporting.workflows.inbox import Dropped, archive_path, keep_all
from outcome_reporting.workflows.reading_ahead import ReadingAhead, read_job
from outcome_reporting.workflows.run_folder import begin_night, reading_folder, run_folder
from outcome_reporting.workflows.verdicts import forget_verdicts, load_verdicts, store_verdicts
from outcome_reporting.workflows.warming import warming_up

if TYPE_CHECKING:
    from collections.abc import Callable

    from outcome_reporting.workflows.judging import Candidate


def notice_files(settings: Settings, run_id: str, begun: ReadingAhead | None = None) -> list[str]:
    """Archive what lies in the drop folders; the ids of the files that must be read.

    A file that is loaded already, whole and live, is answered as identical and leaves the folder. A rejected
    one is looked at again only when something has been loaded, undone or dropped since its verdict. What was
    `begun` has been archived already.
    """
    house = open_house(settings)
    dropped = begun.dropped if begun else keep_all(settings)
    night = []
    seen: dict[str, str] = {}
    noted: list[SeenFile] = []
    with house.engine.begin() as connection:
        changed_at = loading.last_change(connection)
        known = {
            row.sha256: row
            for row in connection.execute(
                select(tables.file).where(tables.file.c.sha256.in_([one.sha256 for one in dropped]))
            )
        }
        is_new_about = any(one.sha256 not in known for one in dropped)
        for one in dropped:
            file = known.get(one.sha256)
            entry = one.as_dict() | {"seen_before_at": None}
            if one.sha256 in seen:
                entry |= {
                    "file_id": seen[one.sha256],
                    "state": "identical",
                    "identical_to": "another file of this run",
                }
            elif file is not None and (loaded := loading.live_load_of(connection, file.file_id)):
                entry |= {"file_id": str(file.file_id), "state": "identical", "identical_to": loaded}
            else:
                judged_at = file.verdict_at if file is not None and file.verdict == "rejected" else None
                is_stale = judged_at and not is_new_about and (changed_at is None or changed_at <= judged_at)
                is_told = file is not None and is_stale and (file.file_name, file.source) == (one.file_name, one.source)
                if not is_told:
                    noted.append(_seen_file(one, file))
                entry |= {
                    "file_id": str(file.file_id if file else one.file_id),
                    "state": "waiting" if is_stale else "read",
                }
                if judged_at:
                    entry["seen_before_at"] = judged_at.isoformat()
            seen.setdefault(one.sha256, entry["file_id"])
            night.append(entry)
        record_files(connection, noted, uuid.UUID(run_id))
    note_night(settings, run_id, night)
    return [entry["file_id"] for entry in night if entry["state"] == "read"]


def note_night(settings: Settings, run_id: str, entries: Sequence[dict]) -> None:
    """Leave the list of a night's files for the next steps; an entry without a state is to be read."""
    night = [{"state": "read", "seen_before_at": None, "cause": "load"} | entry for entry in entries]
    if any(entry["state"] != "waiting" for entry in night):
        run = {"run_id": run_id, "kind": "intake", "started_at": datetime.now(UTC)}
        with open_house(settings).engine.begin() as connection:
            connection.execute(upsert(tables.run).values(run).on_conflict_do_nothing())
    (run_folder(settings, run_id) / "night.json").write_text(json.dumps(night, indent=1, ensure_ascii=False))


def _seen_file(one: Dropped, file: Row[Any] | None) -> SeenFile:
    """This content under the name that it has now; an older verdict stays."""
    return SeenFile(
        one.sha256,
        one.file_name,
        one.source,
        one.owner,
        one.byte_count,
        datetime.fromisoformat(one.dropped_at),
        file.verdict_at if file else datetime.now(UTC),
        file.verdict if file else "noticed",
        file.verdict_digest if file else "",
        one.file_id,
    )


def check_ahead(settings: Settings, run_id: str) -> Ahead:
    """For who reads and judges in one process: given to both, most files are checked while the last are read."""
    return Ahead(open_house(settings), lambda file_ids: _candidates(settings, run_id, file_ids))


def read_files(
    settings: Settings,
    run_id: str,
    file_ids: Sequence[str],
    on_file: Callable[[str], None] | None = None,
    ahead: Ahead | None = None,
    clock: Clock | None = None,
    begun: ReadingAhead | None = None,
) -> list[str]:
    """Read these files in limited child processes; each reading is left in the run's folder.

    What was `begun` is waited for, not read again. `clock` is told of each stage how long the readers, all together,
    were at it.
    """
    from outcome_reporting.workflows.sources import load_sources

    house = open_house(settings)
    sources = load_sources(settings)
    entries = [entry for entry in _night(settings, run_id) if entry["file_id"] in set(file_ids)]
    jobs = [
        read_job(
            settings, run_id, entry["file_id"], entry["file_name"], entry["archived"], sources.get(entry["source"])
        )
        for entry in entries
        if entry["state"] == "read"
    ]
    if not jobs:
        return []
    before = begun.seconds_before if begun else house.readers.seconds.copy()
    with warming_up(jobs, ahead):
        for job in begun.read(jobs) if begun else house.readers.read_into_folders(in_turn(jobs, size_of_job)):
            if ahead:
                ahead.take(job.job_id)
            if on_file:
                on_file(job.file_name)
    if clock:
        clock.add({f"readers: {stage}": all_ - before[stage] for stage, all_ in house.readers.seconds.items()})
    return [job.job_id for job in jobs]


def judge_files(settings: Settings, run_id: str, ahead: Ahead | None = None) -> list[str]:
    """The verdict on every file that was read, all together; ids of the accepted ones in the order of loading."""
    from outcome_reporting.workflows.judging import judge

    house = open_house(settings)
    found, alone = ahead.hand_over() if ahead else ({}, None)
    file_ids = [entry["file_id"] for entry in _night(settings, run_id) if entry["state"] == "read"]
    found |= {one.file_id: one for one in _candidates(settings, run_id, set(file_ids) - found.keys())}
    candidates = [found[file_id] for file_id in file_ids if file_id in found]
    with house.engine.connect() as connection:
        judge(house, connection, candidates, alone)
    store_verdicts(run_folder(settings, run_id), candidates)
    return [c.file_id for c in loading.in_load_order([c for c in candidates if not c.is_rejected])]


def _candidates(settings: Settings, run_id: str, file_ids: Collection[str]) -> list[Candidate]:
    """Those of these files that have been read, in the order of the night."""
    from outcome_reporting.workbooks.reading import load_reading
    from outcome_reporting.workflows.judging import Candidate

    candidates = []
    for entry in _night(settings, run_id):
        folder = reading_folder(settings, run_id, entry["file_id"])
        if entry["file_id"] not in file_ids or entry["state"] != "read" or not folder.exists():
            continue
        reading = load_reading(folder)
        candidates.append(
            Candidate(
                file_id=entry["file_id"],
                file_name=entry["file_name"],
                dropped_at=datetime.fromisoformat(entry["dropped_at"]),
                tables=list(reading.tables),
                findings=list(reading.findings),
                seen_before_at=entry["seen_before_at"] and datetime.fromisoformat(entry["seen_before_at"]),
            )
        )
    return candidates


def load_files(
    settings: Settings, run_id: str, file_ids: Sequence[str], on_file: Callable[[str], None] | None = None
) -> list[int]:
    """Load these accepted files, one transaction each; the fiscal years that their rows speak of."""
    from outcome_reporting.workflows.loaders import load_side_by_side

    house = open_house(settings)
    verdicts = {candidate.file_id: candidate for candidate in _verdicts(settings, run_id)}
    entries = {entry["file_id"]: entry for entry in _night(settings, run_id) if entry["state"] == "read"}
    done = run_folder(settings, run_id) / "loads"
    years = {year for file_id in file_ids for year in loading.years_of(verdicts[file_id])}
    # where this step is run again, what was loaded before it stopped is not loaded twice
    missing = [verdicts[file_id] for file_id in file_ids if not (done / f"{file_id}.pickle").exists()]
    for candidate, loaded in load_side_by_side(house, run_id, entries, missing):
        _write_pickle(done / f"{candidate.file_id}.pickle", loaded)
        if on_file:
            on_file(candidate.file_name)
    if any(set(verdicts[file_id].datasets) & set(DIMENSIONS) for file_id in file_ids):
        from outcome_reporting.workflows.replaying import replay_held

        with house.engine.begin() as connection:
            years |= replay_held(house, connection)
    return sorted(years)


def answer_files(settings: Settings, run_id: str) -> None:
    """An answer for every file of the night; a rejected one is told again only when its verdict has changed."""
    house = open_house(settings)
    verdicts = {candidate.file_id: candidate for candidate in _verdicts(settings, run_id)}
    for entry in _night(settings, run_id):
        folder = settings.folder("answers") / entry["source"]
        candidate = verdicts.get(entry["file_id"]) if entry["state"] == "read" else None
        loaded_path = run_folder(settings, run_id) / "loads" / f"{entry['file_id']}.pickle"
        loaded = pickle.loads(loaded_path.read_bytes()) if candidate and loaded_path.exists() else None
        if entry["state"] == "identical":
            answering.answer_identical(folder, entry)
            _take_away(entry)
        elif candidate is not None and loaded is not None:
            answering.answer_loaded(house, folder, entry, candidate, loaded)
            _take_away(entry)
        elif candidate is not None and candidate.is_rejected:
            _answer_rejected(house, run_id, folder, entry, candidate)


def _take_away(entry: dict) -> None:
    """An accepted file leaves the drop folder; its bytes are in the archive. One changed since then stays."""
    path = Path(entry["path"])
    if entry["path"] == entry["archived"] or not path.exists():
        return
    if hashlib.sha256(path.read_bytes()).hexdigest() == entry["sha256"]:
        path.unlink()


def _answer_rejected(house: House, run_id: str, folder: Path, entry: dict, candidate: Candidate) -> None:
    digest = answering.digest_of(candidate.findings)
    with house.engine.begin() as connection:
        file = connection.execute(
            select(tables.file.c.verdict, tables.file.c.verdict_digest).where(tables.file.c.file_id == entry["file_id"])
        ).one()
        if file.verdict != "rejected" or file.verdict_digest != digest:
            answering.answer_rejected(house, folder, entry, candidate)
        loading.store_verdict(connection, run_id, candidate, "rejected", digest)


def close_night(settings: Settings, run_id: str) -> dict[str, Any]:
    """End the run: its summary, stored and returned; the folder of its steps is removed."""
    house = open_house(settings)
    verdicts = {candidate.file_id: candidate for candidate in _verdicts(settings, run_id)}
    night = _night(settings, run_id)
    read = [entry for entry in night if entry["state"] == "read"]
    rejected = [e for e in night if e["state"] == "waiting" or (e in read and verdicts[e["file_id"]].is_rejected)]
    accepted = [verdicts[entry["file_id"]] for entry in read if not verdicts[entry["file_id"]].is_rejected]
    loads = [
        pickle.loads((run_folder(settings, run_id) / "loads" / f"{candidate.file_id}.pickle").read_bytes())
        for candidate in accepted
    ]
    summary = {
        "run_id": run_id,
        "accepted": len(loads),
        "rejected": len(rejected),
        "rejected_files": sorted(entry["file_name"] for entry in rejected),
        "identical": sum(entry["state"] == "identical" for entry in night),
        "rows": sum(loaded.rows_loaded for loaded in loads),
        "held": sum(loaded.rows_held for loaded in loads),
        "usd": str(sum((loaded.loaded_usd or 0 for loaded in loads), start=0)),
        "findings": [line for entry in rejected for line in _told(verdicts.get(entry["file_id"]), entry)],
        "is_bad": bool(rejected),
        "years": sorted({year for candidate in accepted for year in loading.years_of(candidate)}),
    }
    with house.engine.begin() as connection:
        connection.execute(
            update(tables.run)
            .where(tables.run.c.run_id == run_id)
            .values(finished_at=datetime.now(UTC), summary=summary)
        )
    forget_verdicts()
    shutil.rmtree(run_folder(settings, run_id), ignore_errors=True)
    return summary


def _told(candidate: Candidate | None, entry: dict) -> Iterable[str]:
    """One line for each error: addresses and rules, never the value of a cell."""
    if candidate is None:
        return [f"{entry['file_name']}: still rejected, nothing has changed since its answer"]
    return [
        " ".join(part for part in (finding.file_name, finding.sheet, finding.place) if part) + f": {finding.rule}"
        for finding in candidate.findings
        if finding.is_error
    ]


def check_files(settings: Settings, paths: Sequence[Path], out: Path | None = None) -> list[dict[str, Any]]:
    """The night's answer for these files, changing nothing: neither warehouse nor archive nor folders."""
    from outcome_reporting.workbooks.child import ReadJob

    house = open_house(settings)
    jobs = [ReadJob(str(number), path, path.name) for number, path in enumerate(paths)]
    house.readers.start(len(jobs))  # they come up while judging is imported

    with warming_up(jobs):
        readings = dict(house.readers.read_many(jobs))
    from outcome_reporting.workflows.judging import Candidate, judge

    candidates = [
        Candidate(
            job.job_id,
            job.file_name,
            datetime.now(UTC),
            list(readings[job.job_id].tables),
            list(readings[job.job_id].findings),
        )
        for job in jobs
    ]
    with house.engine.connect() as connection:
        judge(house, connection, candidates)
    answers = []
    for path, candidate in zip(paths, candidates, strict=True):
        answers.append(answering.as_json(candidate, path.name))
        # A workbook in which nothing is to be marked comes back as no copy of itself.
        if out is not None and any(finding.severity is not Severity.NOTE for finding in candidate.findings):
            answering.write_marked(out, path, path.name, candidate)
    return answers


def _night(settings: Settings, run_id: str) -> list[dict]:
    return json.loads((run_folder(settings, run_id) / "night.json").read_text())


def _verdicts(settings: Settings, run_id: str) -> list[Candidate]:
    return load_verdicts(run_folder(settings, run_id))


def _write_pickle(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(value))


__all__ = [
    "answer_files",
    "archive_path",
    "begin_night",
    "check_ahead",
    "check_files",
    "close_night",
    "judge_files",
    "load_files",
    "note_night",
    "notice_files",
    "read_files",
]
