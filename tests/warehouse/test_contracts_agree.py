"""A contract's fields are the columns of its table, of the types that the loader writes."""

from __future__ import annotations

import pytest
from sqlalchemy import Date, Integer, Numeric, Text
from sqlalchemy.dialects.postgresql import JSONB

from outcome_reporting.domain.contract import Kind
from outcome_reporting.warehouse.copying import core_table
from outcome_reporting.warehouse.tables import metadata

from .books import CONTRACTS

_PROVENANCE = {"slice_id", "table_no", "row_no"}
_TYPES = {
    Kind.INTEGER: Integer,
    Kind.MONEY: Numeric,
    Kind.DECIMAL: Numeric,
    Kind.DATE: Date,
    Kind.MARKERS: JSONB,
}


def test_every_table_of_core_that_holds_rows_has_a_contract():
    rows = {t.fullname for t in metadata.tables.values() if t.schema == "core" and "row_no" in t.c}
    assert rows == {core_table(contract) for contract in CONTRACTS.values()}


@pytest.mark.parametrize("dataset", CONTRACTS)
def test_fields_are_columns(dataset):
    contract = CONTRACTS[dataset]
    table = metadata.tables[core_table(contract)]
    derived = {"spellings"} if dataset == "partners" else set()
    derived |= {"office"} if contract.office_from else set()
    assert {field.name for field in contract.fields} == set(table.c.keys()) - _PROVENANCE - derived
    assert ("office" in table.primary_key.columns) is not contract.is_organization_wide
    for field in contract.fields:
        column = table.c[field.name]
        assert isinstance(column.type, _TYPES.get(field.kind, Text)), field.name
        assert column.nullable or field.required, field.name
        if field.kind is Kind.MONEY:
            assert column.type.scale == field.scale, field.name
