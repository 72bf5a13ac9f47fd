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
-- The split itself, used by every axis: from `part` (batch, job_no, whole, times, rest, weight, total, place and
-- what names the piece) to `piece` (the same and cents).
--
-- A job is an amount, or several of one line that leave the same rest: cents = sign * (quotient * total + rest).
-- The quotient is divided without remainder (`whole` sums sign * quotient), the rest by largest remainder, the
-- same for all of the job's amounts (`times` sums their signs). So equal rests are split once, and no product
-- passes total * total: past 3,000,000,000 squared it would leave bigint, and is taken as numeric.
-- Ties: larger remainder, then larger weight, then natural code order (`place`). `batch` changes nothing but the
-- speed: jobs of one batch stand together, so that each batch is sorted in memory.
floored as (
    select
        part.*,
        case
            when total <= 3000000000 then rest * weight / total
            else div(rest::numeric * weight, total)::bigint
        end as low,
        case
            when total <= 3000000000 then mod(rest * weight, total)
            else mod(rest::numeric * weight, total)::bigint
        end as remainder
    from part
),
ranked as (
    select
        floored.*,
        row_number() over by_claim as rank,
        rest - sum(low) over by_claim as leftover
    from floored
    window by_claim as (
        partition by batch, job_no order by remainder desc, weight desc, place
        rows between unbounded preceding and unbounded following
    )
),
piece as (
    select ranked.*, whole * weight + times * (low + case when rank <= leftover then 1 else 0 end) as cents
    from ranked
)

-- name: encode(part)
-- A part of a figure id: percent sign, colon, slash and space are percent-encoded.
replace(replace(replace(replace({part}, '%%', '%%25'), ':', '%%3A'), '/', '%%2F'), ' ', '%%20')

-- name: number()
-- A whole text that is a number, thousands by comma or not; a percent sign may follow.
'^([+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?)\s*%%?$'
