"""Replayed: any card, rated line by line on the paths of the customers there are; slow, and exact in what it says."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

import numpy as np

from pertoken.core.keys import Key
from pertoken.core.lines import Usage
from pertoken.core.money import Values
from pertoken.forecast.paths import paths_of
from pertoken.forecast.population import Forecastable
from pertoken.forecast.simulate import Simulated
from pertoken.forecast.tariff import STAGES, Tariffs
from pertoken.forecast.worlds import REPLICATES
from pertoken.rating.card import Card
from pertoken.rating.contract import Contract
from pertoken.rating.rate import rate

OWN_STAGE = {"rounding": "list"}
"""Where the simulation adds up what the books keep apart."""


def replayed(
    model: Forecastable,
    tariffs: Tariffs,
    cards: Sequence[Card],
    *,
    known: Mapping[str, str] | None = None,
    paths: int = 160,
    seed: int,
    held: Collection[str] = (),
) -> Simulated:
    """Simulate the customers there are by cards that no array can say.

    Customers who are yet to come are not in it, nor changes of plan; a customer who leaves is charged what it used, and
    fees and minimums as the card has them for a contract that ends with the books.

    Args:
        model: The population and its laws.
        tariffs: Any tariffs of the same cells and months; what they say of prices is not looked at.
        cards: What all customers are charged by.
        known: What else the cards' conditions ask for.
        paths: How many worlds.
        seed: Same seed, same digits as in `simulate`.
        held: As in `simulate`.
    """
    people, months = model.people, model.months
    life = paths_of(model, tariffs, people.names, paths=paths, seed=seed, held=held)
    groups = len(next(iter(model.groups.values())))
    shape = (len(life.driver), len(months), groups)
    used = life.driver * life.here
    sums = {
        "driver": _grouped(used, people.group, shape),
        "cost": _grouped(used * people.cost[:, None], people.group, shape),
        "customers": _grouped(life.here, people.group, shape),
    }
    rated = rate(
        _usage(model, used, known or {}), tuple(cards), exact=False, unpriced="keep",
        contracts=_contracts(model, cards), span=_span(months),
    )  # fmt: skip
    ledger = rated.ledger
    stage, month = ledger.key("stage").column(), ledger.period("month").column()
    who = {name: i for i, name in enumerate(people.names)}
    group = np.array([people.group[who[name]] if name in who else 0 for name in ledger.key("customer").column()])
    place = {label: i for i, label in enumerate(months)}
    when = np.array([place[label] for label in month], dtype=np.intp)
    for name in STAGES:
        mine = np.array([OWN_STAGE.get(each, each) == name for each in stage], dtype=bool)
        if mine.any():
            out = np.zeros(shape)
            amounts = np.broadcast_to(ledger.values["amount"], (shape[0], len(ledger)))[:, mine]
            np.add.at(out, (slice(None), when[mine], group[mine]), amounts)  # type: ignore[arg-type]
            sums[name] = out
    sums.setdefault("list", np.zeros(shape))
    return Simulated(tuple(months), dict(model.groups), sums, REPLICATES if shape[0] > 1 else 1, cards[0].account)


def _grouped(values: Values, group: Values, shape: tuple[int, int, int]) -> Values:
    """Add customers up by group: `(path, customer, month)` to `(path, month, group)`."""
    out = np.zeros(shape)
    np.add.at(out, (slice(None), slice(None), group), np.swapaxes(values, 1, 2))  # type: ignore[arg-type]
    return out


def _usage(model: Forecastable, used: Values, known: Mapping[str, str]) -> Usage:
    """Usage of each customer, month and cell, with the paths ahead: `(path, line)`."""
    mix, months = model.people.mix, len(model.months)
    customers, cells = mix.shape
    quantity = np.einsum("pim,ic->pimc", used, mix).reshape(len(used), -1)
    names = Key.of(model.people.names)
    month = Key.of(model.months)
    lines = np.arange(customers * months * cells)
    keys = {name: key.pick(lines % cells) for name, key in model.cells.items()}
    keys |= {"customer": names.pick(lines // (months * cells)), "month": month.pick(lines // cells % months)}
    keys |= {name: Key.constant(label, len(lines)) for name, label in known.items()}
    return Usage(keys, {"quantity": quantity})


def _contracts(model: Forecastable, cards: Sequence[Card]) -> list[Contract]:
    """A contract of each customer on each card that tells customers apart, since it came."""
    first = int(model.months[0][:4]) * 12 + int(model.months[0][5:7]) - 1
    out = []
    for card in cards:
        for name, age in zip(model.people.names, model.people.age.tolist(), strict=True):
            year, month = divmod(first - age, 12)
            if card.scope == ("customer",):
                out.append(Contract(card=card.name, labels={"customer": name}, start=date(year, month + 1, 1)))
    return out


def _span(months: Sequence[str]) -> tuple[date, date]:
    last = int(months[-1][:4]) * 12 + int(months[-1][5:7])
    return date(int(months[0][:4]), int(months[0][5:7]), 1), date(last // 12, last % 12 + 1, 1)
