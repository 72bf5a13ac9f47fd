"""The contracts are whole, obey the standard, and no heading can be taken for two columns."""

from __future__ import annotations

import json
import re
import time
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
import yaml
from open_data_contract_standard.model import OpenDataContractStandard

from outcome_reporting.contracts import load
from outcome_reporting.contracts.load import ContractError, load_contracts
from outcome_reporting.domain.contract import BadRows, Contract, Kind
from outcome_reporting.domain.headings import normalise_heading

INCLUDE = Path(__file__).resolve().parents[2] / "include"
FOLDER = INCLUDE / "contracts"
CONTRACTS = load_contracts(FOLDER)

# Dataset: headings, in order (people's spreadsheets rely on them); `!` marks those that are needed.
HEADINGS = {
    "offices": "Office!, Name!, Kind!, Country, Region",
    "outcomes": "Office!, Plan period!, Outcome!, Title!, Description, UN system function",
    "outputs": "Plan period!, Outcome!, Output!, Title!, Description",
    "funds": "Fund!, Name!, Fund type!, Financing instrument",
    "partners": "Partner!, Name!, Contributor type!, Country, Aliases, Withhold until, Withhold reason",
    "exchange_rates": "Currency!, Effective date!, Rate per USD!, Source!",
    "budgets": "Output!, Fiscal year!, Fund!, Version!, Planned (USD)!, Available (USD)!",
    "expenses": "Transaction!, Posting date!, Fiscal year!, Period!, Office!, Output!, Fund!, Partner, "
    "Account, Description, Currency!, Amount!, Amount (USD)",
    "contributions": "Agreement!, Partner!, Fund!, Stage!, Date!, Fiscal year!, Currency!, Amount!, "
    "Amount (USD), Outcome",
    "sdg_weights": "Output!, Fiscal year!, SDG!, Weight (%)",
    "plan_links": "Outcome!, Fiscal year!, Framework!, Element!, Weight (%)",
    "results": "Outcome!, Output, Indicator!, Indicator title!, Measure!, Fiscal year!, Baseline, Milestone, "
    "Target, Result, Comment",
    "progress_notes": "Outcome!, Fiscal year!, Language!, Title!, Note!, Author!, Status!",
}
KEYS = {
    "offices": {"office"},
    "outcomes": {"outcome", "plan_period"},
    "outputs": {"output", "plan_period"},
    "funds": {"fund"},
    "partners": {"partner"},
    "exchange_rates": {"currency", "effective_date"},
    "budgets": {"output", "fiscal_year", "fund", "version"},
    "expenses": {"transaction"},
    "contributions": {"agreement", "stage", "date", "fund", "outcome"},
    "sdg_weights": {"output", "fiscal_year", "sdg"},
    "plan_links": {"outcome", "fiscal_year", "framework", "element"},
    "results": {"indicator", "fiscal_year", "outcome", "output"},
    "progress_notes": {"outcome", "fiscal_year", "language"},
}
SLICES = {
    "offices": (),
    "outcomes": ("office", "plan_period"),
    "outputs": ("office", "plan_period"),
    "funds": (),
    "partners": (),
    "exchange_rates": ("currency", "effective_date.year"),
    "budgets": ("office", "fiscal_year"),
    "expenses": ("office", "fiscal_year", "period"),
    "contributions": ("partner", "fiscal_year"),
    "sdg_weights": ("output", "fiscal_year"),
    "plan_links": ("outcome", "fiscal_year"),
    "results": ("outcome", "fiscal_year"),
    "progress_notes": ("outcome", "fiscal_year"),
}
LOCALES = {"en", "fr", "es", "ru"}
each_contract = pytest.mark.parametrize("contract", CONTRACTS.values(), ids=list(CONTRACTS))


def columns(contract: Contract) -> list:
    return [field for field in contract.fields if field.kind is not Kind.MARKERS]


def test_the_datasets_are_there_in_the_order_of_loading() -> None:
    assert list(CONTRACTS) == list(HEADINGS)


@each_contract
def test_it_validates_against_the_standard(contract: Contract) -> None:
    text = (FOLDER / f"{contract.dataset}.odcs.yaml").read_text(encoding="utf-8")
    schema = json.loads(files("open_data_contract_standard").joinpath("schema.json").read_bytes())
    jsonschema.Draft201909Validator(schema).validate(yaml.safe_load(text))
    model = OpenDataContractStandard.from_string(text)
    assert (model.apiVersion, model.id) == ("v3.2.0", contract.dataset)


@each_contract
def test_headings_keys_and_slices_are_the_agreed_ones(contract: Contract) -> None:
    shown = ", ".join(field.heading + "!" * field.required for field in columns(contract))
    assert shown == HEADINGS[contract.dataset]
    assert set(contract.key) == KEYS[contract.dataset]
    assert contract.slice == SLICES[contract.dataset]


@each_contract
def test_field_names_are_the_headings_in_snake_case(contract: Contract) -> None:
    for field in columns(contract):
        words = field.heading.replace("(%)", "percent").lower()
        assert field.name == "_".join(re.findall(r"[a-z0-9]+", words))


@each_contract
def test_every_column_is_explained_in_four_languages(contract: Contract) -> None:
    assert contract.purpose.endswith(".")
    for field in contract.fields:
        assert field.description.endswith("."), field.name
        assert field.examples, field.name
        assert {locale for _, locale in field.synonyms} == LOCALES, field.name


@each_contract
def test_no_heading_stands_for_two_columns(contract: Contract) -> None:
    owners: dict[str, set[str]] = {}
    for field in contract.fields:
        for heading in (field.heading, field.name, *(text for text, _ in field.synonyms)):
            assert normalise_heading(heading), heading
            owners.setdefault(normalise_heading(heading), set()).add(field.name)
    assert not {heading: names for heading, names in owners.items() if len(names) > 1}


@each_contract
def test_examples_obey_their_own_column(contract: Contract) -> None:
    for field in columns(contract):
        for example in field.examples:
            if field.pattern:
                assert re.search(field.pattern, example), (field.name, example)
            if field.allowed:
                assert example in field.allowed, (field.name, example)


@each_contract
def test_references_lead_to_a_key_that_exists(contract: Contract) -> None:
    for field in contract.fields:
        if field.refers_to:
            dataset, name = field.refers_to
            assert name in CONTRACTS[dataset].key
            assert CONTRACTS[dataset].rank < contract.rank


def test_bad_groups_are_held_only_where_that_is_agreed() -> None:
    holding = {c.dataset: c.group for c in CONTRACTS.values() if c.bad_rows is BadRows.HOLD_ROWS}
    assert holding == {
        "sdg_weights": ("output", "fiscal_year"),
        "plan_links": ("outcome", "fiscal_year", "framework"),
    }


def test_money_and_offices() -> None:
    expenses = CONTRACTS["expenses"]
    assert (expenses.field("amount").scale, expenses.field("amount_usd").scale) == (4, 2)
    assert {c.dataset: c.amount_fields for c in CONTRACTS.values() if c.amount_fields} == {
        "budgets": ("planned_usd", "available_usd"),
        "expenses": ("amount_usd",),
        "contributions": ("amount_usd",),
    }
    whole = {c.dataset for c in CONTRACTS.values() if c.is_organization_wide}
    assert whole == {"offices", "funds", "partners", "exchange_rates", "contributions"}
    for contract in CONTRACTS.values():
        has_office = any(field.name == "office" for field in contract.fields)
        assert contract.is_organization_wide or has_office != bool(contract.office_from)


@pytest.mark.parametrize(
    ("dataset", "name", "written", "stored"),
    [
        ("offices", "kind", "multi-country", "MCO"),
        ("offices", "country", "KG", "KGZ"),
        ("results", "measure", "2", "percentage"),
        ("partners", "contributor_type", "Government", "C01"),
        ("progress_notes", "language", "French", "fr"),
    ],
)
def test_other_spellings_lead_to_the_stored_one(dataset: str, name: str, written: str, stored: str) -> None:
    assert CONTRACTS[dataset].field(name).spellings[written] == stored


def test_rates_and_weights_are_exact_and_above_zero() -> None:
    for dataset, name in (
        ("exchange_rates", "rate_per_usd"),
        ("sdg_weights", "weight_percent"),
        ("plan_links", "weight_percent"),
    ):
        field = CONTRACTS[dataset].field(name)
        assert (field.kind, field.minimum, field.is_minimum_exclusive) == (Kind.DECIMAL, "0", True)


def test_loading_is_light() -> None:
    load._contracts.cache_clear()
    load._reference.cache_clear()
    start = time.process_time()
    load_contracts(FOLDER)
    assert time.process_time() - start < 0.5  # 0.06 s on a quiet machine


def test_a_new_dataset_needs_a_contract_and_nothing_else(tmp_path: Path) -> None:
    text = (FOLDER / "funds.odcs.yaml").read_text(encoding="utf-8").replace("id: funds", "id: grants", 1)
    (tmp_path / "grants.odcs.yaml").write_text(text, encoding="utf-8")
    grants = load_contracts(tmp_path, INCLUDE / "reference")["grants"]
    assert grants.field("financing_instrument").allowed[0] == "R01"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("synonym: Fund name,", "synonym: Instrument,", "stands for name and financing_instrument"),
        ("property: slice, value: []", "property: slice, value: [colour]", "names colour"),
        ("id: funds", "id: fund", "its id must be funds"),
    ],
)
def test_a_contract_that_does_not_fit_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = (FOLDER / "funds.odcs.yaml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "funds.odcs.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ContractError, match=said):
        load_contracts(tmp_path, INCLUDE / "reference")


def test_a_changed_contract_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "funds.odcs.yaml"
    text = (FOLDER / "funds.odcs.yaml").read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    assert load_contracts(tmp_path, INCLUDE / "reference")["funds"].version == "1.0.0"
    path.write_text(text.replace("version: 1.0.0", "version: 1.10.0"), encoding="utf-8")
    assert load_contracts(tmp_path, INCLUDE / "reference")["funds"].version == "1.10.0"
