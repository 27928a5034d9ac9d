"""A price in time: from when to when each rate held, what it replaced, and which hold on a day."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pertoken.catalog.prices import STANDARD, Moment, Rate
from pertoken.catalog.terms import begin, grouped, iso, part_of
from pertoken.core.exact import CONTEXT
from pertoken.core.meters import METERS

ORDER = {name: place for place, name in enumerate(METERS)}
"""Order of the meters."""


@dataclass(frozen=True, slots=True)
class Dated:
    """A rate and its place in time.

    Args:
        rate: The rate.
        end: When it is over (UTC): as it says itself, or when a later price takes its place; None if it still holds.
        before: The last price at the same terms before it; None if none is known.
    """

    rate: Rate
    end: Moment | None = None
    before: Rate | None = None

    @property
    def changed(self) -> bool:
        """Whether the price is another than the one before; one that is only said again did not change."""
        return self.before is not None and self.before.unit_price != self.rate.unit_price

    @property
    def change_share(self) -> Decimal | None:
        """Change against the price before, as a share of it; None where there is none, or it was free.

        >>> old = Rate(model="m", meter="input_tokens", price=Decimal("2.5"))
        >>> new = Rate(model="m", meter="input_tokens", price=Decimal("2"))
        >>> Dated(new, before=old).change_share
        Decimal('-0.2')
        """
        if self.before is None or not self.before.unit_price:
            return None
        return change_share(self.before.unit_price, self.rate.unit_price)

    def holds(self, moment: Moment) -> bool:
        """Tell whether it holds at a moment (UTC), or on a day from its beginning."""
        at = iso(moment)
        return begin(self.rate) <= at and (self.end is None or at < iso(self.end))


def change_share(old: Decimal, new: Decimal) -> Decimal:
    """Change of a price as a share of the old one, to 18 places.

    >>> change_share(Decimal("3"), Decimal("4"))
    Decimal('0.333333333333333333')
    """
    share = CONTEXT.divide(new - old, old)
    return share.quantize(Decimal("1e-18"), context=CONTEXT).normalize(CONTEXT)


def history(rates: Iterable[Rate]) -> tuple[Dated, ...]:
    """Put rates in order of time, each with its end and the one that it replaced.

    A later price list takes the place of an earlier one as `RateBook.find` reads them: a price for all prompts ends the
    earlier ones for long prompts too, a price for all hours those of some hours.

    Args:
        rates: Rates of any models.

    Returns:
        By model, meter and terms, the earliest first.
    """
    made = [_dated(rate, group) for group in grouped(rates).values() for rate in group]
    return tuple(sorted(made, key=_place))


def holding(rates: Iterable[Rate], moment: Moment) -> tuple[Rate, ...]:
    """Pick the rates that hold at a moment (UTC), in the order of `history`.

    >>> from datetime import date
    >>> old = Rate(model="m", meter="input_tokens", price=Decimal(5))
    >>> new = Rate(model="m", meter="input_tokens", price=Decimal(3), start=date(2026, 7, 1))
    >>> [rate.price for rate in holding([new, old], date(2026, 6, 30))]
    [Decimal('5')]
    """
    return tuple(each.rate for each in history(rates) if each.holds(moment))


def plain(rates: Iterable[Rate]) -> tuple[Rate, ...]:
    """Pick the rates of an ordinary request: not batch, no other tier or speed, no region, short prompt, any hour."""
    return tuple(
        rate
        for rate in rates
        if not (rate.batch or rate.region or rate.above or rate.window) and rate.service_tier == rate.speed == STANDARD
    )


def own(rates: Iterable[Rate]) -> tuple[Rate, ...]:
    """Pick the rates that a source states; what is priced as another meter is left out."""
    return tuple(rate for rate in rates if not borrowed(rate))


def borrowed(rate: Rate) -> str:
    """Name the meter whose price a rate is taken over from; empty if the price is its own."""
    return rate.note.partition(BORROWED)[2].partition(";")[0]


BORROWED = "no price of its own: priced as "
"""In the note of a rate that is taken over from another meter, before the name of that meter."""


def _place(each: Dated) -> tuple[object, ...]:
    """Order of a price list: ordinary requests first, short prompts before long ones, the earliest price first."""
    rate = each.rate
    terms = (rate.batch, *((name != STANDARD, name) for name in (rate.service_tier, rate.speed)), rate.region)
    return (rate.provider, rate.model, _rank(rate.meter), *terms, *part_of(rate), begin(rate), rate.currency)


def _rank(meter: str) -> tuple[int, str]:
    return ORDER.get(meter, len(ORDER)), meter


def _dated(rate: Rate, group: Sequence[Rate]) -> Dated:
    later = [each.start for each in group if each.start and begin(each) > begin(rate) and _covers(each, rate)]
    ends = [moment for moment in (rate.end, *later) if moment is not None]
    alike = (part_of(rate), not borrowed(rate))
    earlier = [each for each in group if (part_of(each), not borrowed(each)) == alike and begin(each) < begin(rate)]
    return Dated(
        rate,
        min(ends, key=iso, default=None),
        max(earlier, key=begin, default=None),
    )


def _covers(new: Rate, old: Rate) -> bool:
    """Tell whether a later rate is for all requests that an earlier one is for."""
    return new.above <= old.above and (new.window is None or new.window == old.window)
