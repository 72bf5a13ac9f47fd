-- The tables of reconcile.sql that another connection may have summed, empty.

-- name: check_fact
create temp table check_fact (
    office text, output text, outcome text, fiscal_year smallint, fund_type text, measure text, cents numeric,
    unconverted bigint
) on commit drop

-- name: check_contribution
create temp table check_contribution (
    fiscal_year smallint, stage text, outcome text, cents numeric, unconverted bigint
) on commit drop
