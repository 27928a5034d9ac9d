"""Curves: what so much costs, as a ladder of tiers whose intercepts and slopes are rows themselves."""

from collections.abc import Sequence
from dataclasses import dataclass

from pertoken.core.formula import Call, Name, Node
from pertoken.core.units import ONE as PLAIN
from pertoken.core.units import Unit, over
from pertoken.rating.card import Curve, Tier
from pertoken.scenario.lowered.arithmetic import ONE, ZERO, least, minus, more, most, otherwise, plus, summed, times
from pertoken.scenario.lowered.draft import Draft, Path
from pertoken.scenario.program import Ladder


@dataclass(frozen=True, slots=True)
class Prices:
    """A curve of the card and where it stands.

    Args:
        draft: Where rows are written.
        curve: The curve.
        path: Where it stands in the card.
        name: Name of what it prices, for the names of rows.
        money: Unit of what it gives.
        priced_in: Unit of what it prices.
    """

    draft: Draft
    curve: Curve
    path: Path
    name: str
    money: Unit
    priced_in: Unit = PLAIN

    def of(self, quantity: Node, *, at: str = "", select: Node | None = None) -> Node:
        """Charge a cumulative quantity.

        Args:
            quantity: What was used. [priced unit]
            at: Which point of the curve it is, for the names of rows.
            select: What picks the tier instead.
        """
        tiers = self.curve.tiers
        if self.curve.select or any(tier.cap is not None for tier in tiers):
            return self._tier_by_tier(quantity, at, quantity if select is None else select)
        if len(tiers) == 1:
            return plus(times(self._entered(quantity), self._of(0, "flat")), times(self._of(0, "rate"), quantity))
        ladder = self._ladder()
        return Call("tiered", (Name(ladder), quantity))

    def _of(self, tier: int, what: str) -> Node:
        found: Tier = self.curve.tiers[tier]
        unit = over(self.money, self.priced_in) if what == "rate" else self.money
        return self.draft.given((*self.path, "tiers", tier, what), getattr(found, what), unit)

    def _up_to(self, tier: int) -> Node:
        bound = self.curve.tiers[tier].up_to
        assert bound is not None  # noqa: S101  all tiers but the last have one
        return self.draft.given((*self.path, "tiers", tier, "up_to"), bound, self.priced_in)

    def _entered(self, quantity: Node) -> Node:
        """Say 1 where the first tier's flat is due."""
        if self._of(0, "flat") == ZERO or self.curve.flat_on_zero or quantity == ONE:
            return ONE
        return more(quantity, ZERO)

    def _ladder(self) -> str:
        name = self.draft.common(self.name)
        if name in self.draft.ladders:
            return name
        count = len(self.curve.tiers)
        rates = [self._of(k, "rate") for k in range(count)]
        flats = [self._of(k, "flat") for k in range(count)]
        bounds = [self._up_to(k) for k in range(count - 1)]
        rows = self._intercepts(rates, flats, bounds)
        per = over(self.money, self.priced_in)
        slopes = [self._single(f"{name}.b_{k + 1}", rate, per) for k, rate in enumerate(rates)]
        tops = [self._single(f"{name}.up_to_{k + 1}", bound, self.priced_in) for k, bound in enumerate(bounds)]
        shown = {"up to": tuple(tops), "rate": tuple(slopes)}
        if any(flat != ZERO for flat in flats):
            shown["flat"] = tuple(self._single(f"{name}.flat_{k + 1}", flat) for k, flat in enumerate(flats))
        if flats[0] != ZERO and not self.curve.flat_on_zero:
            nothing = self._single(f"{name}.nothing", ZERO)
            tops, rows, slopes = [nothing, *tops], [nothing, *rows], [nothing, *slopes]
        self.draft.ladders[name] = Ladder(name=name, up_to=tuple(tops), a=tuple(rows), b=tuple(slopes), shown=shown)
        return name

    def _intercepts(self, rates: Sequence[Node], flats: Sequence[Node], bounds: Sequence[Node]) -> list[str]:
        """Where each tier's line begins at zero: the tier's own flat; graduated, on top of what lower tiers come to."""
        rows: list[str] = []
        for k, flat in enumerate(flats):
            node = flat
            if self.curve.mode != "all" and k:
                node = plus(Name(rows[-1]), times(minus(rates[k - 1], rates[k]), bounds[k - 1]), flat)
            rows.append(self._single(f"{self.draft.common(self.name)}.a_{k + 1}", node))
        return rows

    def _single(self, name: str, node: Node, unit: Unit | None = None) -> str:
        if isinstance(node, Name):
            return node.name
        return self.draft.row(name, node, unit or self.money, by_month=False).name

    def _tier_by_tier(self, quantity: Node, at: str, picks: Node) -> Node:
        """Charge each tier by itself, where what it charges is capped or another quantity picks it."""
        whole = self.curve.mode == "all" or bool(self.curve.select)
        parts: list[Node] = []
        for k, tier in enumerate(self.curve.tiers):
            begin = self._up_to(k - 1) if k else ZERO
            within = [] if tier.up_to is None else [self._up_to(k)]
            first = k == 0 and bool(self.curve.flat_on_zero)
            entered = ONE if first else more(picks, begin)
            if whole:
                held = times(entered, *(otherwise(more(picks, bound)) for bound in within))
                held = times(*(otherwise(more(picks, bound)) for bound in within)) if k == 0 else held
                due = ONE if self.curve.flat_on_zero else more(quantity, ZERO)
                flat, used = times(due, self._of(k, "flat")), quantity
            else:
                held, flat = ONE, times(entered, self._of(k, "flat"))
                top = least(quantity, *within) if within else quantity
                used = top if not k else most(minus(top, begin), ZERO)
            full = plus(flat, times(self._of(k, "rate"), used))
            if tier.cap is not None:
                full = least(full, self._of(k, "cap"))
            place = self.draft.named(self.name, at, f"tier_{k + 1}")
            parts.append(self.draft.let(place, times(held, full), self.money))
        return summed(parts)
