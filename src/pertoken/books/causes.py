"""Causes: why the groups of a reconciliation part, found by holding theories against all cells of a group at once."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from statistics import median

from pertoken.core import period

Labels = tuple[str, ...]
Money = Mapping[Labels, Decimal]
NONE = Decimal(0)

MOST_CERTAIN = 2
"""So many cells must tell the same before a share is a cause: one number can be explained by anything."""


MOVED = "date", "billed on another day: over the days both agree (time zone, or billed late)"
"""The cause of lines that agree only over all days."""

OFFER = "offer"
"""Key of the model as a price book spells it, which a bill and a log share."""


def model_place(by: Sequence[str]) -> int | None:
    """Say where the model stands among some keys."""
    return next((place for place, name in enumerate(by) if name in (OFFER, "model")), None)


class Causes:
    """Causes being looked for: the groups that part, and the theories held so far."""

    def __init__(self, billed: Money, computed: Money, by: tuple[str, ...], tolerance: Decimal) -> None:
        self.billed, self.computed, self.by, self.tolerance = billed, computed, by, tolerance
        self.rounding = rounding(billed.values())
        self.groups: dict[Labels, list[Labels]] = {}
        for labels in {**computed, **billed}:
            self.groups.setdefault(self._group(labels), []).append(labels)
        self.parted = {group for group, cells in self.groups.items() if not self._agree(cells, computed)}
        self.open = {group for group in self.parted if self._both(group)}
        self.found: dict[Labels, tuple[str, str]] = {}
        self.partial: dict[Labels, tuple[str, str]] = {}

    def _group(self, labels: Labels) -> Labels:
        return tuple(label for name, label in zip(self.by, labels, strict=True) if name != "meter")

    def _both(self, group: Labels) -> bool:
        cells = self.groups[group]
        return any(each in self.billed for each in cells) and any(each in self.computed for each in cells)

    def _agree(self, cells: Iterable[Labels], money: Money) -> bool:
        return all(self._same(money.get(each, NONE), self.billed.get(each, NONE)) for each in cells)

    def _close(self, one: Decimal, two: Decimal) -> bool:
        return abs(one - two) <= self.tolerance * max(abs(one), abs(two))

    def _same(self, one: Decimal, two: Decimal) -> bool:
        """Tell whether money agrees: within the tolerance, or where there is some on both sides but for rounding."""
        return self._close(one, two) or (bool(one and two) and abs(one - two) <= self.rounding)

    def hold(self, kind: str, words: str, money: Money) -> None:
        """Hold a theory against each group that is still open."""
        for group in tuple(self.open):
            cells = list({*self.groups[group], *(each for each in money if self._group(each) == group)})
            if self._agree(cells, money):
                self.found[group] = (kind, words)
                self.open.discard(group)
            elif group not in self.partial and (share := self._share(cells, money)) is not None:
                self.partial[group] = (kind, f"{words}, for {share:.0%} of it")

    def _share(self, cells: Sequence[Labels], money: Money) -> Decimal | None:
        """The share of the usage for which a theory would explain several cells at once; None if there is none."""
        moved = {c: money.get(c, NONE) - self.computed.get(c, NONE) for c in cells}
        need = {c: self.billed.get(c, NONE) - self.computed.get(c, NONE) for c in cells}
        moving = [c for c in cells if moved[c]]
        if len(moving) < MOST_CERTAIN or not sum(moved.values()):
            return None
        share = sum(need.values(), NONE) / sum(moved.values(), NONE)
        close = all(self._same(self.computed.get(c, NONE) + share * moved[c], self.billed.get(c, NONE)) for c in cells)
        return share if close and 0 < share < 1 else None

    def causes(self) -> dict[Labels, tuple[str, str]]:
        """Say of every cell of a group that parts why that is likely so."""
        out = {}
        discounts = self._discounts()
        for group in self.parted:
            why = self.found.get(group) or discounts.get(group) or self.partial.get(group) or self._missing(group)
            for labels in self.groups[group]:
                agrees = self._same(self.computed.get(labels, NONE), self.billed.get(labels, NONE))
                out[labels] = ("", "") if agrees else why
        return out

    def _missing(self, group: Labels) -> tuple[str, str]:
        cells = self.groups[group]
        if self._moved(group):
            return MOVED
        if not any(each in self.computed for each in cells):
            if all(self.billed[each] < 0 for each in cells):
                return "credit", "a credit of the bill, for nothing that is in the log"
            return "missing", "billed, and not in the log"
        if not any(each in self.billed for each in cells):
            return "missing", "in the log, and not billed"
        return "unknown", "not explained by any theory"

    def _moved(self, group: Labels) -> bool:
        """Tell whether the groups that differ in the day only agree in all."""
        days = [i for i, name in enumerate(n for n in self.by if n != "meter") if name in period.GRAINS]
        if not days:
            return False
        alike = [each for each in self.groups if _without(each, days) == _without(group, days)]
        sums = [
            sum((money.get(c, NONE) for each in alike for c in self.groups[each]), NONE)
            for money in (self.computed, self.billed)
        ]
        return len(alike) > 1 and any(sums) and self._close(*sums)

    def _discounts(self) -> dict[Labels, tuple[str, str]]:
        """Groups all cells of which are billed at the share that is usual for the model."""
        ratios = {group: [self.billed[c] / self.computed[c] for c in self.groups[group] if self._has(c)]
                  for group in self.open if all(self._has(c) for c in self.groups[group])}  # fmt: skip
        model = model_place([name for name in self.by if name != "meter"])
        every: dict[str, list[Decimal]] = {}
        for group, own in ratios.items():
            every.setdefault(group[model] if model is not None else "", []).extend(own)
        out = {}
        for group, own in ratios.items():
            all_of = every[group[model] if model is not None else ""]
            usual = median(all_of)
            if len(all_of) >= MOST_CERTAIN and all(self._close(each, usual) for each in own):
                out[group] = _shared(usual)
        return out

    def _has(self, labels: Labels) -> bool:
        return bool(self.computed.get(labels)) and labels in self.billed


def rounding(billed: Iterable[Decimal]) -> Decimal:
    """Say by how much a bill's rounding can move a line: half of its last place, at most half a cent.

    >>> print(rounding([Decimal("0.30"), Decimal(2)]), rounding([Decimal("0.3"), Decimal("0.0004")]))
    0.005 0.00005
    """
    places = max((-int(money.normalize().as_tuple().exponent) for money in billed if money), default=CENTS)
    return Decimal(5).scaleb(-max(places, CENTS) - 1)


CENTS = 2
"""Decimal places to which a bill may at most be rounded."""


def _shared(times: Decimal) -> tuple[str, str]:
    """Name the cause of a share that all cells have."""
    whole = round(times)
    if whole > 1 and abs(times - whole) <= ODD * whole:
        return "duplicate", f"billed {whole} times over: pages of the bill or parts of it may be in it again"
    return "discount", f"{'discount' if times < 1 else 'surcharge'} of {abs(1 - times):.1%} on all of it"


ODD = Decimal("0.001")
"""By what share a multiple may miss a whole number and still be one."""


def _without(labels: Labels, places: Sequence[int]) -> Labels:
    return tuple(label for i, label in enumerate(labels) if i not in places)
