"""Regional prices that are said as a multiple of the price elsewhere."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fnmatch import fnmatchcase

from pertoken.catalog.prices import Rate
from pertoken.core.exact import CONTEXT


@dataclass(frozen=True, slots=True)
class Uplift:
    """What a region costs, as a multiple.

    Args:
        provider: Who sells there.
        models: Models for which it holds; `*` stands for any letters.
        region: The region, as logs name it.
        times: The multiple: 1.1 for a tenth more.
        meters: Meters for which it holds; empty for all.
        source: Who says so.
    """

    provider: str
    models: tuple[str, ...]
    region: str
    times: Decimal
    meters: tuple[str, ...] = ()
    source: str = ""

    def holds(self, rate: Rate) -> bool:
        """Tell whether a rate is multiplied: it is of the models and meters, and of no region yet."""
        if rate.provider != self.provider or rate.region or (self.meters and rate.meter not in self.meters):
            return False
        return any(fnmatchcase(rate.model.lower(), pattern.lower()) for pattern in self.models)


def regional(rates: Sequence[Rate], uplifts: Iterable[Uplift]) -> Iterator[Rate]:
    """Make the rates of the regions from the rates that hold elsewhere.

    >>> base = Rate(model="m", meter="pages", price=Decimal(2), provider="p")
    >>> (made,) = regional([base], [Uplift("p", ("m*",), "eu", Decimal("1.1"))])
    >>> made.region, made.price, made.note
    ('eu', Decimal('2.2'), '1.1 times the price elsewhere')
    """
    for uplift in uplifts:
        for rate in rates:
            if uplift.holds(rate):
                said = f"{uplift.times} times the price elsewhere"
                yield replace(
                    rate,
                    region=uplift.region,
                    price=CONTEXT.multiply(rate.price, uplift.times),
                    source=uplift.source or rate.source,
                    note="; ".join(filter(None, [rate.note, said])),
                )
