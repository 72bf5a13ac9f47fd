"""Cells that a builder has read before their figures were published: the pages are those that it makes without."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from outcome_reporting.warehouse.outcome_facts import Publication, publication_at
from outcome_reporting.warehouse.server import connect, warehouse_url
from outcome_reporting.workflows import builders, report_pages, reports
from outcome_reporting.workflows.pages_job import CellsJob, PagesJob
from outcome_reporting.workflows.report_pages import Builder

from .conftest import Night


@pytest.fixture
def publication(night: Night) -> Publication:
    with connect(night.settings).connect() as connection:
        last = publication_at(connection)
    assert last is not None
    return last


@pytest.fixture
def offices(night: Night) -> tuple[str, ...]:
    with connect(night.settings).connect() as connection:
        return tuple(sorted(reports._offices_of_lines(connection)))


def _files(folder: Path) -> dict[str, bytes]:
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert any(name.endswith(".xlsx") for name in found)
    return found


@pytest.fixture
def readings(monkeypatch) -> list[str]:
    """When cells are read, and for which end: `ahead` or `page`."""
    said: list[str] = []
    outcomes, core = report_pages.read_outcomes, report_pages.read_core_facts
    from outcome_reporting.warehouse import outcome_facts

    monkeypatch.setattr(outcome_facts, "read_core_facts", lambda *given: said.append("page") or core(*given))
    monkeypatch.setattr(report_pages, "read_core_facts", lambda *given: said.append("ahead") or core(*given))
    assert outcomes is outcome_facts.read_outcomes
    return said


def test_pages_over_cells_read_ahead_are_the_same(night, publication, offices, readings, tmp_path) -> None:
    here = replace(night.settings, warehouse_url=warehouse_url(night.settings))
    with Builder(here) as builder:
        job = PagesJob(publication, offices, tmp_path / "ahead")
        builder.read_ahead(CellsJob.of(job))
        ahead = builder.build(job)
        again = builder.build(replace(job, folder=tmp_path / "plain"))
    assert readings == ["ahead", "page"]
    assert ahead == again
    assert _files(tmp_path / "ahead") == _files(tmp_path / "plain")


def test_a_partner_who_is_withheld_meanwhile_is_not_named(night, publication, offices, readings, tmp_path) -> None:
    here = replace(night.settings, warehouse_url=warehouse_url(night.settings))
    job = PagesJob(publication, offices, tmp_path)
    with Builder(here) as builder, connect(night.settings).connect() as connection:
        withheld = {one for (one,) in connection.exec_driver_sql("select partner from report.withheld")}
        named = connection.exec_driver_sql(
            "select partner, partner_name from report.partner_line where kind = 'direct' and valid_to is null "
            "and partner not in (select partner from report.withheld) order by expense_cents desc limit 1"
        ).one()
        builder.read_ahead(CellsJob.of(job))
        connection.exec_driver_sql("insert into report.withheld (partner) values (%s)", (named.partner,))
        connection.commit()
        try:
            builder.build(job)
        finally:
            connection.exec_driver_sql("delete from report.withheld where partner = %s", (named.partner,))
            connection.commit()
        after = {one for (one,) in connection.exec_driver_sql("select partner from report.withheld")}
    assert readings == ["ahead", "page"]
    assert after == withheld
    pages = [content for name, content in _files(tmp_path).items() if name.endswith(".html")]
    assert pages and not any(named.partner_name.encode() in page for page in pages)


def test_builders_that_read_ahead_build_what_others_build(night, publication, offices, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(reports, "_OFFICES_A_JOB", 1)
    asked: list[object] = []
    ask = builders._Builder.ask
    monkeypatch.setattr(builders._Builder, "ask", lambda self, *given: asked.append(given[1]) or ask(self, *given))
    with reports.builders_ahead(len(offices)):
        reports.read_ahead(night.settings, publication.snapshot_at, publication.run_date, offices)
        ahead = reports.build_reports(night.settings, out=tmp_path / "ahead")
    assert any(isinstance(one, CellsJob) for one in asked)
    assert len({id(one) for one in asked if isinstance(one, PagesJob)}) == len(offices)
    plain = reports.build_reports(night.settings, out=tmp_path / "plain")
    assert ahead["files_written"] == plain["files_written"]
    assert _files(tmp_path / "ahead") == _files(tmp_path / "plain")


def test_builders_may_be_dismissed_while_they_read(night, publication, offices, capfd) -> None:
    with reports.builders_ahead(100):
        reports.read_ahead(night.settings, publication.snapshot_at, publication.run_date, offices * 3)
    assert capfd.readouterr() == ("", "")
