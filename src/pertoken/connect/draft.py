"""A card in the making: charges, limits and discounts in the words of the YAML file."""

import keyword
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from pertoken.connect.imported import Part, Path, Reading, slug
from pertoken.core.exact import CONTEXT

Words = dict[str, Any]

RESERVED = frozenset({"rates", "minimum", "maximum", "money"})
"""Names that the ledger uses itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a card, or a phase of one, charges.

    Args:
        reading: Where origins are kept.
        path: Path of the charges: the card's name, and the phase where there are several.
        prices: Charges by name.
        adjust: Discounts in their order.
        clamp: Minima and maxima.
        groups: What each charge is one with.
    """

    reading: Reading
    path: Path
    prices: dict[str, Words] = field(default_factory=dict)
    adjust: list[Words] = field(default_factory=list)
    clamp: list[Words] = field(default_factory=list)
    groups: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, charge: Words, origin: str, group: str = "") -> str:
        """Add a charge under a name of its own; return that name.

        Args:
            name: Name as the engine has it.
            charge: Its words.
            origin: Where it came from.
            group: What it is one charge with; a charge of another group on the same meter comes on top.
        """
        plain = slug(name) or "charge"
        plain = f"{plain}_charge" if plain in RESERVED else plain
        taken, made = 1, plain
        while made in self.prices:
            taken += 1
            made = f"{plain}_{taken}"
        self.groups[made] = group or made
        self.prices[made] = self._on_top(charge, self.groups[made])
        self.reading.origins[(*self.path, "prices", made)] = origin
        return made

    def _on_top(self, charge: Words, group: str) -> Words:
        """Mark the narrower of two charges on the same usage as one that comes on top."""
        counted, where = _counted(charge), charge.get("measure", {}).get("where")
        for name, other in self.prices.items():
            if self.groups[name] == group or not counted or _counted(other) != counted or other.get("surcharge"):
                continue
            if other["measure"].get("where") in (None, where):
                return {**charge, "surcharge": True}
            if where is None:
                self.prices[name] = {**other, "surcharge": True}
        return charge

    def limit(self, **words: Any) -> None:  # noqa: ANN401  the words of a clamp
        """Add a minimum or a maximum; what is None is not said."""
        self.clamp.append({key: value for key, value in words.items() if value is not None})

    @property
    def words(self) -> Words:
        """The parts that are there, in the words of the file."""
        clamp = self.clamp[0] if len(self.clamp) == 1 else self.clamp
        parts: Words = {"prices": self.prices, "adjust": self.adjust, "clamp": clamp}
        return {key: value for key, value in parts.items() if value}

    @property
    def ordered(self) -> bool:
        """Whether money depends on an order of steps."""
        return bool(self.adjust or self.clamp)


def _counted(charge: Words) -> str:
    """Name the meters that a charge counts; empty for a fee."""
    measure = charge.get("measure", {})
    return str(measure.get("sum") or measure.get("max") or "")


def card(name: str, currency: str, draft: Draft, *, order: str) -> Words:
    """Make a card of one draft.

    Args:
        name: Name of the card.
        currency: ISO 4217 code.
        draft: What it charges.
        order: The engine's order of steps, said where money depends on it.
    """
    return {"plan": name, "currency": currency, **draft.words, **({"order": order} if draft.ordered else {})}


def phased(name: str, currency: str, phases: Sequence[tuple[int | None, Draft]], *, order: str) -> Words:
    """Make a card of phases that follow each other.

    Args:
        name: Name of the card.
        currency: ISO 4217 code.
        phases: How many months each lasts (None for no end), and what it charges.
        order: The engine's order of steps, said where money depends on it.
    """
    if len(phases) == 1 and phases[0][0] is None:
        return card(name, currency, phases[0][1], order=order)
    if not phases:
        return {"plan": name, "currency": currency}
    base = Draft(reading=phases[0][1].reading, path=(name,))
    begin = 0
    for months, draft in phases:
        _hoist(draft, base, begin)
        begin += months or 0
    listed = [
        {
            "during": {"counter": "restart"} if months is None else {"months": months, "counter": "restart"},
            **draft.words,
        }
        for months, draft in phases
    ]
    ordered = any(draft.ordered for _, draft in phases)
    said = {"order": order} if ordered else {}
    return {"plan": name, "currency": currency, **base.words, "phases": listed, **said}


def _hoist(draft: Draft, base: Draft, begin: int) -> None:
    """Move what is due once out of a phase, since it has a time of its own: the month in which the phase begins."""
    for name in [name for name, charge in draft.prices.items() if charge.get("during") == ONCE]:
        charge, origin = draft.prices.pop(name), draft.reading.origins.pop((*draft.path, "prices", name))
        after = {"after": begin} if begin else {}
        base.add(name, {**charge, "during": {**after, **charge["during"]}}, origin)


def apart(cards: Sequence[Words]) -> list[Words]:
    """Tell the customers of several plans apart by the label of the log that names their plan."""
    if len(cards) == 1:
        return list(cards)
    return [{"plan": c["plan"], "where": f"plan == {_label(c['plan'])}", **c} for c in cards]


def _label(text: str) -> str:
    return '"' + re.sub(r'["\\\\]', "", text) + '"'


def asks(key: str, labels: Sequence[str], part: Part) -> str:
    """Write a condition: a key of the log has one of these labels.

    Args:
        key: Name of the key.
        labels: What it may be.
        part: Where that is said; a name or a label that a condition can't hold is kept as a fault there.

    >>> asks("region", ["eu", "uk"], Part({}, "", Reading(engine="", source="", said={})))
    'region in ["eu", "uk"]'
    """
    if not key.isidentifier() or keyword.iskeyword(key):
        part.refuse(f"{key!r} as a key of the log", expected="a name of letters, digits and underscores")
    for label in labels:
        if {'"', "\\", "\n"} & set(label):
            part.refuse(f"the label {label!r}", expected="one without quotes and backslashes")
    quoted = [f'"{label}"' for label in labels]
    return f"{key} == {quoted[0]}" if len(quoted) == 1 else f"{key} in [{', '.join(quoted)}]"


def fee(amount: Decimal, every: str, prorate: str | None = None) -> Words:
    """Make a fee for each period."""
    during = {"every": every} if prorate is None else {"every": every, "prorate": prorate}
    return {"curve": [{"flat": amount}], "during": during}


ONCE = {"months": 1, "every": "month", "prorate": "none"}
"""When something is due once."""


def once(amount: Decimal) -> Words:
    """Make a fee that is due once, in the first month of the contract."""
    return {"curve": [{"flat": amount}], "during": dict(ONCE)}


def tier(rate: Decimal, flat: Decimal | None = None, up_to: Decimal | None = None, cap: Decimal | None = None) -> Words:
    """Make a tier; what is None, or a flat of 0, is not said."""
    words: Words = {} if up_to is None else {"up_to": up_to}
    words |= {"rate": rate} if rate or not flat else {}
    words |= {"flat": flat} if flat else {}
    return words if cap is None else {**words, "cap": cap}


def curve(tiers: Sequence[Words], mode: str, *, flat_on_zero: bool) -> Any:  # noqa: ANN401  a list or a dictionary
    """Make a curve, in its short form where one tier has only a rate."""
    if not tiers or (len(tiers) == 1 and "flat" not in tiers[0]):
        return list(tiers)
    words: Words = {"mode": mode} if len(tiers) > 1 else {}
    words |= {"flat_on_zero": flat_on_zero} if "flat" in tiers[0] else {}
    return {**words, "tiers": list(tiers)}


def usage(
    meter: str,
    window: str,
    priced: Any,  # noqa: ANN401  a curve
    *,
    convert: Mapping[str, Any] | None = None,
    where: str = "",
    by: Sequence[str] = (),
) -> Words:
    """Make a charge on the sum of a meter."""
    measure: Words = {"sum": meter, "window": window}
    measure |= {"where": where} if where else {}
    measure |= {"by": list(by)} if by else {}
    return {"measure": measure, **({"convert": dict(convert)} if convert else {}), "curve": priced}


def share(part: Decimal, whole: Decimal) -> Decimal | None:
    """Divide exactly; None where the quotient has no end in decimals.

    >>> share(Decimal(100), Decimal(1000)), share(Decimal(1), Decimal(3))
    (Decimal('0.1'), None)
    """
    exact = Fraction(part) / Fraction(whole)
    made = CONTEXT.divide(Decimal(exact.numerator), Decimal(exact.denominator))
    return made if Fraction(made) == exact else None


def closed(tiers: Sequence[tuple[Decimal | None, Part]]) -> bool:
    """Check that bounds rise and that only the last tier has no end; keep a fault where not.

    Args:
        tiers: The last unit of each tier (None for no end), and where it is said.
    """
    good, last = True, Decimal(0)
    for i, (up_to, part) in enumerate(tiers):
        final = i == len(tiers) - 1
        if up_to is None and not final:
            part.refuse("a tier without an end is followed by another", expected="an end on all but the last")
        elif up_to is not None and up_to <= last:
            part.refuse(f"tiers do not rise: {up_to} after {last}", mend="sort the tiers")
        elif up_to is not None and final:
            part.refuse(f"nothing is said above {up_to}", mend="give the last tier no end")
        else:
            last = up_to or last
            continue
        good = False
    if not tiers:
        return False
    return good
