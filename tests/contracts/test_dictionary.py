"""The data dictionary in docs/ is what the contracts say today."""

from __future__ import annotations

from pathlib import Path

from outcome_reporting.contracts.dictionary import write_data_dictionary
from outcome_reporting.contracts.load import load_contracts

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_up_to_date() -> None:
    written = write_data_dictionary(load_contracts(ROOT / "include" / "contracts"))
    page = ROOT / "docs" / "data-dictionary.md"
    assert page.read_text(encoding="utf-8") == written, (
        "docs/data-dictionary.md is older than the contracts; write it anew with: "
        "python -m outcome_reporting.contracts.dictionary include/contracts docs/data-dictionary.md"
    )


def test_every_heading_stands_in_it() -> None:
    contracts = load_contracts(ROOT / "include" / "contracts")
    page = write_data_dictionary(contracts)
    for contract in contracts.values():
        section = page.split(f'<a id="{contract.dataset}"></a>')[1].split('<a id="')[0]
        for field in contract.fields:
            assert f"| `{field.heading}` | `{field.name}` |" in section
