"""Rate: usage and cards become a ledger. Each step adds lines; none is ever edited.

The order is the invoice's: what was used is charged, each line is rounded to the cent, then discounts and limits follow
in the order that the card says, each with its own rounding, each reckoned on the rounded lines before it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import localcontext
from functools import cached_property
from typing import Literal

import numpy as np

from pertoken.core import period
from pertoken.core.errors import CardError, InputError, nearest
from pertoken.core.exact import CONTEXT
from pertoken.core.lines import Key, Ledger, Lines, Usage, concat, in_worlds
from pertoken.rating.adjust import both, rounded, steps
from pertoken.rating.assign import DURING, Assignment, Claim, asked_by, assign
from pertoken.rating.card import Band, Card, plain
from pertoken.rating.charge import charged, linear
from pertoken.rating.contract import Contract
from pertoken.rating.draw import Drawn, Listed, money_pools, quantity_pools
from pertoken.rating.job import Job
from pertoken.rating.part import Part, Taken
from pertoken.rating.replay import Replay
from pertoken.rating.uncertain import worlds_in
from pertoken.rating.unpriced import without_price
from pertoken.usage.question import above_key

STAGES: dict[str, frozenset[str]] = {
    "list": frozenset({"list", "contracted", "effective", "billed"}),
    "discount": frozenset({"contracted", "effective", "billed"}),
    "minimum": frozenset({"contracted", "effective", "billed"}),
    "maximum": frozenset({"contracted", "effective", "billed"}),
    "rounding": frozenset({"contracted", "effective", "billed"}),
    "covered": frozenset({"effective", "billed"}),
    "drawn": frozenset({"effective"}),
    "unused": frozenset({"effective"}),
    "purchase": frozenset({"billed"}),
    "refund": frozenset({"billed"}),
}
"""Which of the four amounts of the FOCUS standard each stage of the ledger belongs to."""

AMOUNTS = ("list", "contracted", "effective", "billed")


@dataclass(frozen=True, eq=False)
class Rated:
    """What rating gives.

    Args:
        parts: Priced lines, step by step, with the usage behind them.
        unpriced: Billable usage that no card prices; empty unless it was to be set aside.
        replays: What happened in the cards' pools, by card.
        jobs: The cards at work, by name: their contracts and periods.
    """

    parts: tuple[Part, ...]
    unpriced: Usage
    replays: Mapping[str, tuple[Replay, ...]] = field(default_factory=dict)
    jobs: Mapping[str, Job] = field(default_factory=dict)

    @cached_property
    def ledger(self) -> Ledger:
        """All lines as one table."""
        return concat(Ledger, [part.lines for part in self.parts])


def rate(
    usage: Usage,
    cards: Card | Sequence[Card],
    *,
    exact: bool = True,
    unpriced: Literal["raise", "keep"] = "raise",
    contracts: Sequence[Contract] = (),
    span: tuple[date, date] | None = None,
    timezone: str = "UTC",
) -> Rated:
    """Price usage by the cards of one side.

    Args:
        usage: Quantities of leaf meters. [unit of the meter], shape `(*batch, line)`
        cards: One card or several that share the work; all of one party and currency. A number of theirs may be a
            `Drawn`, one for each world, where the card is rated in floats.
        exact: True for `Decimal` (invoices), False for `float64` (studies); they agree to 1e-9.
        unpriced: `raise` when billable usage has no price, or `keep` it apart.
        contracts: When contracts begin and end; without, a contract runs from its first period with usage to its last.
        span: First day of the books and the day after their last; those of the usage if None. Fees, limits and pools
            are reckoned for the periods in it.
        timezone: Zone in which the periods of the usage are reckoned.

    Returns:
        The ledger and the usage that stayed unpriced.

    Raises:
        UnpricedUsage: Billable usage that no card prices, or that a pool no longer covers and nobody sells.
        CardError: A card asks for keys that the usage lacks, two charges claim the same usage, currencies differ.
    """
    book = (cards,) if isinstance(cards, Card) else tuple(cards)
    _one_side(book)
    worlds = _worlds(usage, book, exact=exact)
    with localcontext(CONTEXT):
        usage = _with_bands(_with_periods(usage, book), book)
        jobs = [Job(card, usage, contracts, span, _zone(card, timezone), exact, worlds) for card in book]
        for job in jobs:
            if span is not None or contracts:
                job.contracts.began()  # what is said of the books and of contracts is checked, needed or not
            usage = usage.with_keys(**job.in_time())
        jobs = [replace(job, usage=usage) for job in jobs]
        who = assign(usage, book)
        aside = [_aside(usage, who)]
        if unpriced == "raise" and len(aside[0]):
            raise without_price(aside[0], contracts)
        parts: list[Part] = []
        replays: dict[str, tuple[Replay, ...]] = {}
        for job in jobs:
            made, drawn = _rate_card(job, who)
            parts += made
            replays[job.card.name] = drawn.replays
            aside += drawn.blocked
        if unpriced == "raise" and any(len(each) for each in aside):
            raise without_price(concat(Usage, [each for each in aside if len(each)]), contracts)
        return Rated(tuple(parts), concat(Usage, aside), replays, {job.card.name: job for job in jobs})


def _worlds(usage: Usage, cards: Sequence[Card], *, exact: bool) -> tuple[int, ...]:
    """Find the worlds in which quantities or numbers of cards differ.

    Raises:
        CardError: Numbers of cards differ by world, and the usage by others; or money is to be exact.
    """
    own, drawn = usage.values["quantity"].shape[:-1], worlds_in(cards)
    if drawn and exact:
        msg = "numbers of a card differ by world, and money is to be exact; an invoice has one world; say exact=False"
        raise CardError(msg)
    try:
        return np.broadcast_shapes(own, drawn)
    except ValueError:
        msg = f"the usage has {own} worlds and numbers of the cards have {drawn}; expected the same; draw them together"
        raise CardError(msg) from None


def _zone(card: Card, timezone: str) -> str:
    if card.during.tz and card.during.tz != timezone:
        own = card.during.tz
        msg = f"card {card.name!r} reckons its periods in {own}, the usage is by {timezone}; say --timezone {own}"
        raise CardError(msg)
    return timezone


def amount(ledger: Lines, kind: str) -> Lines:
    """Keep the lines of a ledger that make up one of the four amounts: list, contracted, effective or billed.

    Raises:
        InputError: No such amount.
    """
    if kind not in AMOUNTS:
        msg = f"no amount {kind!r}; {nearest(kind, AMOUNTS)}"
        raise InputError(msg)
    stage = ledger.key("stage")
    belongs = np.array([kind in STAGES[label] for label in stage.labels] or [False])
    return ledger.pick(belongs[stage.codes])


def _with_periods(usage: Usage, cards: Sequence[Card]) -> Usage:
    """Name the coarser periods that cards ask for and the usage has by a finer one only."""
    asked = set[str]().union(*(asked_by(card) for card in cards)) & set(period.GRAINS)
    return usage.with_keys(**{name: usage.period(name) for name in asked - set(usage.keys)})


def _with_bands(usage: Usage, cards: Sequence[Card]) -> Usage:
    """Name the bands of length that charges are counted by apart, where the usage only has their bounds.

    Raises:
        CardError: Two cards mean different bands by one name.
    """
    bands: dict[str, Band] = {}
    for card in cards:
        by = {name for charge in card.prices.values() if charge.measure for name in charge.measure.by}
        for name in sorted(by & set(card.bands) - set(usage.keys)):
            if bands.setdefault(name, card.bands[name]) != card.bands[name]:
                msg = f"two cards of one side mean different bands by {name!r}; both count by it; rename one"
                raise CardError(msg)
    made: dict[str, Key | str] = {}
    for name, band in bands.items():
        if above_key(band.of) not in usage.keys:
            continue  # told with all other keys that are missing
        bounds = usage.keys[above_key(band.of)]
        made[name] = bounds.relabel({b: str(int(b or 0) >= band.above).lower() for b in bounds.labels})
    return usage.with_keys(**made)


def _one_side(cards: Sequence[Card]) -> None:
    if not cards:
        msg = "no card to rate with"
        raise CardError(msg)
    for name in ("party", "currency"):
        said = {getattr(card, name) for card in cards}
        if len(said) > 1:
            msg = f"cards of one side must agree on their {name}; found {sorted(said)}; rate them apart"
            raise CardError(msg)
    names = [card.name for card in cards]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        msg = f"two cards of one side are called {', '.join(twice)}; a ledger tells cards apart by name; rename one"
        raise CardError(msg)


def _aside(usage: Usage, who: Assignment) -> Usage:
    if not any(who.unpriced):
        return usage.pick(np.zeros(0, dtype=np.intp))
    lines = usage.pick(np.array(who.unpriced, dtype=bool)[who.combos.of_line])
    used = np.atleast_2d(lines.values["quantity"] != 0).any(axis=tuple(range(lines.values["quantity"].ndim - 1)))
    return lines.pick(used.reshape(-1))


def _rate_card(job: Job, who: Assignment) -> tuple[list[Part], Drawn]:
    """Charges at list, then pools that are counted in units, then the steps of the card in its order."""
    listed: dict[str, Listed] = {}
    parts: list[Part] = []
    for claim in who.claims:
        if claim.card is job.card:
            earlier = [each.claim for name, each in listed.items() if plain(name) == plain(claim.name)]
            made = rounded([charged(job, claim, who.combos, parts, earlier)], job)
            taken = job.tokens if job.card.pools and not _measures(claim) else made[0].taken
            listed[claim.name] = Listed(claim, taken, made)
            parts += made
    _told(job, listed)
    drawn = quantity_pools(job, {n: each for n, each in listed.items() if _measures(each.claim)})
    parts += drawn.parts
    for name, step in steps(job):
        if name == "credit":
            more = money_pools(job, parts, listed)
            parts += more.parts
            drawn = Drawn(drawn.parts, drawn.replays + more.replays, drawn.blocked)
        else:
            parts += both(step, parts, job)
    return [_signed(part, job) for part in parts or [_nothing(job)]], drawn


def _told(job: Job, listed: Mapping[str, Listed]) -> None:
    """Refuse a count that changes its price inside a window without saying whether it begins again."""
    seen: dict[str, set[tuple[str, ...]]] = {}
    for name, each in listed.items():
        charge = each.claim.charge
        if "@" not in name and not any(other.startswith(f"{name}@") for other in listed):
            continue
        if charge is None or charge.measure is None or linear(charge) is not None or not len(each.taken.usage):
            continue
        window = job.key(each.taken.usage, charge.measure.window)[1]
        who = [each.taken.usage.key(n) for n in job.card.scope]
        found = {tuple(row.values()) for row in _labels([*who, window], len(each.taken.usage))}
        if charge.during.counter is None and found & seen.get(plain(name), set()):
            msg = (
                f"{job.card.source or job.card.name}: the price of {plain(name)} changes inside a "
                f"{charge.measure.window}; expected whether its tiers begin again, since money depends on it; "
                "say counter: restart or counter: carry under the phase's during"
            )
            raise CardError(msg)
        seen.setdefault(plain(name), set()).update(found)


def _labels(keys: Sequence[Key], size: int) -> list[dict[str, str]]:
    made = {str(i): key for i, key in enumerate(keys)}
    return Lines(made, {"one": np.ones(size)}).fold(list(made)).with_keys().records() if size else []


def _measures(claim: Claim) -> bool:
    return bool(claim.charge and claim.charge.measure and not claim.charge.measure.of)


def _signed(part: Part, job: Job) -> Part:
    keys = {name: key for name, key in part.lines.keys.items() if not name.startswith(DURING)}
    values = {name: in_worlds(value, job.worlds) for name, value in part.lines.values.items()}
    return replace(part, lines=Lines(keys, values).with_keys(account=job.card.account, card=job.card.name))


def _nothing(job: Job) -> Part:
    keys = {name: Key.constant("", 0) for name in job.card.scope}
    none = Lines(keys, {"quantity": np.zeros(0), "amount": np.zeros(0)})
    return Part.of(none, "", "", "list", Taken(Usage({"meter": Key.constant("", 0)}, {"quantity": np.zeros(0)})))
