"""Which price takes which usage: decided once for each combination of labels, never line by line."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pertoken.catalog.prices import SAME_AS_STANDARD, STANDARD, Rate
from pertoken.catalog.terms import iso
from pertoken.core.errors import CardError, DoublePriced, nearest
from pertoken.core.expression import Condition, condition, weights
from pertoken.core.lines import Lines, Usage, combine
from pertoken.core.meters import leaves, meter
from pertoken.rating.card import Band, Card, Charge
from pertoken.rating.during import During
from pertoken.usage.question import PRICE_FROM, PerRequest, above_key

RATES = "rates"
"""The name under which the table of rates stands as a charge."""

BATCH = "batch"
"""The service tier by which some vendors report batch work."""

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Combos:
    """The distinct combinations of some keys, and which of them each line has.

    Args:
        labels: One dictionary for each combination.
        of_line: Index into `labels`, shape `(line,)`.
    """

    labels: tuple[Labels, ...]
    of_line: NDArray[Any]

    def lines(self, chosen: Sequence[bool]) -> NDArray[np.bool_] | None:
        """Mark the lines whose combination is chosen; None for all of them."""
        if all(chosen):
            return None
        mask: NDArray[np.bool_] = np.array(chosen, dtype=bool)[self.of_line]
        return mask


def combos(usage: Lines, names: Sequence[str]) -> Combos:
    """Find the combinations of the keys named that stand in the usage."""
    keys = [usage.key(name) for name in names]
    code, span = combine(keys, len(usage))
    if span == 1:
        found = np.zeros(min(len(usage), 1), dtype=np.intp)
        of_line: NDArray[Any] = code
    elif span <= max(4 * len(usage), 1024):
        found = np.flatnonzero(np.bincount(code, minlength=span))
        slot = np.zeros(span, dtype=np.int32)
        slot[found] = np.arange(len(found), dtype=np.int32)
        of_line = slot[code]
    else:
        found, of_line = np.unique(code, return_inverse=True)
    first = np.zeros(len(found), dtype=np.intp)
    if len(found) > 1:
        first[of_line] = np.arange(len(usage))
    rows = zip(*([k.labels[c] for c in k.codes[first]] for k in keys), strict=True)
    return Combos(tuple(dict(zip(names, row, strict=True)) for row in rows), of_line)


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """The usage that one charge of one card takes.

    Args:
        card: The card.
        name: Name of the charge; `rates` for the table of rates.
        charge: The charge; None for the table of rates.
        weight: Weight of each combination in the measure, None where it isn't taken, shape `(combo,)`.
        rates: For the table of rates: the rate of each combination, else None, shape `(combo,)`.
    """

    card: Card
    name: str
    charge: Charge | None
    weight: tuple[Decimal | None, ...]
    rates: tuple[Rate | None, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Assignment:
    """Who prices what.

    Args:
        combos: Combinations of the keys that conditions ask for.
        claims: In the order of the cards and their charges.
        member: For each card, whether it is for the combination.
        unpriced: Combinations that are billable and that nobody claims, shape `(combo,)`.
    """

    combos: Combos
    claims: tuple[Claim, ...]
    member: tuple[tuple[bool, ...], ...]
    unpriced: tuple[bool, ...]


DURING = "during "
"""How the names of keys begin that say which parts of a card hold."""


def during_key(card: Card) -> str:
    """Name the key that says which parts of a card hold for a line, as digits; empty if the card is not for it."""
    return f"{DURING}{card.name}"


def own_lines(usage: Usage, card: Card, *, index: bool = False) -> Any:  # noqa: ANN401  lines, or their index
    """Pick the usage that a card is for.

    Raises:
        CardError: Its condition asks for a key that the usage doesn't have.
    """
    if not card.where:
        return np.arange(len(usage)) if index else usage
    asked = condition(card.where)
    names = sorted(above_key(card.bands[name].of) if name in card.bands else name for name in asked.names)
    _need(names, usage, [card])
    found = combos(usage, names)
    mask = found.lines([holds(asked, each, card.bands) for each in found.labels])
    lines = np.arange(len(usage)) if mask is None else np.flatnonzero(mask)
    return lines if index else usage if mask is None else usage.pick(lines)


def assign(usage: Usage, cards: Sequence[Card]) -> Assignment:
    """Decide which charge takes which usage.

    Raises:
        CardError: A condition asks for a key that the usage doesn't have.
        DoublePriced: Two charges claim the same usage, neither marked a surcharge.
    """
    names = sorted({"meter"}.union(*(_names(card) for card in cards)))
    _need(names, usage, cards)
    names += [during_key(card) for card in cards if during_key(card) in usage.keys]
    found = combos(usage, names)
    member = tuple(_member(card, found.labels) for card in cards)
    claims = [c for card, m in zip(cards, member, strict=True) for c in _claims(card, m, found.labels)]
    unpriced = _unclaimed(found.labels, claims)
    return Assignment(found, tuple(_without(claim, unpriced) for claim in claims), member, unpriced)


def _without(claim: Claim, unpriced: Sequence[bool]) -> Claim:
    """A surcharge takes nothing that has no price to come on top of."""
    weight = tuple(None if none else w for w, none in zip(claim.weight, unpriced, strict=True))
    return replace(claim, weight=weight)


def asked_by(card: Card) -> set[str]:
    """Name the keys that a card's conditions and counts ask for."""
    return _names(card).union(*(c.measure.by for c in card.prices.values() if c.measure))


def _names(card: Card) -> set[str]:
    texts = [card.where, *(c.measure.where for c in card.prices.values() if c.measure), *(d.where for d in card.adjust)]
    names = {name for text in texts if text for name in condition(text).names}
    out = {above_key(card.bands[name].of) if name in card.bands else name for name in names}
    return out | rate_keys(card.rates)


def rate_keys(rates: Sequence[Rate]) -> set[str]:
    """Name the keys that a table of rates is looked up by."""
    out = {"model"} if rates else set()
    out |= {"provider"} if any(rate.provider for rate in rates) else set()
    out |= {"batch", "service_tier"} if rates else set()
    out |= {"speed"} if any(rate.speed != STANDARD for rate in rates) else set()
    out |= {"region"} if any(rate.region for rate in rates) else set()
    out |= {rate.window.key for rate in rates if rate.window}
    out |= {above_key("prompt_tokens")} if any(rate.above for rate in rates) else set()
    return out | ({PRICE_FROM} if any(rate.start or rate.end for rate in rates) else set())


def _need(names: Sequence[str], usage: Usage, cards: Sequence[Card]) -> None:
    for name in names:
        if name not in usage.keys:
            card = next(card for card in cards if name in _names(card))
            msg = (
                f"card {card.name!r} ({card.source or 'from code'}) asks for the key {name!r}, "
                "which the usage doesn't have; "
                f"{nearest(name, usage.keys)} Map a column to it, or change the card's condition."
            )
            raise CardError(msg)


def _member(card: Card, labels: Sequence[Labels]) -> tuple[bool, ...]:
    asked = condition(card.where) if card.where else None
    return tuple(_in_time(card, each, 0) and holds(asked, each, card.bands) for each in labels)


def _in_time(card: Card, labels: Labels, part: int) -> bool:
    """Tell whether a part of a card holds for a combination; part 0 is the card."""
    bits = labels.get(during_key(card))
    return bits is None or bits[part : part + 1] == "1"


def holds(asked: Condition | None, labels: Labels, bands: Mapping[str, Band]) -> bool:
    """Answer a condition for a combination, with the card's own names for bands."""
    if asked is None:
        return True
    named = {
        name: "true" if int(labels[above_key(band.of)] or 0) >= band.above else "false"
        for name, band in bands.items()
        if name in asked.names
    }
    return asked.holds({**labels, **named})


def _claims(card: Card, member: Sequence[bool], labels: Sequence[Labels]) -> Iterator[Claim]:
    if card.rates:
        book = RateBook.of(card.rates)
        rates = tuple(book.find(each) if m else None for m, each in zip(member, labels, strict=True))
        yield Claim(card, RATES, None, tuple(None if rate is None else Decimal(1) for rate in rates), rates)
    part = {during: i + 1 for i, during in enumerate(durings(card))}
    for name, charge in card.prices.items():
        if charge.measure is None or charge.measure.of:
            yield Claim(card, name, charge, (None,) * len(labels))
            continue
        asked = condition(charge.measure.where) if charge.measure.where else None
        at = part.get(charge.during)
        factor = _factors(charge, {each["meter"] for each in labels})
        yield Claim(
            card,
            name,
            charge,
            tuple(
                factor.get(each["meter"])
                if m and (at is None or _in_time(card, each, at)) and holds(asked, each, card.bands)
                else None
                for m, each in zip(member, labels, strict=True)
            ),
        )


def durings(card: Card) -> list[During]:
    """List the times in which charges hold that do not always."""
    return list(dict.fromkeys(c.during for c in card.prices.values() if c.measure and not c.during.always))


def _factors(charge: Charge, present: set[str]) -> dict[str, Decimal]:
    """The weights of meters in a count; a count of labels looks at all usage and takes none."""
    measure = charge.measure
    assert measure is not None  # noqa: S101  see the caller
    if measure.unique:
        return dict.fromkeys(present, Decimal(1))
    factor = leaf_weights(measure.meters, present)
    statistic = per_request(charge)
    if statistic is None or not factor:
        return factor
    if statistic.meter not in present:
        msg = f"a charge counts {measure.meters} request by request, and the usage has no such sum; rate the log itself"
        raise CardError(msg)
    return {**dict.fromkeys(factor, Decimal(0)), statistic.meter: Decimal(1)}


def per_request(charge: Charge) -> PerRequest | None:
    """Make the sum over requests that a charge asks for, where what is counted is converted request by request."""
    how, measure = charge.convert, charge.measure
    if measure is None or measure.window != "request" or not how.whole:
        return None
    return PerRequest(
        weights=tuple(sorted(weights(measure.meters).items())),
        per=how.per,
        times=how.times,
        round=how.round,
        precision=how.precision,
        free=how.free,
        free_first=bool(how.free_first),
    )


def leaf_weights(text: str, present: set[str]) -> dict[str, Decimal]:
    """Expand a measure to weights of the leaf meters present.

    >>> leaf_weights("total_tokens", {"input_tokens", "requests"})
    {'input_tokens': Decimal('1')}
    """
    out: dict[str, Decimal] = {}
    for name, weight in weights(text).items():
        for leaf in leaves(name, sorted(present)):
            out[leaf] = out.get(leaf, Decimal(0)) + weight
    return out


def _unclaimed(labels: Sequence[Labels], claims: Sequence[Claim]) -> tuple[bool, ...]:
    out = []
    for i, each in enumerate(labels):
        takers = [c for c in claims if c.weight[i] is not None and not _looks(c)]
        plain = [c for c in takers if c.charge is None or not c.charge.surcharge]
        if len(plain) > 1:
            one, two = plain[0], plain[1]
            lines = f"{_place(one)} and {_place(two)}"
            mend = "mark one `surcharge: true` or narrow its `where`"
            msg = f"{each['meter']} of {_about(each)} is priced twice: {lines}; {mend}"
            raise DoublePriced(msg)
        out.append(not plain and meter(each["meter"]).billable)
    return tuple(out)


def _looks(claim: Claim) -> bool:
    """Tell whether a claim only looks at usage, as a count of labels does."""
    return bool(claim.charge and claim.charge.measure and claim.charge.measure.unique)


def _place(claim: Claim) -> str:
    line = f", line {claim.charge.line}" if claim.charge and claim.charge.line else ""
    return f"charge {claim.name!r} of card {claim.card.name!r}{line}"


def _about(labels: Labels) -> str:
    return ", ".join(f"{k}={v}" for k, v in labels.items() if k != "meter" and v) or "all usage"


Terms = tuple[str, str, str, bool, str, str, str]
"""Provider, model, meter, batch, service tier, speed, region."""


@dataclass(frozen=True, slots=True, eq=False)
class RateBook:
    """A table of rates, made ready for look-up.

    Args:
        rows: Rates by their terms, the latest start first, of that the longest band, of that those of some hours.
        owners: (provider, model, meter) of the rates that name a provider.
    """

    rows: Mapping[Terms, Sequence[Rate]] = field(default_factory=dict)
    owners: frozenset[tuple[str, str, str]] = frozenset()

    @classmethod
    def of(cls, rates: Sequence[Rate]) -> "RateBook":
        """Sort a table of rates by what it is looked up by."""
        rows: dict[Terms, list[Rate]] = {}
        for r in rates:
            rows.setdefault((r.provider, r.model, r.meter, r.batch, r.service_tier, r.speed, r.region), []).append(r)
        for group in rows.values():
            group.sort(key=lambda rate: (iso(rate.start), rate.above, rate.window is not None), reverse=True)
        return cls(rows, frozenset((r.provider, r.model, r.meter) for r in rates if r.provider))

    def find(self, labels: Labels) -> Rate | None:
        """Look the rate of a combination up: the latest price that had begun, of that the longest band."""
        return chosen(self.listed(labels), labels)

    def listed(self, labels: Labels) -> Sequence[Rate]:
        """List the rates on a combination's terms, whatever its time and length.

        Where a provider has any price of its own for a model's meter, prices that name no provider are not for it; the
        same holds of a region.
        """
        tier = labels.get("service_tier", STANDARD)
        batch = labels["batch"] == "true" or tier.lower() == BATCH
        tier = STANDARD if tier.lower() in {*SAME_AS_STANDARD, BATCH} else tier
        speed = labels.get("speed", STANDARD)
        speed = STANDARD if speed.lower() in SAME_AS_STANDARD else speed
        model, meter = labels["model"], labels["meter"]
        provider = labels.get("provider", "")
        owner = provider if (provider, model, meter) in self.owners else ""
        terms = (owner, model, meter, batch, tier, speed)
        return self.rows.get((*terms, labels.get("region", ""))) or self.rows.get((*terms, ""), ())


def chosen(rows: Sequence[Rate], labels: Labels) -> Rate | None:
    """Choose among rates on the same terms, in the order of a `RateBook`, the one for a time and a length."""
    found = next((rate for rate in rows if _fits(rate, labels)), None)
    return None if found and found.end and labels[PRICE_FROM] >= iso(found.end) else found


def _fits(rate: Rate, labels: Labels) -> bool:
    long_enough = rate.above == 0 or int(labels[above_key("prompt_tokens")]) >= rate.above
    begun = rate.start is None or labels[PRICE_FROM] >= iso(rate.start)
    return long_enough and begun and (rate.window is None or labels[rate.window.key] == "true")
