"""The contracts of a card: those that are stated, and those that usage without any speaks for."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np

from pertoken.core import period
from pertoken.core.distinct import distinct, first_of
from pertoken.core.errors import CardError, InputError
from pertoken.core.lines import Key, Lines, combine, concat
from pertoken.core.period import Instants
from pertoken.rating.card import Card
from pertoken.rating.contract import Contract, Contracts
from pertoken.rating.windows import (
    ALWAYS,
    NEVER,
    instant,
)


def contracts_of(
    own: Lines,
    card: Card,
    stated: Sequence[Contract] = (),
    *,
    span: tuple[date, date] | None = None,
    tz: str = "UTC",
) -> Contracts:
    """Find the contracts of a card: those stated, and those that have usage.

    Args:
        own: The usage that the card is for.
        card: The card.
        stated: Contracts with their start and end, for any card.
        span: First day of the books and the day after their last; those of the usage if None.
        tz: Time zone of the periods.
    """
    mine = [c for c in stated if c.card == card.name]
    _sound(mine, card)
    begin, end = _times(own)
    edges = _span(begin, end, mine, span, empty=not len(own))
    given = {name: Key.of([c.labels.get(name, "") for c in mine]) for name in card.scope}
    used = Lines({name: own.key(name) for name in card.scope}, {})
    both = concat(Lines, [Lines(given, {}), used]) if card.scope else used
    size = len(mine) + len(own) if card.scope else max(len(own), 1)
    code = combine([both.keys[n] for n in card.scope], size)[0] if card.scope else np.zeros(size, dtype=np.int64)
    every, which = distinct(code)
    first_line = first_of(which, len(every))
    of_usage = which[len(mine) if card.scope else 0 :][: len(own)]
    first, last = np.full(len(every), ALWAYS), np.full(len(every), NEVER)
    known = np.flatnonzero(~np.isnat(begin))
    whose = of_usage[known] if len(known) else known
    np.minimum.at(first.view(np.int64), whose, begin[known].view(np.int64))
    np.maximum.at(last.view(np.int64), whose, end[known].view(np.int64))
    start, ended = np.full(len(every), NEVER), np.full(len(every), ALWAYS)
    owner = which[: len(mine)] if card.scope else np.zeros(len(mine), dtype=np.intp)
    for i, contract in zip(owner.tolist(), mine, strict=True):
        start[i], ended[i] = instant(contract.start, NEVER), instant(contract.end, ALWAYS)
        first[i] = start[i] if contract.start else min(first[i], edges[0])
        last[i] = ended[i]
    said = card.during
    first = np.where(said.start is not None, np.minimum(first, instant(said.start, ALWAYS)), first)
    last = np.where(said.end is not None, np.maximum(last, instant(said.end, NEVER)), last)
    keys = {name: Key(both.keys[name].codes[first_line], both.keys[name].labels) for name in card.scope}
    first, last = np.maximum(first, edges[0]), np.minimum(last, edges[1])
    return Contracts(card, keys, first, last, start, ended, edges, said.tz or tz)


def _sound(stated: Sequence[Contract], card: Card) -> None:
    """Refuse contracts that can't be told apart, or that say less than the card asks.

    Raises:
        CardError: A contract lacks a label of the card's scope, ends before it begins, or stands twice.
    """
    seen: dict[tuple[str, ...], Contract] = {}
    where = card.source or card.name
    for each in stated:
        lacking = [name for name in card.scope if not each.labels.get(name)]
        if lacking:
            found = f"a contract on {card.name} has the labels {dict(each.labels)}"
            msg = f"{where}: {found}; expected {', '.join(lacking)} too"
            raise CardError(msg)
        who = tuple(each.labels[name] for name in card.scope)
        named = " ".join(who) or "the account"
        if each.start and each.end and each.end <= each.start:
            msg = (
                f"{where}: the contract of {named} ends {each.end}, not after its start {each.start}; let it end later"
            )
            raise CardError(msg)
        if who in seen:
            other = seen[who]
            msg = (
                f"{where}: two contracts of {named} on {card.name}, from {other.start} to {other.end} and "
                f"from {each.start} to {each.end}; expected one; join them, or write a card of another name for "
                "the second"
            )
            raise CardError(msg)
        seen[who] = each


def _times(own: Lines) -> tuple[Instants, Instants]:
    """Begin and end of each line's finest period; empty where the usage has none."""
    grain = period.finest(set(own.keys))
    if grain is None:
        none: Any = np.zeros(0, dtype="datetime64[s]")
        return none, none
    key = own.keys[grain]
    return period.begins(key.labels)[key.codes], period.ends(key.labels)[key.codes]


def _span(
    begin: Instants, end: Instants, stated: Sequence[Contract], said: tuple[date, date] | None, *, empty: bool
) -> tuple[np.datetime64, np.datetime64]:
    known, over = begin[~np.isnat(begin)], end[~np.isnat(end)]
    if said is not None:
        first, last = instant(said[0], NEVER), instant(said[1], ALWAYS)
        if len(known) and (known.min() < first or over.max() > last):
            msg = (
                f"the books run from {said[0]} to {said[1]}, and there is usage from {str(known.min())[:10]} to "
                f"{str(over.max())[:10]}; expected usage inside the books; leave out the rest, or let the span hold it"
            )
            raise InputError(msg)
        return first, last
    if len(known):
        return known.min(), over.max()
    if empty and any(c.end is None for c in stated):
        msg = "there is no usage, and a contract without an end; nothing says how long the books are; say their span"
        raise InputError(msg)
    days = [instant(c.start, NEVER) for c in stated if c.start] + [instant(c.end, ALWAYS) for c in stated if c.end]
    nothing = np.datetime64("1970-01-01", "s")
    return (min(days), max(days)) if days else (nothing, nothing) if empty else (NEVER, NEVER)
