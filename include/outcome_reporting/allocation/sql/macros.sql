-- Pieces that other statements take in by name, written there as a comment: /* piece(arguments) */.

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
-- The split itself, used by every axis: from `part` (job_no, whole, times, rest, weight, total, place) to
-- `piece` (the same and cents).
--
-- A job is an amount, or several of one whole with the same rest: cents = sign * (quotient * total + rest).
-- The quotient is divided without remainder (`whole` sums sign * quotient), the rest by largest remainder, the
-- same for all of the job's amounts (`times` sums their signs). So equal rests are split once, and no product
-- passes total * total: past 3,000,000,000 squared it would leave bigint, and is taken as numeric.
-- Ties: larger remainder, then larger weight, then natural code order.
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
        rest - sum(low) over (partition by job_no) as leftover,
        row_number() over (partition by job_no order by remainder desc, weight desc, place) as rank
    from floored
),
piece as (
    select ranked.*, whole * weight + times * (low + case when rank <= leftover then 1 else 0 end) as cents
    from ranked
)

-- name: encode(part)
-- A part of a figure id: percent sign, colon, slash and space are percent-encoded.
replace(replace(replace(replace({part}, '%%', '%%25'), ':', '%%3A'), '/', '%%2F'), ' ', '%%20')
