"""Control totals: what a file's sender says that it sums to, and whether it does.

Whatever carries them (a cover sheet, rows above a table, a mail) is first read as stated totals; they are all
judged in one place, against the sums of the file's tables.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from outcome_reporting.domain.headings import normalise_heading
from outcome_reporting.domain.money import Convention, parse_decimal_text, plain_decimal


@dataclass(frozen=True, slots=True)
class StatedTotal:
    """One total as it is told. `values` are the readings of its number: two for a lone `1,234`.

    `is_count`: it counts rows. Else it is an amount, of `currency` ("" where none is named) and, where the label
    goes on after its "total", of the column that `heading` names (normalised; "" for none). `found` is its text.
    """

    values: tuple[Decimal, ...]
    found: str
    is_count: bool = False
    currency: str = ""
    heading: str = ""


@dataclass(frozen=True, slots=True)
class TableSums:
    """What one table of the file sums to.

    `columns` maps the normalised headings of each money column to its sum (a column that has several spellings
    stands under each); `by_currency` sums the rows of a currency in it. `usd` are sums in dollars: several where a
    table has several columns of dollars, none where a row waits for its rate.
    """

    rows: int
    columns: dict[str, Decimal] = field(default_factory=dict)
    by_currency: dict[str, Decimal] = field(default_factory=dict)
    usd: tuple[Decimal, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """`expected` is the sum that comes nearest; None where the file gives nothing to compare with."""

    stated: StatedTotal
    expected: Decimal | None

    @property
    def agrees(self) -> bool:
        return self.expected in self.stated.values


_COUNT = re.compile(
    r"(?:total |grand )?(?:number|count|no|nr|qty) of (?:lines|rows|records|transactions|entries|postings)"
    r"|(?:total )?(?:line|row|record|transaction) count|total (?:lines|rows|records|transactions|entries|postings)"
    r"|nombre (?:total )?(?:de |d )(?:lignes|enregistrements|transactions|ecritures|operations)"
    r"|total (?:des |de )?(?:lignes|enregistrements|ecritures)"
    r"|(?:numero|cantidad) (?:total )?de (?:lineas|filas|registros|transacciones|asientos)"
    r"|total (?:de )?(?:lineas|filas|registros|transacciones|asientos)"
    r"|(?:общее )?(?:количество|число) (?:строк|записеи|операции|проводок|транзакции)"
    r"|(?:всего|итого) (?:строк|записеи|операции|проводок|транзакции)"
)
_AMOUNT = re.compile(
    r"control (?:total|sum|amount)|(?:grand )?total (?:amount|value)|amount total|total of (?:all )?amounts"
    r"|hash total|check total"
    r"|total de (?:controle|verification)|montant (?:total|de controle)|somme de controle"
    r"|(?:total|suma|importe) de control|(?:importe|monto|valor) total"
    r"|контрольная сумма|контрольныи итог|(?:общая|итоговая) сумма|сумма (?:всего|итого)"
)
_TOTAL = re.compile(r"(?:(?:grand |overall )?totals?|total general|somme|suma|итого|всего)(?: (?P<rest>.+))?")
_LINKS = frozenset(["in", "of", "for", "the", "en", "de", "del", "des", "du", "в", "по"])
_CURRENCY = re.compile(r"(?<![A-Za-z])[A-Z]{3}(?![A-Za-z])")
_SIGNS = {"$": "USD", "US$": "USD", "€": "EUR", "£": "GBP"}
_PAIR = re.compile(r"\s*(?P<label>[^:=]{2,60}?)\s*[:=]\s*(?P<value>.+?)\s*", re.DOTALL)
_COUNTED = re.compile(
    r"(?P<value>[0-9][0-9 ,.\u00a0\u202f']*)\s+"
    r"(?:lines|rows|records|transactions|lignes|lineas|líneas|filas|строк|записей)",
    re.IGNORECASE,
)


def stated_total(label: str, value: str) -> StatedTotal | None:
    """The total that a label beside a value states; None when the label names none or the value is no number.

    Labels in English, French, Spanish and Russian: “Control total”, “Montant total (USD)”, “Número de líneas”.
    A bare “Total” counts only with a currency or with the heading of a column: much else is called so.
    """
    words, label_currency = _without_currency(label)
    number, value_currency = _without_currency(value, folded=False)
    values = _readings(number)
    if not values or not words:
        return None
    currency, found = value_currency or label_currency, " ".join(value.split())
    if _COUNT.fullmatch(words):
        return StatedTotal(values, found, is_count=True)
    if _AMOUNT.fullmatch(words):
        return StatedTotal(values, found, currency=currency)
    match = _TOTAL.fullmatch(words)
    if match is None or not (match["rest"] or currency):
        return None
    return StatedTotal(values, found, currency=currency, heading=normalise_heading(match["rest"] or ""))


def totals_in_text(text: str) -> list[StatedTotal]:
    """The totals that running text states, a mail's subject or body: “Total: USD 1,234.56; 120 lines”."""
    found = []
    for part in re.split(r"[;\n\r|]|,\s+|(?<!\bno)(?<!\bNo)\.(?:\s+|$)", text):
        pair = _PAIR.fullmatch(part)
        stated = stated_total(pair["label"], pair["value"]) if pair else None
        if stated is None and (counted := _COUNTED.search(part)):
            values = _readings(counted["value"])
            stated = StatedTotal(values, counted[0], is_count=True) if values else None
        if stated is not None:
            found.append(stated)
    return found


def judge_totals(stated: Iterable[StatedTotal], tables: Sequence[TableSums]) -> list[Judgement]:
    """Each total against the sums that it can mean: of one table, or of all of them together.

    A heading that no column has, and a currency that no row has, leave nothing to compare with.
    """
    return [Judgement(one, _nearest(one, _candidates(one, tables))) for one in stated]


def _candidates(stated: StatedTotal, tables: Sequence[TableSums]) -> list[Decimal]:
    if stated.is_count:
        return _each_and_all([[Decimal(table.rows)] for table in tables])
    if stated.heading:
        named = [[total for name, total in table.columns.items() if _names(stated, name)][:1] for table in tables]
        return _each_and_all(named)
    if stated.currency and stated.currency != "USD":
        return _each_and_all([[t.by_currency[stated.currency]] for t in tables if stated.currency in t.by_currency])
    is_usd = stated.currency == "USD"
    columns = [[v for name, v in table.columns.items() if not is_usd or name.endswith("usd")] for table in tables]
    sums = [list(dict.fromkeys([*table.usd, *found])) for table, found in zip(tables, columns, strict=True)]
    found = _each_and_all(sums)
    if any(not table.usd and len(table.by_currency) > (0 if is_usd else 1) for table in tables):
        return [one for one in found if one in stated.values]  # dollars wait for a rate: the total may be of them
    return found


def _names(stated: StatedTotal, heading: str) -> bool:
    return heading in (stated.heading, stated.heading + stated.currency.casefold())


def _each_and_all(sums: list[list[Decimal]]) -> list[Decimal]:
    """Every sum of a table, and, where there are several tables of one sum each, all of them together."""
    filled = [one for one in sums if one]
    is_one_each = len(filled) > 1 and all(len(one) == 1 for one in filled)
    whole = [sum((one[0] for one in filled), Decimal(0))] if is_one_each else []
    return [*(total for one in filled for total in one), *whole]


def _nearest(stated: StatedTotal, candidates: list[Decimal]) -> Decimal | None:
    return min(candidates, key=lambda sum_: min(abs(sum_ - value) for value in stated.values), default=None)


def _without_currency(text: str, folded: bool = True) -> tuple[str, str]:
    """The text without its currency, and the currency; `folded` also without case, accents and punctuation."""
    currency = ""
    for sign in sorted(_SIGNS, key=len, reverse=True):
        if sign in text:
            text, currency = text.replace(sign, " "), _SIGNS[sign]
            break
    else:
        if match := _CURRENCY.search(text):
            currency, text = match[0], text[: match.start()] + " " + text[match.end() :]
    if not folded:
        return re.sub(r"\(\s*\)", "", text).strip(), currency
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    words = re.sub(r"[^\w]+", " ", plain).split()
    while words and words[-1] in _LINKS:
        words.pop()
    return " ".join(words), currency


def _readings(text: str) -> tuple[Decimal, ...]:
    """Every number that the text can be, by either decimal mark."""
    found: dict[Decimal, None] = {}
    for convention in Convention:
        try:
            found[parse_decimal_text(text, convention)] = None
        except ValueError:
            continue
    return tuple(found) if any(letter.isdigit() for letter in text) else ()


def told(value: Decimal, is_count: bool) -> str:
    """A total as a finding tells it: `120` rows, `1234.50` of money."""
    if is_count:
        return plain_decimal(value)
    whole, _, part = plain_decimal(value).partition(".")
    return f"{whole}.{part.ljust(2, '0')}"
