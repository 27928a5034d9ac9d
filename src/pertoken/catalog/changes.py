"""What one catalog says otherwise than another, and the law that a price of the past stays what it was."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from pertoken.catalog.book import Catalog, Key
from pertoken.catalog.prices import Moment, Rate
from pertoken.catalog.terms import LAST, Group, begin, effective, grouped, iso, over
from pertoken.core.errors import Fault, InputError

Kind = Literal["added", "removed", "priced", "rewritten"]
"""New to the catalog; gone from it; another price from a later day on; a price of the past made another."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a catalog says otherwise.

    Args:
        kind: What happened.
        provider: Who sells the model.
        model: The model.
        start: From when the two differ; None for as far back as is known.
        old: What was said; None if nothing.
        new: What is said now; None if nothing.
    """

    kind: Kind
    provider: str
    model: str
    start: Moment | None = None
    old: Rate | None = None
    new: Rate | None = None

    def __str__(self) -> str:
        """Write the change as one line."""
        rate = self.new or self.old
        terms = f" {_terms(rate)}" if rate else ""
        since = f" from {self.start}" if self.start else ""
        price = f": {_price(self.old)} -> {_price(self.new)}" if rate else ""
        return f"{self.kind} {self.provider}/{self.model}{terms}{since}{price}"


def changes(old: Catalog, new: Catalog) -> tuple[Change, ...]:
    """List what a catalog says otherwise than an older one, model by model; money is compared, not its source."""
    out: list[Change] = []
    for key in sorted({*old.rates, *new.rates}):
        if key not in old.rates or key not in new.rates:
            out.append(Change("added" if key in new.rates else "removed", *key))
        elif old.rates[key] != new.rates[key]:
            out += _of_model(key, old.rates[key], new.rates[key])
    return tuple(out)


def append_only(old: Catalog, new: Catalog) -> None:
    """Refuse a catalog that changes or loses a price that an older one states for the past.

    A new model, a way to buy that had no price, and a price from a day after the last known change are additions.

    Raises:
        InputError: Each price that is rewritten or lost, old and new.
    """
    lost = [each for each in changes(old, new) if each.kind in ("removed", "rewritten")]
    mend = "date the new price, or keep the old catalog in a file for what it has priced"
    if lost:
        raise InputError.of(Fault(new.name, str(each), "the price as it was", mend) for each in lost)


def _of_model(key: Key, old: Sequence[Rate], new: Sequence[Rate]) -> Iterator[Change]:
    was, now = grouped(old), grouped(new)
    for group in sorted({*was, *now}):
        anywhere = (*group[:-1], "")
        before = was.get(group) or was.get(anywhere, [])
        after = now.get(group) or now.get(anywhere, [])
        if not before or not after:
            rate = (before or after)[0]
            kind: Kind = "removed" if before else "added"
            yield Change(kind, *key, rate.start, *((rate, None) if before else (None, rate)))
        else:
            yield from _of_group(group, before, after)


def _of_group(group: Group, old: Sequence[Rate], new: Sequence[Rate]) -> Iterator[Change]:
    """Compare the prices of a group at each bound of time, length and hours; each part is told where it begins."""
    fresh = _fresh(old, new)
    moments = {iso(day): day for rate in (*old, *new) for day in (rate.start, rate.end) if day}
    for prompt in sorted({0, *(rate.above for rate in (*old, *new))}):
        for hours in sorted({"", *(rate.window.key for rate in (*old, *new) if rate.window)}):
            windows = frozenset({hours} - {""})
            told: tuple[object, object] | None = None
            for text in ("", *sorted(moments)):
                was, now = (effective(rates, text, prompt, windows) for rates in (old, new))
                pair = (_money(was), _money(now))
                if pair[0] == pair[1] or pair == told:
                    told = None if pair[0] == pair[1] else told
                    continue
                told = pair
                yield Change(_kind(was, text, fresh), group[0], group[1], moments.get(text), was, now)


def _kind(was: Rate | None, text: str, fresh: str) -> Kind:
    if was is None:
        return "added"
    return "priced" if text >= fresh else "rewritten"


def _fresh(old: Sequence[Rate], new: Sequence[Rate]) -> str:
    """From when on nothing is past: the first start or end that the older catalog knows nothing of yet."""
    known = max(begin(rate) for rate in old)
    ends = {over(rate) for rate in old}
    later = [text for rate in new for text in (begin(rate), over(rate)) if text > known and text not in ends]
    return min(later, default=LAST)


def _money(rate: Rate | None) -> tuple[object, ...] | None:
    return None if rate is None else (rate.unit_price, rate.currency)


def _terms(rate: Rate) -> str:
    said = [
        rate.meter,
        "batch" * rate.batch,
        *(each for each in (rate.service_tier, rate.speed) if each != "standard"),
        rate.region,
        f"above {rate.above:,}" if rate.above else "",
        rate.window.key if rate.window else "",
    ]
    return ", ".join(filter(None, said))


def _price(rate: Rate | None) -> str:
    return f"{rate.price.normalize():f} {rate.currency} per {rate.per:,f}" if rate else "no price"
