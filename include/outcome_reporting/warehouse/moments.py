"""The warehouse's clock: every load, undo and run happens at a moment of its own, each later than the last."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from outcome_reporting.domain.errors import UsageError
from outcome_reporting.warehouse.sent_together import sent_together

_CLOCK_LOCK = 7_301_002  # held shared by every load under way, alone by everybody else
_LOADS_LOCK = 7_301_003  # held by the one load that has its moment and is about to commit
_LAST = """
select greatest(
  (select max(loaded_at) from intake.load),
  (select max(undone_at) from intake.load),
  (select max(released_at) from intake.held_row),
  (select max(snapshot_at) from intake.run),
  (select max(published_at) from intake.run),
  (select max(published_at) from report.publication)
) as last
"""


def next_moment(connection: Connection, moment: datetime | None = None) -> datetime:
    """A moment after everything that has happened, held until the transaction ends (others wait for it).

    Taken from the database's clock, or one microsecond after the last moment where the clock stands behind.
    `moment` is for tests; UsageError when it is not later than the last.
    Whoever takes a moment writes it in the same transaction: intake.load (loaded_at, undone_at),
    intake.held_row (released_at) or intake.run (snapshot_at, published_at).
    """
    return _take(connection, _CLOCK_LOCK, moment)


def begin_load(connection: Connection) -> None:
    """Joins the loads that are under way: they write rows side by side, and nothing else happens among them.

    Its commit does not wait for the disk, for which the other loads would wait with it: nobody may be told of it
    before it is there (`until_on_disk`). A load writes to distributed tables first and to those that every node holds
    after them, which a distributed server allows only shard by shard; any other server keeps that setting as a word
    without a meaning.
    """
    connection.exec_driver_sql(
        f"select pg_advisory_xact_lock_shared({_CLOCK_LOCK}), "
        "set_config('synchronous_commit', 'off', true), "
        "set_config('citus.multi_shard_modify_mode', 'sequential', true)"
    )


def until_on_disk(connection: Connection) -> None:
    """Waits until whatever was committed before, by anybody, is as safe as the server is told to make it.

    The server's log is one: what waits for its last word, here a word of ours that means nothing, waits for all of it.
    """
    with connection.begin():
        connection.exec_driver_sql("select pg_logical_emit_message(true, 'outcomes', '')")


def next_load_moment(connection: Connection, moment: datetime | None = None) -> datetime:
    """The moment of a load that has begun (`begin_load`): loads commit one by one, in the order of their moments.

    Take it last, when the rows are written: the other loads wait for the end of the transaction.
    """
    return _take(connection, _LOADS_LOCK, moment)


def _take(connection: Connection, lock: int, moment: datetime | None) -> datetime:
    """Looks once the lock is held: another statement, as the last moment is that of whoever held it before."""
    with sent_together(connection) as driver:
        driver.execute(f"select pg_advisory_xact_lock({lock})")
        found = driver.execute(
            f"select last, greatest(clock_timestamp(), last + interval '1 microsecond') from ({_LAST}) as happened"
        )
        [(last, taken)] = found.fetchall()
    if moment is None:
        return taken
    if last is not None and moment <= last:
        raise UsageError(f"the moment {moment} is not later than the last one, {last}")
    return moment
