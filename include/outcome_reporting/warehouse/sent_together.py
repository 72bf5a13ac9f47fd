"""Statements that go to the server one behind the other, their answers read together at the end.

To wait for an answer costs a turn of the server, of this process and of whoever waits for either.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


@contextmanager
def sent_together(connection: Connection) -> Iterator[psycopg.Connection[Any]]:
    """What is executed inside waits for no answer, and what fails is told at the end as SQLAlchemy tells it.

    An answer can be read inside only of what the driver's connection, which is given, has executed: that is waited
    for. There can be no COPY. One block within another is part of it.
    """
    if not connection.in_transaction():
        connection.begin()  # what the driver executes by itself does not tell SQLAlchemy of it
    driver: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
    try:
        with driver.pipeline():
            yield driver
    except psycopg.Error as error:
        raise DBAPIError.instance(None, None, error, psycopg.Error, dialect=connection.dialect) from error
