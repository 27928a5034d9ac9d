"""Job: a card at work on usage: which of it, in whose contracts, in which periods."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

import numpy as np

from pertoken.core import period
from pertoken.core.errors import CardError
from pertoken.core.lines import Key, Lines, Usage, filled
from pertoken.core.money import Values, array
from pertoken.rating.assign import Claim, Combos, during_key, durings, own_lines
from pertoken.rating.card import Card
from pertoken.rating.contract import Contract, Contracts
from pertoken.rating.contracts_of import contracts_of
from pertoken.rating.during import During
from pertoken.rating.part import Taken, total_tokens
from pertoken.rating.windows import CYCLE, window_key


@dataclass(frozen=True, eq=False)
class Job:
    """A card at work on usage.

    Args:
        card: The card.
        usage: All usage.
        stated: Contracts with their start and end.
        span: First day of the books and the day after the last; None for that of the usage.
        tz: Time zone of the periods.
        exact: Decimals or floats.
        worlds: The worlds in which the usage, or numbers of cards, differ.
    """

    card: Card
    usage: Usage
    stated: Sequence[Contract]
    span: tuple[date, date] | None
    tz: str
    exact: bool
    worlds: tuple[int, ...] = ()

    @cached_property
    def own(self) -> Usage:
        """The usage that the card is for."""
        own: Usage = own_lines(self.usage, self.card)
        return own

    @cached_property
    def contracts(self) -> Contracts:
        """The card's contracts in time."""
        return contracts_of(self.own, self.card, self.stated, span=self.span, tz=self.tz)

    @cached_property
    def tokens(self) -> Taken:
        """The card's usage by its tokens: what shares of a fee or a minimum follow."""
        return total_tokens(self.own)

    def key(self, lines: Lines, window: str) -> tuple[str, Key]:
        """Name and find the period of each line.

        Raises:
            CardError: The usage has no such period.
        """
        if self.card.during.anchor is None and window != "term":
            return window, window_key(lines, window, self.card)
        return self.contracts.key(lines, window)

    def invoiced(self, lines: Lines) -> Key:
        """Find the invoice of each line: its month, or its cycle, named by the day on which that begins.

        What is reckoned by the quarter or the year (a limit, a peak) stands on the invoice of the last month of it in
        which the contract runs. Without times there is one invoice, with an empty name.
        """
        own = CYCLE in lines.keys or period.finest(set(lines.keys)) in ("hour", "day", "month")
        key = self.key(lines, "month")[1] if own else Key.constant("", len(lines))
        for grain in ("quarter", "year"):
            if grain in lines.keys and "" in key.labels:
                key = filled(key, self._last_month(lines, grain))
        return key

    def _last_month(self, lines: Lines, grain: str) -> Key:
        """Find the last month of a longer period in which each line's contract runs; empty where a line has none."""
        key = lines.keys[grain]
        over = np.minimum(period.ends(key.labels)[key.codes], self.contracts.end[self.contracts.of_lines(lines)])
        every, codes = np.unique((over - np.timedelta64(1, "s")).astype("datetime64[M]"), return_inverse=True)
        return Key.of(np.where(np.isnat(every), "", every.astype(str))[codes.reshape(-1)].tolist())

    def taken(self, claim: Claim, combos: Combos) -> Taken:
        """The usage that a claim takes."""
        mask = combos.lines([weight is not None for weight in claim.weight])
        of_line = combos.of_line if mask is None else combos.of_line[mask]
        return Taken(self.usage if mask is None else self.usage.pick(mask), _weights(claim, of_line))

    def in_time(self) -> dict[str, Key]:
        """Make the key that says which parts of the card hold for each line of all usage, where not all always do.

        Raises:
            CardError: A part begins or ends inside a period of the usage.
        """
        parts = parts_in_time(self.card, self.stated)
        if not parts:
            return {}
        own, grain = self.own, period.finest(set(self.usage.keys))
        if grain is None:
            msg = (
                f"card {self.card.name!r} has parts that hold for a time, and the usage has no times; "
                "map a column to `time`, or say --period"
            )
            raise CardError(msg)
        key, who = own.keys[grain], self.contracts.of_lines(own)
        begin, end = period.begins(key.labels)[key.codes], period.ends(key.labels)[key.codes]
        bits = np.zeros(len(own), dtype=np.int64)
        for i, during in enumerate(parts):
            opened, closed = (edge[who] for edge in self.contracts.holds(during))
            cut = ((begin < opened) & (opened < end)) | ((begin < closed) & (closed < end))
            if cut.any():
                raise CardError(_cut(self.card, key, int(np.flatnonzero(cut)[0]), grain))
            bits |= ((begin >= opened) & (end <= closed)).astype(np.int64) << i
        every, which = np.unique(bits, return_inverse=True)
        labels = ("", *(format(x, f"0{len(parts)}b")[::-1] for x in every.tolist()))
        codes = np.zeros(len(self.usage), dtype=np.int32)
        codes[own_lines(self.usage, self.card, index=True)] = which.reshape(-1) + 1
        key = Key(codes, labels).relabel({label: label for label in labels})
        return {during_key(self.card): key}


def _cut(card: Card, key: Key, line: int, grain: str) -> str:
    finer = {"year": "month", "quarter": "month", "month": "day", "day": "hour"}.get(grain, "second")
    return (
        f"{card.source or card.name}: a contract or a phase begins or ends inside the {grain} "
        f"{key.labels[key.codes[line]]}; expected usage by {finer} or finer, so that it can be told apart; "
        f"ask for it (--by {finer}), or move the date"
    )


def parts_in_time(card: Card, stated: Sequence[Contract]) -> list[During]:
    """List when parts of a card hold: first the card itself, then each charge that does not always; empty if all do."""
    some = durings(card)
    mine = not card.during.always or any(c.card == card.name and (c.start or c.end) for c in stated)
    return [During(), *some] if some or mine else []


def _weights(claim: Claim, of_line: Values) -> Values | None:
    if all(weight in (None, 1) for weight in claim.weight):
        return None
    table = array([weight if weight is not None else Decimal(0) for weight in claim.weight], exact=True)
    weights: Values = table[of_line]
    return weights
