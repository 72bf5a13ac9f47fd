"""The parts of the product, opened once: settings, contracts, reference data, warehouse."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from outcome_reporting.contracts.load import load_contracts, load_reference
from outcome_reporting.domain.contract import Contract
from outcome_reporting.domain.errors import SystemFault
from outcome_reporting.domain.reference import Reference
from outcome_reporting.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from outcome_reporting.workbooks.child import ReaderPool


class House:
    """Everything a workflow needs, each part opened when it is first asked for."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def contracts(self) -> dict[str, Contract]:
        return load_contracts(self.settings.contracts, self.settings.reference)

    @cached_property
    def reference(self) -> Reference:
        return load_reference(self.settings.reference)

    @cached_property
    def code_lists(self) -> Mapping[str, Sequence[str]]:
        """The code lists that contracts name, each as its codes; SDG codes and plan elements are judged in groups."""
        names = {field.code_list for contract in self.contracts.values() for field in contract.fields}
        return {
            name: tuple(self.reference.code_list(name))
            for name in names
            if name and name not in ("sdg", "plan_elements")
        }

    @cached_property
    def readers(self) -> ReaderPool:
        """The processes that read files: started with the first file or before it, and kept for the next call."""
        from outcome_reporting.workbooks.child import ReaderPool

        return ReaderPool(self.settings, self.contracts, self.reference)

    @cached_property
    def engine(self) -> Engine:
        from outcome_reporting.warehouse.server import connect as open_warehouse

        return open_warehouse(self.settings)


@lru_cache(maxsize=4)
def open_house(settings: Settings) -> House:
    """The house of these settings; one for each process, so that a warm process reads contracts once."""
    return House(settings)


def connect(settings: Settings) -> Engine:
    """An engine on the warehouse of these settings."""
    return open_house(settings).engine


def begin_starting_server(settings: Settings) -> None:
    """In a thread of its own: the embedded server takes a second to come up, in which other things can be done."""
    threading.Thread(target=_start_server, args=[settings], daemon=True).start()


def _start_server(settings: Settings) -> None:
    from outcome_reporting.warehouse.server import warehouse_url

    with suppress(SystemFault):  # whoever asks for the server next is told why it cannot be started
        warehouse_url(settings)


def migrate_warehouse(settings: Settings, roles: bool = False) -> str:
    """The schema to its newest version, and the code lists to what is shipped. Running it again changes nothing."""
    from outcome_reporting.warehouse.migrations import migrate
    from outcome_reporting.warehouse.reference import store_reference
    from outcome_reporting.warehouse.roles import create_roles

    house = open_house(settings)
    revision = migrate(house.engine)
    with house.engine.begin() as connection:
        store_reference(connection, house.reference)
    if roles:
        create_roles(house.engine)
    return f"The warehouse is at version {revision}." + (" The three roles exist." if roles else "")


def distribute_warehouse(settings: Settings, only_check: bool = False) -> list[str]:
    """What would not distribute; unless `only_check`, distributes where the Citus extension is present."""
    from outcome_reporting.warehouse.distribute import check_distribution, distribute

    engine = connect(settings)
    problems = check_distribution(engine)
    if not only_check and not problems:
        distribute(engine)
    return problems
