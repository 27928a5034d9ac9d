"""Layers: what a later source says goes before what an earlier one says, from the day on which it begins."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain

from pertoken.catalog.asked import WhenAsked
from pertoken.catalog.book import Catalog, Key
from pertoken.catalog.lending import lent
from pertoken.catalog.prices import Moment, Rate
from pertoken.catalog.regions import regional
from pertoken.catalog.terms import begin, group_of, grouped, iso, levelled, over, part_of

Piece = tuple[str, str]
"""From a moment until before another, as text that sorts."""


def layered(base: Catalog, *overlays: Catalog) -> Catalog:
    """Lay catalogs on top of one another.

    A rate of an overlay replaces the rates of the same terms (provider, model, meter, batch, tier, speed, region, band,
    window) from its start until its end; without them, always. Regional multiples of an overlay are made from what then
    holds. The models of the base are looked at when they are asked for.

    Args:
        base: What lies at the bottom.
        overlays: What lies on it, the last on top.
    """
    for overlay in overlays:
        base = _laid(base, overlay)
    return base


def _laid(base: Catalog, overlay: Catalog) -> Catalog:
    return Catalog(
        name=" + ".join(filter(None, [base.name, overlay.name])),
        rates=WhenAsked(chain(base.rates, overlay.rates), partial(_over, base.rates, overlay)),
        aliases=_joined(overlay.aliases, base.aliases),
        refusals={key: text for key, text in {**base.refusals, **overlay.refusals}.items() if key not in overlay.rates},
        notes=_Notes(base.notes, overlay.notes),
        deployments={**base.deployments, **overlay.deployments},
    )


def _joined(
    upper: Mapping[str, tuple[Key, ...]], lower: Mapping[str, tuple[Key, ...]]
) -> Mapping[str, tuple[Key, ...]]:
    """Aliases of both; of one seller the upper catalog's goes first."""
    return lower if not upper else {**lower, **{name: keys + lower.get(name, ()) for name, keys in upper.items()}}


class _Notes(Mapping[Key, str]):
    """Notes of two catalogs, brought together when asked for."""

    def __init__(self, lower: Mapping[Key, str], upper: Mapping[Key, str]) -> None:
        self._both = lower, upper

    def __getitem__(self, key: Key) -> str:
        found = [each[key] for each in self._both if key in each]
        if not found:
            raise KeyError(key)
        return "; ".join(found)

    def __iter__(self) -> Iterator[Key]:
        return iter(dict.fromkeys(chain(*self._both)))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _over(lower: Mapping[Key, tuple[Rate, ...]], overlay: Catalog, key: Key) -> tuple[Rate, ...]:
    """Bring the rates of a model together."""
    below = lower.get(key, ())
    plain = replaced(below, lent(overlay.rates.get(key, ()), below))
    uplifts = [each for each in overlay.uplifts if each.provider == key[0]]
    return replaced(plain, tuple(regional(plain, uplifts))) if uplifts else plain


def replaced(lower: Sequence[Rate], upper: Sequence[Rate]) -> tuple[Rate, ...]:
    """Put rates in the place of those of the same terms, in the time in which they hold."""
    if not upper:
        return tuple(lower)
    above = grouped(upper)
    below = grouped(lower)
    out = [rate for group, rates in below.items() if group not in above for rate in rates]
    for group, rates in above.items():
        out += levelled([*_left(below.get(group, []), rates), *rates])
    return tuple(sorted(out, key=group_of))


def _left(lower: Iterable[Rate], upper: Sequence[Rate]) -> Iterator[Rate]:
    """What is left of rates where others of the same band and window take over."""
    rows = sorted(lower, key=begin)
    for i, rate in enumerate(rows):
        later = next((begin(each) for each in rows[i + 1 :] if part_of(each) == part_of(rate)), over(rate))
        taken = [each for each in upper if part_of(each) == part_of(rate)]
        moments = {iso(day): day for each in taken for day in (each.start, each.end) if day}
        pieces = [(begin(rate), min(later, over(rate)))]
        for each in taken:
            pieces = [left for piece in pieces for left in _without(piece, (begin(each), over(each)))]
        for start, _ in pieces:
            yield replace(rate, start=_day(start, rate, moments))


def _without(piece: Piece, cut: Piece) -> list[Piece]:
    """Cut a time out of another.

    >>> _without(("2026-01", "2026-09"), ("2026-03", "2026-05"))
    [('2026-01', '2026-03'), ('2026-05', '2026-09')]
    """
    (start, end), (begun, ended) = piece, cut
    left = [(start, min(end, begun)), (max(start, ended), end)]
    return [each for each in left if each[0] < each[1]]


def _day(text: str, rate: Rate, moments: Mapping[str, Moment]) -> Moment | None:
    return rate.start if text == begin(rate) else moments[text]
