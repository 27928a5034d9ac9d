"""Parts: the lines that one step of an invoice made, and the usage that they were made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pertoken.core.lines import Key, Lines, Usage, group
from pertoken.core.meters import leaves
from pertoken.core.money import Values, array, to_exact
from pertoken.rating.assign import RATES
from pertoken.rating.card import Card, plain
from pertoken.rating.counted import Counted
from pertoken.rating.pool_terms import MONEY, Pool


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """Usage that a charge counts.

    Args:
        usage: Its lines.
        weight: Weight of each line in the count, shape `(line,)`; None where all weigh 1.
    """

    usage: Usage
    weight: NDArray[Any] | None = None

    def quantity(self, *, exact: bool) -> Values:
        """Count the lines; whole numbers stay whole as long as they can."""
        quantity = self.usage.values["quantity"]
        if self.weight is None:
            return to_exact(quantity) if exact and quantity.dtype.kind == "f" else quantity
        weight = self.weight if exact else self.weight.astype(np.float64)
        weighed: Values = number(quantity, exact=exact) * weight
        return weighed


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Lines of one step.

    Args:
        lines: Priced lines, with `charge`, `stage` and `term`.
        charge: Name of the charge, or of the pool.
        stage: Stage of the ledger.
        term: Place in the card that made them: `prices.NAME`, `rates`, `adjust.N`, `clamp.N.min`, `pools.NAME`.
        taken: The usage behind them, by which they can be shared out.
        basis: The count that they are differences of the cumulative price of, for who explains them; None elsewhere.
    """

    lines: Lines
    charge: str
    stage: str
    term: str
    taken: Taken
    basis: Counted | None = None

    @classmethod
    def of(cls, lines: Lines, charge: str, term: str, stage: str, taken: Taken) -> "Part":
        """Make a part of bare lines."""
        return cls(lines.with_keys(charge=charge, stage=stage, term=term), charge, stage, term, taken)

    def at(self, stage: str, *, back: bool = False) -> "Part":
        """The same lines at another stage; with the opposite sign if they are taken back."""
        lines = self.lines
        if back:
            lines = Lines(lines.keys, {name: -value for name, value in lines.values.items()})
        return Part.of(lines, self.charge, self.term, stage, self.taken)


CONTRACTED = frozenset({"list", "discount", "minimum", "maximum", "rounding"})
"""Stages of what is agreed for usage, whatever pools cover of it."""

INVOICED = CONTRACTED | {"covered", "purchase", "refund"}
"""Stages of what is invoiced."""


def within(parts: Sequence[Part], stages: frozenset[str]) -> list[Part]:
    """Keep the parts of some stages."""
    return [part for part in parts if part.stage in stages]


def number(values: Values, *, exact: bool) -> Values:
    """Turn numbers into `Decimal` or `float64`."""
    return to_exact(values) if exact else np.asarray(values, dtype=np.float64)


def total_tokens(usage: Usage) -> Taken:
    """Usage by its tokens: what shares of a fee or a minimum follow."""
    meter = usage.keys["meter"]
    tokens = set(leaves("total_tokens", meter.labels))
    is_token = [Decimal(name in tokens) for name in meter.labels]
    return Taken(usage, array(is_token, exact=True)[meter.codes] if is_token else None)


def gathered(keys: Mapping[str, Key], size: int, values: Mapping[str, Values]) -> Lines:
    """Sum values over the lines that agree on some keys."""
    found = group(list(keys.values()), size)
    made = keys if found.alone else {name: key.pick(found.first) for name, key in keys.items()}
    return Lines(made, {name: found.sum(value) for name, value in values.items()})


def without_nothing(lines: Lines) -> Lines:
    """Drop the lines that are zero in every world."""
    some = lines.values["amount"] != 0
    some = some if some.ndim == 1 else some.any(axis=tuple(range(some.ndim - 1)))
    return lines if some.all() else lines.pick(some)


def drawing(pool: Pool, card: Card) -> tuple[str, ...]:
    """Name the charges that draw on a pool; what tops up to a minimum draws on money that is there for all it is on."""
    priced = {plain(name) for name in card.prices} | ({RATES} if card.rates else set())
    on = [set(c.on) or priced for c in card.clamps if c.min is not None and len(c.on) != 1]
    tops_up = pool.unit == MONEY and bool(on) and set().union(*on) <= set(pool.eligible)
    return (*pool.eligible, "minimum") if tops_up else pool.eligible
