"""What differs between two catalogs, or between two days of one, and by how much."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from pertoken.catalog.book import Catalog
from pertoken.catalog.changes import Change, changes
from pertoken.catalog.history import borrowed, change_share, holding
from pertoken.catalog.prices import Moment, Rate
from pertoken.catalog.sane import FOLD
from pertoken.catalog.terms import group_of, iso, part_of
from pertoken.catalog.words import named
from pertoken.core.errors import InputError
from pertoken.core.exact import CONTEXT


@dataclass(frozen=True, slots=True)
class Difference:
    """What is otherwise.

    Args:
        old: What is compared: a catalog, or a day of it.
        new: What it is compared with.
        changes: Models and prices that came, went or changed; what is only priced as another meter is left out.
    """

    old: str
    new: str
    changes: tuple[Change, ...]

    @property
    def past(self) -> tuple[Change, ...]:
        """Changes of prices that the old catalog states for the past, and losses."""
        return tuple(each for each in self.changes if each.kind in {"removed", "rewritten"})


@dataclass(frozen=True, slots=True)
class Update:
    """A newer catalog, held against the one in use.

    Args:
        difference: What it says otherwise.
        kept: The file that it is kept in; empty if it was refused, since it changes prices of the past.
        use: What `--catalog` is to say to use it.
    """

    difference: Difference
    kept: str = ""
    use: str = ""


@dataclass(frozen=True, slots=True)
class Frozen:
    """A catalog kept in a file.

    Args:
        name: Where the catalog is from.
        file: The file.
        hash: SHA-256 of all that it says.
        models: How many models have prices.
        rates: How many prices there are.
    """

    name: str
    file: str
    hash: str
    models: int
    rates: int


def of_catalogs(old: Catalog, new: Catalog) -> Difference:
    """Compare two catalogs."""
    return Difference(named(old), named(new), _stated(changes(old, new)))


def of_days(catalog: Catalog, start: Moment, end: Moment) -> Difference:
    """Compare the prices of a catalog on two days, or at two moments (UTC).

    Raises:
        InputError: The first is not before the second.
    """
    if iso(start) >= iso(end):
        msg = f"{start} is not before {end}; expected the earlier day first"
        raise InputError(msg)
    rates = (each for own in catalog.rates.values() for each in _between(own, start, end))
    return Difference(f"{named(catalog)} on {start}", f"{named(catalog)} on {end}", _stated(rates))


def share(change: Change) -> Decimal | None:
    """By how much a price changed, as a share of the old one; None where there are not two, or the old is free."""
    if change.old is None or change.new is None or not change.old.unit_price:
        return None
    return change_share(change.old.unit_price, change.new.unit_price)


def far(change: Change) -> bool:
    """Tell whether a price is a thousand times another, as one for a thousand units read as one for a million is.

    >>> old = Rate(model="m", meter="input_tokens", price=Decimal("2.5"))
    >>> [far(Change("priced", "p", "m", old=old, new=Rate(model="m", meter="input_tokens", price=new)))
    ...     for new in (Decimal(2500), Decimal(250), Decimal("0.0025"))]
    [True, False, True]
    """
    if change.old is None or change.new is None or not change.old.price or not change.new.price:
        return False
    times = CONTEXT.divide(change.new.unit_price, change.old.unit_price)
    return times >= FOLD or times * FOLD <= 1


def _stated(found: Iterable[Change]) -> tuple[Change, ...]:
    return tuple(each for each in found if not any(rate and borrowed(rate) for rate in (each.old, each.new)))


def _between(rates: Iterable[Rate], start: Moment, end: Moment) -> Iterator[Change]:
    """Compare what holds at two moments, terms by terms."""
    own = tuple(rates)
    if not any(rate.start or rate.end for rate in own):
        return
    was, now = ({(group_of(each), part_of(each)): each for each in holding(own, at)} for at in (start, end))
    for terms in dict.fromkeys((*was, *now)):
        before, after = was.get(terms), now.get(terms)
        since = after.start if after else None
        provider, model = own[0].provider, own[0].model
        if before is None or after is None:
            yield Change("removed" if before else "added", provider, model, since, before, after)
        elif (before.unit_price, before.currency) != (after.unit_price, after.currency):
            yield Change("priced", provider, model, since, before, after)
