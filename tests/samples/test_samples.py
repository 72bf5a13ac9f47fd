"""The sample workbooks: repeatable, true to the published figures, and listed where they are bad."""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
import sys
import unicodedata
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

SAMPLES = Path(__file__).resolve().parents[2] / "include" / "samples"
CONTRACTS = SAMPLES.parent / "contracts"


def make(out: Path, *options: str) -> Path:
    command = [sys.executable, str(SAMPLES / "make_samples.py"), "--out", str(out), *options]
    subprocess.run(command, check=True, capture_output=True)
    return out / "inbox"


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("good"))


@pytest.fixture(scope="module")
def bad_inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("bad"), "--bad")


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def rows_of(path: Path, heading: str) -> list[dict[str, object]]:
    """Rows of every sheet that has `heading`, up to the totals; keyed by the headings as written."""
    rows: list[dict[str, object]] = []
    for sheet in openpyxl.load_workbook(path, data_only=True):
        headings: list[object] | None = None
        for values in sheet.iter_rows(values_only=True):
            if headings is None:
                headings = list(values) if heading in values else None
            elif values[0] and not str(values[0]).startswith(("Total", "Grand", "Subtotal", "Итого")):
                rows.append(dict(zip(headings, values, strict=True)))
    return rows


def cents(value: object) -> int:
    return int((Decimal(str(value)) * 100).to_integral_exact())


def figures(name: str) -> list[dict[str, str]]:
    with (SAMPLES / "figures" / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_the_same_bytes_come_out_every_time(inbox: Path, tmp_path: Path) -> None:
    assert digests(inbox) == digests(make(tmp_path))
    assert len(digests(inbox)) >= 40


def test_bad_workbooks_come_only_when_asked_for(inbox: Path, bad_inbox: Path) -> None:
    good, both = digests(inbox), digests(bad_inbox)
    assert {name: both[name] for name in good} == good
    expected = json.loads((SAMPLES / "bad" / "expected.json").read_text(encoding="utf-8"))
    assert {f"{entry['source']}/{entry['file']}" for entry in expected} == set(both) - set(good)
    assert len(expected) >= 12


def test_the_list_of_bad_workbooks_is_up_to_date() -> None:
    code = "import json, bad_workbooks as b; print(json.dumps(b.expected_answers()))"
    done = subprocess.run([sys.executable, "-c", code], cwd=SAMPLES, check=True, capture_output=True, text=True)
    assert json.loads(done.stdout) == json.loads((SAMPLES / "bad" / "expected.json").read_text("utf-8"))


def test_every_rule_that_is_expected_exists() -> None:
    from outcome_reporting.domain.rules import RULES as rules

    expected = json.loads((SAMPLES / "bad" / "expected.json").read_text(encoding="utf-8"))
    assert not [rule for entry in expected for rule in entry["rules"] if rule not in rules]


def test_published_revenue_is_kept_to_the_cent(inbox: Path) -> None:
    types = {row["Fund"]: row["Fund type"] for row in rows_of(inbox / "finance" / "Funds.xlsx", "Fund type")}
    found: dict[tuple[str, str, int], int] = defaultdict(int)
    for path in sorted((inbox / "donors").glob("Contributions *.xlsx")):
        for row in rows_of(path, "Agreement"):
            if row["Stage"] == "revenue":
                key = (str(row["Partner"]), str(types[row["Fund"]]), int(str(row["Fiscal year"])))
                found[key] += cents(row["Amount (USD)"])
    published = {
        (row["partner"], row["fund_type"], year): cents(Decimal(row[str(year)]))
        for row in figures("revenue_by_donor.csv")
        for year in range(2018, 2025)
        if row[str(year)]
    }
    assert len(published) == 892
    assert published["SWE", "core", 2023] == -758_710_300
    invented = {key for key in found if key[0].startswith("ANON-")}
    assert {key: value for key, value in found.items() if key not in invented} == published


def test_the_joint_work_plan_is_found_again_in_its_outputs(inbox: Path) -> None:
    budgets: dict[tuple[str, int, str], dict[str, tuple[int, int]]] = defaultdict(dict)
    for row in rows_of(inbox / "finance" / "KGZ budgets.xlsx", "Version"):
        key = (str(row["Output"]), int(str(row["Fiscal year"])), str(row["Fund"]))
        money = (cents(row["Planned (USD)"]), cents(row["Available (USD)"]))
        budgets[key][str(row["Version"])] = money
    rates = sorted(
        (str(row["Currency"]), row["Effective date"], Decimal(repr(row["Rate per USD"])))
        for row in rows_of(inbox / "finance" / "Exchange rates 2017-2026.xlsx", "Rate per USD")
    )
    spent: dict[str, int] = defaultdict(int)
    for year in (2023, 2024, 2025):
        for row in rows_of(inbox / "finance" / f"KGZ expenses {year}.xlsx", "Transaction"):
            usd = row["Amount (USD)"]
            if usd is None:
                in_force = [
                    rate for currency, day, rate in rates if currency == row["Currency"] and day <= row["Posting date"]
                ]
                local = Decimal(repr(row["Amount"])) * 100 / in_force[-1]
                spent[str(row["Output"])] += int(local.quantize(Decimal(1), "ROUND_HALF_UP"))
            else:
                spent[str(row["Output"])] += cents(usd)
    for plan in figures("kgz_joint_work_plan.csv"):
        parts = plan["code"].split(".")
        code = f"KGZ_D_{'.'.join(parts)}"
        counted = [
            versions.get("revised", versions.get("original", (0, 0)))
            for (output, year, _), versions in budgets.items()
            if output == code and year >= 2023
        ]
        assert sum(planned for planned, _ in counted) == int(plan["planned_usd"]) * 100, code
        assert sum(available for _, available in counted) == int(plan["available_usd"]) * 100, code
        assert spent[code] == int(plan["spent_usd"]) * 100, code


def test_the_samples_are_as_many_and_as_various_as_promised(inbox: Path) -> None:
    assert len(figures("offices.csv")) >= 3
    assert len(figures("outcomes.csv")) >= 12
    assert len(figures("outputs.csv")) >= 40
    lines = [row for path in (inbox / "finance").glob("KGZ expenses *.xlsx") for row in rows_of(path, "Transaction")]
    assert any(cents(row["Amount"]) < 0 for row in lines)
    assert any(row["Currency"] == "KGS" and row["Amount (USD)"] is None for row in lines)
    assert any(row["Currency"] == "KGS" and row["Amount (USD)"] is not None for row in lines)
    assert {"ANON-A", "ANON-B", "SPOTLIGHT", None, "SWE"} <= {row["Partner"] for row in lines}


def test_every_heading_is_known_to_a_contract(inbox: Path) -> None:
    yaml = pytest.importorskip("yaml")
    known: set[str] = set()
    for path in CONTRACTS.glob("*.odcs.yaml"):
        for table in yaml.safe_load(path.read_text(encoding="utf-8"))["schema"]:
            for column in table["properties"]:
                known.add(fold(column["businessName"]))
                known.update(fold(entry["synonym"]) for entry in column.get("synonyms", []))
    for path in sorted(inbox.rglob("*.xlsx")):
        for sheet in openpyxl.load_workbook(path, read_only=True):
            rows = [[str(v) for v in row if v] for row in sheet.iter_rows(max_row=6, values_only=True)]
            wide = [row for row in rows if len(row) >= 4]
            if wide:
                unknown = [h for h in wide[0] if fold(h) not in known and not h.startswith("Marker: ")]
                assert not unknown, (path.name, sheet.title, unknown)


def fold(heading: str) -> str:
    return unicodedata.normalize("NFKC", heading).casefold()
