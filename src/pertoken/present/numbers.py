"""The one way that pertoken writes a number for people."""

from collections.abc import Collection, Mapping, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal

from pertoken.present.sheet import Cell, Kind, Number, Table, kind_in, total_row

MINUS = "\N{MINUS SIGN}"
ABSENT = "\N{EN DASH}"
DIGIT_SPACE, POINT_SPACE = "\N{FIGURE SPACE}", "\N{PUNCTUATION SPACE}"
FIXED = {"count": 0, "money": 2, "share": 1}
"""Decimals that are always shown."""
LEAST: Mapping[Kind, int] = {"quantity": 0, "estimate": 0, "unit_money": 2, "exact": 0}
"""Decimals that are shown at least: of the significant digits of the kind, or for `exact` of all that there are."""
SIGNIFICANT: Mapping[Kind, int] = {"estimate": 3}
"""Digits that say something, where not six: what a model reckons is known to a few percent."""
MOST_DECIMALS = 12
LARGE = 1_000
"""Money from which on cents say nothing of what is estimated."""
WIDE = Context(prec=999, rounding=ROUND_HALF_UP)


def show(value: Cell, kind: Kind, unit: str = "") -> str:
    """Return a value as people read it.

    A value that is not zero never reads as zero: what is too small for the decimals of its kind reads ``<0.01``, or
    ``>-0.01`` when negative. Halves round away from zero, and a float is first read at 15 significant digits, so that
    the noise of binary arithmetic never decides a cent.

    >>> show(2250, "money", "USD"), show(1012.9649999999999, "money"), show(0.375, "share")
    ('2,250.00 USD', '1,012.97', '37.5 %')
    >>> show(Decimal("0.000001875"), "unit_money"), show(0.004, "money"), show(None, "money")
    ('0.000001875', '<0.01', '–')
    >>> show(22.8463, "estimate"), show(5669.84, "estimate"), show(0.0000674576, "estimate")
    ('22.8', '5,670', '0.0000675')

    Args:
        value: Text passes through; ``None`` reads as a dash.
        kind: What the value is.
        unit: Written after the number; leave it out where a header carries it.

    Raises:
        ValueError: If the value is not finite.
    """
    if value is None:
        return ABSENT
    if isinstance(value, str):
        return value
    number = exact(value)
    text = f"{_digits(number.scaleb(2, WIDE), kind)} %" if kind == "share" else _digits(number, kind)
    return f"{text} {unit}" if unit else text


def rough(*values: Number) -> Kind:
    """Say how money that is estimated is written: without cents, where the largest of it has no use for them.

    >>> rough(12.5, -3.0), rough(12.5, -40_000.0)
    ('money', 'count')
    """
    return "count" if max(abs(float(each)) for each in values) >= LARGE else "money"


def shortened(value: Cell, power: int) -> str:
    """Return a value in units of a power of ten, with one decimal.

    >>> shortened(1_996_717_713.4, 6), shortened(-20_000, 6), shortened(0, 6), shortened(None, 6)
    ('1,996.7', '>−0.1', '0.0', '–')

    Args:
        value: Text passes through; ``None`` reads as a dash.
        power: Of ten: 3 for thousands, 6 for millions.
    """
    if value is None or isinstance(value, str):
        return show(value, "text")
    return _written(exact(value).scaleb(-power, WIDE), 1)


def whole_percent(value: Cell) -> str:
    """Return a share in whole percent.

    >>> whole_percent(0.157), whole_percent(-0.0004), whole_percent(None)
    ('16 %', '>−1 %', '–')
    """
    if value is None or isinstance(value, str):
        return show(value, "text")
    return f"{_written(exact(value).scaleb(2, WIDE), 0)} %"


def exact(value: Number) -> Decimal:
    """Return a number as a decimal, a float at its 15 reliable digits.

    >>> exact(0.1 + 0.2)
    Decimal('0.3')
    """
    number = Decimal(format(value, ".15g")) if isinstance(value, float) else Decimal(value)
    if not number.is_finite():
        raise ValueError(f"cannot show {value}; expected a finite number, or None when it does not apply")
    return number


def _digits(number: Decimal, kind: Kind) -> str:
    places = _places(number, kind)
    text = _written(number, places)
    return _strip(text, LEAST[kind]) if kind in LEAST and places > LEAST[kind] else text


def _written(number: Decimal, places: int) -> str:
    size = abs(number).quantize(Decimal(1).scaleb(-places), context=WIDE)
    if number and not size:
        return f"{'<' if number > 0 else '>' + MINUS}{Decimal(1).scaleb(-places):f}"
    return f"{MINUS}{size:,f}" if number < 0 else f"{size:,f}"


def _places(number: Decimal, kind: Kind) -> int:
    if kind in FIXED:
        return FIXED[kind]
    if kind == "exact":
        return MOST_DECIMALS
    significant = SIGNIFICANT.get(kind, 6) - 1 - (number.adjusted() if number else 0)
    return min(max(significant, LEAST.get(kind, 0)), MOST_DECIMALS)


def _strip(text: str, least: int) -> str:
    whole, _, decimals = text.partition(".")
    decimals = decimals.rstrip("0").ljust(least, "0")
    return f"{whole}.{decimals}" if decimals else whole


def counted(number: Cell, things: str) -> str:
    """Say how many there are of something.

    >>> counted(1, "requests"), counted(60_000, "tokens")
    ('1 request', '60,000 tokens')
    """
    return f"{show(number, 'count')} {things.removesuffix('s') if number == 1 else things}"


def show_rows(table: Table) -> list[list[str]]:
    """Return the rows of a table as people read them."""
    return [
        [show(cell, kind_in(table, index, column)) for cell, column in zip(row, table.columns, strict=True)]
        for index, row in enumerate(table.rows)
    ]


def show_total(table: Table) -> list[str] | None:
    """Return the total row of a table as people read it, blank where a column has no total."""
    total = total_row(table)
    if total is None:
        return None
    pairs = zip(total, table.columns, strict=True)
    return [show(cell, column.kind) if column.total or cell is not None else "" for cell, column in pairs]


def show_aligned(table: Table, kinds: Collection[Kind] = tuple(LEAST)) -> tuple[list[list[str]], list[str] | None]:
    """Return rows and total row with decimal points under each other, by spaces as wide as a digit.

    Args:
        table: What to show.
        kinds: Columns to align; the others end where they end.
    """
    rows, total = show_rows(table), show_total(table)
    for index, column in enumerate(table.columns):
        if column.kind in kinds and not table.kinds:
            everything = [*rows, total] if total else rows
            for row, text in zip(everything, _align([row[index] for row in everything]), strict=True):
                row[index] = text
    return rows, total


def _align(texts: Sequence[str]) -> list[str]:
    decimals = [len(text.partition(".")[2]) for text in texts]
    most = max(decimals, default=0)
    points = [POINT_SPACE * (most > 0 and not count) for count in decimals]
    return [
        text + point + DIGIT_SPACE * (most - count) for text, count, point in zip(texts, decimals, points, strict=True)
    ]
