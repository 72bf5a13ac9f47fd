"""A small world by hand: one office, two outputs, four funds; each test drops what it is about."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, insert
from tests.allocation.drops import Drops, day, partner

from outcome_reporting.allocation import Restatement, restate
from outcome_reporting.warehouse.tables import metadata

OUTCOME, OUTPUT, OTHER_OUTPUT = "KGZ_D_1", "KGZ_D_1.1", "KGZ_D_1.2"
PERIOD = "2018-2022"


class House:
    """The drops of one test, and its nights: night n reads what was dropped before day n."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.drops = Drops(connection)
        connection.exec_driver_sql("delete from core.plan_element")
        connection.exec_driver_sql("delete from core.framework")
        self.drop("outcomes", f"KGZ|{PERIOD}", [{"plan_period": PERIOD, "outcome": OUTCOME, "title": "t"}])
        outputs = [
            {"plan_period": PERIOD, "outcome": OUTCOME, "output": code, "title": "t"} for code in (OUTPUT, OTHER_OUTPUT)
        ]
        self.drop("outputs", f"KGZ|{PERIOD}", outputs)
        types = {"CORE": "core", "IB": "institutional", "XB": "non-core", "XC": "non-core"}
        funds = [{"fund": fund, "name": fund, "fund_type": kind} for fund, kind in types.items()]
        self.drop("funds", "", funds)
        self.partners()

    def partners(self, at: int = 0, **withheld_until: date) -> uuid.UUID:
        rows = [
            partner(code, aliases=[f"{code} aid"], withhold_until=withheld_until.get(code))
            for code in ("SWE", "NOR", "GAVI")
        ]
        return self.drop("partners", "", rows, at=at)

    def drop(self, dataset: str, key: str, rows: list[dict[str, Any]], at: float = 0, **more: Any) -> uuid.UUID:
        office = "KGZ" if dataset not in ("funds", "partners", "exchange_rates", "contributions") else ""
        return self.drops.drop(dataset, key, rows, day(at), office, **more)

    def expense(self, usd: str, at: float = 0, year: int = 2020, period: int = 1, **more: Any) -> uuid.UUID:
        """One line that is a whole slice."""
        return self.drop("expenses", f"KGZ|{year}|{period}", [expense_row(usd, year, period, **more)], at=at)

    def budgets(self, *rows: tuple[str, str, str], year: int = 2020, at: float = 0) -> uuid.UUID:
        """(version, planned, available) rows of the first output on XB."""
        written = [
            {
                "output": OUTPUT,
                "fiscal_year": year,
                "fund": "XB",
                "version": version,
                "planned_usd": Decimal(planned),
                "available_usd": Decimal(available),
            }
            for version, planned, available in rows
        ]
        return self.drop("budgets", f"KGZ|{year}", written, at=at)

    def weights(
        self, year: int = 2020, at: float = 0, held: bool = False, output: str = OUTPUT, **weights: str | None
    ) -> uuid.UUID:
        """`t5_2="50"` is 50 % for 5.2; held, the rows wait."""
        rows = [
            {
                "output": output,
                "fiscal_year": year,
                "sdg": name[1:].replace("_", "."),
                "weight_percent": None if weight is None else Decimal(weight),
            }
            for name, weight in weights.items()
        ]
        waiting = [{name: str(value) for name, value in row.items()} for row in rows] if held else []
        key = f"{output}|{year}"
        return self.drop("sdg_weights", key, [] if held else rows, at=at, held=waiting)

    def links(
        self, *links: tuple[str, str, str | None], year: int = 2020, at: float = 0, held: tuple = ()
    ) -> uuid.UUID:
        """(framework, element, weight) of the outcome."""

        def row(framework: str, element: str, weight: str | None) -> dict[str, Any]:
            return {
                "outcome": OUTCOME,
                "fiscal_year": year,
                "framework": framework,
                "element": element,
                "weight_percent": None if weight is None else Decimal(weight),
            }

        waiting = [{name: str(value) for name, value in row(*link).items()} for link in held]
        return self.drop("plan_links", f"{OUTCOME}|{year}", [row(*link) for link in links], at=at, held=waiting)

    def contribution(self, key: str, rows: list[dict[str, Any]], at: float = 0, year: int = 2020) -> uuid.UUID:
        """Contributions of one partner and year; `key` is the partner."""
        full = [
            {
                "agreement": f"A{n}",
                "partner": key,
                "fund": "XB",
                "stage": "revenue",
                "date": date(year, 3, 1),
                "fiscal_year": year,
                "currency": "USD",
                "amount": row.get("amount_usd"),
                "outcome": None,
            }
            | row
            for n, row in enumerate(rows)
        ]
        return self.drop("contributions", f"{key}|{year}", full, at=at)

    def rate(self, currency: str, on: date, rate: str, at: float = 0) -> uuid.UUID:
        row = {"currency": currency, "effective_date": on, "rate_per_usd": Decimal(rate), "source": "UN"}
        return self.drop("exchange_rates", f"{currency}|{on.year}", [row], at=at)

    def framework(self, name: str, first: int, last: int, **elements: str) -> None:
        """`E1="impact area"`: the elements by code."""
        tables = metadata.tables
        years = {"framework": name, "first_year": first, "last_year": last}
        self.connection.execute(insert(tables["core.framework"]), [years])
        rows = [{"framework": name, "kind": kind, "element": code, "name": code} for code, kind in elements.items()]
        if rows:
            self.connection.execute(insert(tables["core.plan_element"]), rows)

    def night(
        self,
        number: int = 1,
        *,
        years: list[int] | None = None,
        offices: list[str] | None = None,
        run_date: date = date(2025, 6, 1),
        impute: bool = False,
    ) -> Restatement:
        return restate(
            self.connection,
            snapshot_at=day(number),
            published_at=day(number),
            run_id=uuid.uuid4(),
            run_date=run_date,
            fiscal_years=years,
            offices=offices,
            impute=impute,
        )

    def rows(self, table: str, *columns: str) -> list[tuple]:
        """Current rows, ordered."""
        listed = ", ".join(columns)
        query = f"select {listed} from report.{table} where valid_to is null order by {listed}"
        return [tuple(row) for row in self.connection.exec_driver_sql(query)]

    def sdg(self, measure: str = "expense_cents") -> dict[str, int]:
        """Cents by SDG code over everything published."""
        query = f"select sdg, sum({measure}) from report.sdg_line where valid_to is null group by sdg"
        return {code: int(cents) for code, cents in self.connection.exec_driver_sql(query) if cents}

    def methods(self, year: int) -> set[str]:
        query = "select distinct method from report.sdg_line where valid_to is null and fiscal_year = %s"
        return set(self.connection.exec_driver_sql(query, (year,)).scalars())


def expense_row(usd: str | None, year: int = 2020, period: int = 1, **more: Any) -> dict[str, Any]:
    row = {
        "transaction": uuid.uuid4().hex,
        "posting_date": date(year, period, 15),
        "fiscal_year": year,
        "period": period,
        "output": OUTPUT,
        "fund": "XB",
        "partner": "SWE",
        "currency": "USD",
        "amount": Decimal(usd or 0),
        "amount_usd": None if usd is None else Decimal(usd),
    }
    return row | more
