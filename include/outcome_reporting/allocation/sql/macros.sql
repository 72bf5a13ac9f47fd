-- Pieces that other statements take in by name, written there as a comment: /* piece(arguments) */.

-- name: in_scope(row)
-- The offices and years of this restatement; null stands for all.
(%(offices)s::text[] is null or {row}.office = any(%(offices)s::text[]))
and (%(years)s::smallint[] is null or {row}.fiscal_year = any(%(years)s::smallint[]))

-- name: cents(amount, rate)
-- Local units to cents: divided exactly, rounded once, half away from zero. div() cuts an exact quotient.
(sign({amount}) * div(200 * abs({amount}) + {rate}, 2 * {rate}))::bigint

-- name: natural_key(code)
-- Runs of digits compare as numbers and stand before letters (`natural_key` of the domain).
select array(
    select case when piece[1] ~ '^[0-9]' then '0' || lpad(piece[1], 30, '0') else '1' || piece[1] end
    from regexp_matches({code}, '[0-9]+|[^0-9]+', 'g') as piece
) as key

-- name: largest_remainder()
-- The split itself in SQL, for the few amounts of partners and plan elements and for weights of very many decimals
-- (`split.py` splits the many): from `part` (job_no, whole, times, rest, weight, total, place and what names the
-- piece) to `piece` (the same and cents).
--
-- A job is an amount: cents = sign * (quotient * total + rest). The quotient is divided without remainder (`whole` is
-- sign * quotient), the rest by largest remainder; `times` is the sign. Ties: larger remainder, then `place`, which
-- has larger weights first, then natural code order. All in numeric: exact for weights of any number of decimals.
floored as (
    select
        part.*,
        ((rest * weight - mod(rest * weight, total)) / total) as low,
        mod(rest * weight, total) as remainder
    from part
),
ranked as (
    select
        floored.*,
        row_number() over by_claim as rank,
        (rest - sum(low) over by_claim)::bigint as leftover
    from floored
    window by_claim as (
        partition by job_no order by remainder desc, place
        rows between unbounded preceding and unbounded following
    )
),
piece as (
    select
        ranked.*, (whole * weight + times * (low + case when rank <= leftover then 1 else 0 end))::bigint as cents
    from ranked
)

-- name: encode(part)
-- A part of a figure id: percent sign, colon, slash and space are percent-encoded.
replace(replace(replace(replace({part}, '%%', '%%25'), ':', '%%3A'), '/', '%%2F'), ' ', '%%20')

-- name: number()
-- A whole text that is a number, thousands by comma or not; a percent sign may follow.
'^([+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?)\s*%%?$'

-- name: rate(part, whole)
-- A part of a whole in percent with one decimal, half away from zero, as text; '' where there is nothing to divide by.
case when {whole} = 0 then '' else
    (sign({part}) * sign({whole}) * div(2000 * abs({part}) + abs({whole}), 2 * abs({whole})) / 10.0)::numeric(20, 1)::text
end
