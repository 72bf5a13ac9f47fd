"""A storm of drops, corrections, undos and redos over the real warehouse, and everything that must hold after it.

`STORM_STEPS=50 STORM_SEED=7` makes a longer one of another seed.
"""

from __future__ import annotations

import html
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random

import openpyxl
import pytest
from explanations import Explainer
from slices_alone import published_by_slices
from storm import (
    MONEY_VIEWS,
    Night,
    Storm,
    all_rows,
    as_oracle,
    masked,
    put_into_inbox,
    query,
    read_pages,
    run_intake,
)
from storm_files import read_cell
from tests.history.conftest import a_home

from outcome_reporting.workflows import allocation, reports
from outcome_reporting.workflows.house import migrate_warehouse

STEPS = int(os.environ.get("STORM_STEPS", "6"))
SEED = int(os.environ.get("STORM_SEED", "1"))
OUTCOME_PAGE = re.compile(r"[A-Z]{3}/\d{4}-\d{4}/[^/]+/\d{4}/index\.html")


@pytest.fixture(scope="module")
def storm() -> Iterator[Storm]:
    """The storm, with a night after every third or fourth step; each night is compared with the oracle."""
    with a_home() as settings:
        storm = Storm(settings, SEED)
        storm.begin()
        storm.night()
        until = 3
        for _ in range(STEPS):
            storm.step()
            until -= 1
            if not until:
                storm.night()
                until = storm.dice.rng.choice((3, 4))
        storm.night()
        print(*storm.said, sep="\n")
        yield storm


def test_the_views_equal_those_of_the_files_with_a_live_slice_dropped_once(storm: Storm) -> None:
    files = storm.history.files_with_a_live_slice()
    with a_home() as settings:
        migrate_warehouse(settings)
        for number, file in enumerate(files):
            put_into_inbox(settings, replace(file, name=f"{number:03d} {file.name}"), 1_700_000_000 + 60 * number)
        summary = run_intake(settings)
        assert summary["accepted"] == len(files), summary["findings"]
        allocation.restate(settings)
        once = all_rows(settings)
    for view, rows in storm.nights[-1].views.items():
        if view != "reconciliation":  # it speaks of every file that was ever accepted
            assert once[view] == rows, view


def test_every_view_as_of_each_night_shows_what_that_night_showed(storm: Storm) -> None:
    today = storm.nights[-1].withheld
    for night in storm.nights:
        for view, rows in all_rows(storm.settings, night.at).items():
            assert rows == masked(view, night.views[view], today), (view, night.at)


def test_the_slices_alone_give_what_each_night_published(storm: Storm) -> None:
    for night in storm.nights:
        ((snapshot_at,),) = query(
            storm.settings, "select snapshot_at from report.publication where published_at = :at", at=night.at
        )
        for view, rows in published_by_slices(storm.settings, snapshot_at, night.run_date).items():
            assert rows == {as_oracle(view, row) for row in night.views[view]} - {None}, (view, night.at)


def test_a_report_of_a_past_night_says_what_that_night_said(storm: Storm, tmp_path: Path) -> None:
    today = storm.nights[-1].withheld
    for number, night in enumerate(Random(SEED).sample(storm.nights, min(3, len(storm.nights)))):
        out = tmp_path / str(number)
        reports.build_reports(storm.settings, as_of=night.at, out=out)
        then, now = _outcome_pages(night.pages), _outcome_pages(read_pages(out))
        assert set(then) == set(now)
        assert any(figures for figures in now.values())
        for page, figures in then.items():
            assert _masked_figures(figures, set()) and now[page]
            assert dict(now[page]) == _masked_figures(figures, today), (page, night.at)


def _outcome_pages(pages: dict[str, list[tuple[str, str]]]) -> dict[str, list[tuple[str, str]]]:
    return {page: figures for page, figures in pages.items() if OUTCOME_PAGE.fullmatch(page)}


def _masked_figures(figures: list[tuple[str, str]], withheld: set[str]) -> dict[str, str]:
    """Figures of partners who are withheld today summed into the withheld line of their place."""
    sums: dict[str, Decimal] = {}
    exact = dict(figures)
    assert set(exact.items()) == set(figures), "one figure has two values on a page"
    for figure, value in exact.items():
        partner = re.search(r":partner:([^:]+):", figure)
        if partner and partner[1] in (*withheld, "(withheld)"):
            place = figure.replace(partner[1], "(withheld)")
            sums[place] = sums.get(place, Decimal(0)) + Decimal(value)
            exact = {one: text for one, text in exact.items() if one != figure}
    return exact | {figure: f"{amount:.2f}" for figure, amount in sums.items()}


def test_figures_of_the_pages_are_found_in_the_cells_of_the_dropped_files(storm: Storm) -> None:
    """200 amounts drawn from the pages: cells opened, the arithmetic done again, share by share."""
    figures = {
        html.unescape(figure): value
        for path in storm.site.rglob("*.html")
        for figure, value, unit in _figures_with_units(path.read_text(encoding="utf-8"))
        if unit == "USD" and "partner:(other)" not in figure
    }
    chosen = Random(SEED).sample(sorted(figures.items()), min(200, len(figures)))
    assert len(chosen) > 100
    assert _unexplained(storm, chosen) == []


def _figures_with_units(text: str) -> Iterator[tuple[str, str, str]]:
    for tag in re.findall(r'<[^<>]*data-figure="[^<>]*>', text):
        given = dict(re.findall(r'data-(figure|value|unit)="([^"]*)"', tag))
        yield given["figure"], given["value"], given["unit"]


def test_figures_of_the_workbooks_are_found_in_the_cells_of_the_dropped_files(storm: Storm) -> None:
    """50 amounts drawn from the sheets *Sources*, each first found in the cell that the sheet names."""
    rng = Random(SEED)
    rows = []
    for path in rng.sample(sorted(storm.site.rglob("*.xlsx")), min(5, len(list(storm.site.rglob("*.xlsx"))))):
        book = openpyxl.load_workbook(path, data_only=True)
        for figure, sheet, cell, value, unit in book["Sources"].iter_rows(min_row=2, max_col=5, values_only=True):
            if unit == "USD" and "partner:(other)" not in figure:
                assert round(book[sheet][cell].value * 100) == round(value * 100), (path.name, figure)
                rows.append((figure, f"{Decimal(repr(value)):.2f}" if isinstance(value, float) else f"{value}.00"))
    chosen = rng.sample(sorted(set(rows)), min(50, len(set(rows))))
    assert len(chosen) == 50
    assert _unexplained(storm, chosen) == []


def _unexplained(storm: Storm, figures: list[tuple[str, str]]) -> list[tuple]:
    """Figures whose explanation differs from the cells, the arithmetic or the figure."""
    explainer = Explainer(storm.history, storm.today)
    files = {}
    for key in explainer.live:
        file = storm.history.origin(key, explainer.live).file
        files[file.name, key] = file
    by_name: dict[str, list] = {}
    for (name, _), file in files.items():
        by_name.setdefault(name, []).append(file)
    wrong: list[tuple] = []
    for figure, value in figures:
        told = [_told(row) for row in query(
            storm.settings, "select file_name, sheet, row, \"column\", amount, currency, rate, rate_date, "
            "weight_percent, share_usd from report.explain(:figure)", figure=figure)]  # fmt: skip
        wanted = [_told((*row[:9], Decimal(row[9]).scaleb(-2))) for row in explainer.rows(figure)]
        if sorted(told, key=repr) != sorted(wanted, key=repr):
            wrong.append((figure, value, set(told) ^ set(wanted)))
        elif sum((row[9] for row in told), Decimal(0)) != Decimal(value):
            wrong.append((figure, value, sum(row[9] for row in told)))
        for name, sheet, row_no, letter, amount, *_ in told:
            if not any(_stands(file, sheet, row_no, letter, amount) for file in by_name.get(name, [])):
                wrong.append((figure, name, sheet, row_no, letter, amount))
    return wrong


def _stands(file, sheet: str, row_no: int, letter: str, amount: Decimal) -> bool:
    try:
        return read_cell(file, sheet, row_no, letter) == amount
    except (KeyError, IndexError, ArithmeticError, TypeError):  # a file of that name without such a cell
        return False


def _told(row: tuple) -> tuple:
    """Numbers without the zeros that say nothing."""
    return tuple(value.normalize() + 0 if isinstance(value, Decimal) else value for value in row)


def test_nights_are_many_and_the_storm_did_all_kinds_of_things(storm: Storm) -> None:
    assert len(storm.nights) >= STEPS // 5 and isinstance(storm.nights[0], Night)
    assert set(storm.nights[-1].views) >= set(MONEY_VIEWS)
    if STEPS >= 50:
        kinds = {line.split(": ")[1] for line in storm.said}
        assert {"undo", "redo", "same bytes", "dimension", "ledger", "weights that wait"} <= kinds
