"""Convert as SQL: packages by whole numbers, factors and free units by DECIMAL; never by `/`, which makes floats."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, lcm

from pertoken.core.errors import CardError
from pertoken.rating.card import Convert, Rounding

WIDEST = 38
"""Digits that DECIMAL holds."""
MOST = Decimal(10) ** 15
"""What a quantity never exceeds, unless said."""

DIVISIONS: dict[Rounding, str] = {
    "up": "({x} + {less_one}) // {by}",
    "down": "{x} // {by}",
    "half_up": "(2 * {x} + {by}) // {twice}",
}
"""Rounding a fraction of whole numbers to a whole number; `//` keeps whole numbers whole."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A quantity as SQL.

    Args:
        sql: An expression; a sum of whole numbers, of decimals or of floats.
        places: Decimal places that count.
        most: What it never exceeds; a row beyond is an error when the query runs.
    """

    sql: str
    places: int = 0
    most: Decimal = MOST

    @property
    def decimal(self) -> str:
        """The quantity as DECIMAL, no wider than it need be."""
        return f"CAST({self.sql} AS {kind(digits(self.most), self.places)})"


def converted(counted: Counted, how: Convert) -> Counted:
    """Turn a counted quantity into priced units.

    Raises:
        CardError: More digits than DECIMAL holds, or a factor that has no end as a decimal and nothing rounds it.
    """
    ratio = Fraction(how.times) / Fraction(how.per)
    most = Decimal(ceil(Fraction(counted.most) * ratio) + 1)
    if how.round is None:
        factor = _finite(ratio, how)
        priced = counted if factor == 1 else _product(counted, factor, most)
        return _less(priced, how.free)
    steps = _packages(counted, how, ratio * Fraction(10) ** how.precision)
    size = Decimal(1).scaleb(-how.precision)
    whole = Counted(steps, 0, max(most, most / size))
    priced = Counted(steps, 0, most) if how.precision == 0 else _product(whole, size, most)
    return priced if how.free_first else _less(priced, how.free)


def _packages(counted: Counted, how: Convert, ratio: Fraction) -> str:
    """Whole steps of the precision, as a whole number: `x * up - off` over `by`, rounded."""
    assert how.round is not None  # noqa: S101  see the caller
    ratio = ratio / 10**counted.places
    free = Fraction(how.free) * Fraction(10) ** how.precision if how.free_first else Fraction(0)
    by = lcm(ratio.denominator, free.denominator)
    up, off = int(ratio * by), int(free * by)
    integer = _integer(int(counted.most * 10**counted.places) * up * 2 + 2 * by, how)
    x = f"CAST({counted.sql} AS {integer})"
    if counted.places:
        x = f"CAST({counted.decimal} * {literal(Decimal(10) ** counted.places)} AS {integer})"
        kind(digits(counted.most) + counted.places, counted.places)
    x = x if up == 1 else f"{x} * {up}"
    x = f"greatest({x} - {off}, 0)" if off else x
    return "(" + DIVISIONS[how.round].format(x=f"({x})", less_one=by - 1, by=by, twice=2 * by) + ")"


def _integer(most: int, how: Convert) -> str:
    if most < 1 << 63:
        return "BIGINT"
    if most < 10**WIDEST:
        return "HUGEINT"
    msg = f"rounding by {_words(how)} needs numbers of {len(str(most))} digits; SQL holds {WIDEST}; rate it in Python"
    raise CardError(msg)


def _finite(ratio: Fraction, how: Convert) -> Decimal:
    """A fraction as a decimal of all its digits."""
    rest = ratio.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1:
        msg = f"{_words(how)} has no end as a decimal, so SQL can't keep it exact; rate it in Python"
        raise CardError(msg)
    power = next(n for n in range(ratio.denominator.bit_length() + 1) if 10**n % ratio.denominator == 0)
    return Decimal(ratio.numerator * 10**power // ratio.denominator).scaleb(-power)


def _words(how: Convert) -> str:
    return f"times {how.times:f} per {how.per:f}" if how.times != 1 else f"per {how.per:f}"


def _product(counted: Counted, factor: Decimal, most: Decimal) -> Counted:
    out = Counted(f"({counted.decimal} * {literal(factor)})", counted.places + places(factor), most)
    kind(digits(max(most, counted.most)), out.places)
    return out


def _less(counted: Counted, free: Decimal) -> Counted:
    if not free:
        return counted
    sql = f"greatest({counted.decimal} - {literal(free)}, {literal(Decimal(0))})"
    return Counted(sql, max(counted.places, places(free)), max(counted.most, free))


def places(number: Decimal) -> int:
    """Decimal places that a number needs.

    >>> places(Decimal("1.50")), places(Decimal("2E+3"))
    (1, 0)
    """
    exponent = _plain(number).as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0


def _plain(number: Decimal) -> Decimal:
    text = f"{number:f}"
    return Decimal(text.rstrip("0").rstrip(".") or "0") if "." in text else Decimal(text)


def digits(number: Decimal) -> int:
    """Digits before the point.

    >>> digits(Decimal(1000)), digits(Decimal("0.5"))
    (4, 1)
    """
    return len(str(abs(int(number))))


def literal(number: Decimal) -> str:
    """Write an exact number.

    >>> literal(Decimal("1e-9"))
    "CAST('0.000000001' AS DECIMAL(10, 9))"
    """
    plain = _plain(number)
    return f"CAST('{plain:f}' AS {kind(digits(plain), places(plain))})"


def kind(whole: int, parts: int) -> str:
    """Name the DECIMAL of so many digits before and after the point.

    Raises:
        CardError: They are more than DECIMAL holds.
    """
    if whole + parts > WIDEST:
        msg = (
            f"money or quantity of {whole} digits before the point and {parts} after it needs more than the {WIDEST} "
            "digits of DECIMAL; say a smaller `most`, fewer decimal places, or rate it in Python"
        )
        raise CardError(msg)
    return f"DECIMAL({whole + parts}, {parts})"
