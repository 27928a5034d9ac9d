"""A migration in words: what decides it, whom to spare and what to watch, computed from the run."""

from collections.abc import Iterator

import numpy as np

from pertoken.forecast.migration.answer import Migrated
from pertoken.forecast.migration.decide import LOSES, signals, spared
from pertoken.present.migration_watch import SAID
from pertoken.present.numbers import rough, show

SURE, EVEN = 0.9, 0.5
"""Share of the worlds from which on a rise, or a fall, is called very likely; and a rise rather likely."""

NAMED = 3
"""Customers who are named in a sentence."""


def conclusion(answer: Migrated) -> str:
    """What to take away, in a few sentences, each with numbers of the run."""
    if not (answer.made.new - answer.made.old).any():
        return "Nobody would be billed otherwise, so nothing changes."
    return " ".join([_verdict(answer), *_steps(answer), *_bounds(answer), _people(answer), *_spare(answer),
                     _watch(answer)])  # fmt: skip


def _verdict(answer: Migrated) -> str:
    change = (answer.made.new - answer.made.old).sum(axis=-1)
    wins, loses = float((change > 0).mean()), float((change < 0).mean())
    if wins >= SURE:
        return f"Revenue very likely rises ({show(wins, 'share')} of the worlds)."
    if wins > EVEN:
        return f"Revenue rather rises than falls ({show(wins, 'share')} of the worlds): begin with some, and watch."
    if loses >= SURE:
        return f"Revenue very likely falls ({show(loses, 'share')} of the worlds)."
    return f"Revenue rather falls, or stays as it is (it rises in {show(wins, 'share')} of the worlds)."


def _steps(answer: Migrated) -> Iterator[str]:
    """The largest steps up and down."""
    means = {name: float(value.sum(axis=-1).mean()) for name, value in answer.made.steps.items()}
    up, down = max(means, key=lambda name: means[name]), min(means, key=lambda name: means[name])
    kind = rough(*means.values())
    if means[up] > 0:
        yield f"Most comes by {up} ({show(means[up], kind)} {answer.currency})."
    if means[down] < 0:
        yield f"Most goes by {down} ({show(means[down], kind)})."


def _bounds(answer: Migrated) -> Iterator[str]:
    """What a guess of the share of movers would have said."""
    made = answer.made
    old = float(made.old.sum(axis=-1).mean())
    lot, simulated, best = (
        float(each.sum(axis=-1).mean()) for each in (made.random_movers, made.movers, made.optimisers)
    )
    if old > 0:
        yield (
            f"If movers were drawn by lot it would be {show(lot / old, 'share')} of revenue before usage and churn, "
            f"if all who save moved {show(best / old, 'share')}; as customers choose it is "
            f"{show(simulated / old, 'share')}."
        )


def _people(answer: Migrated) -> str:
    found = answer.made.customers
    middle = np.where(found.asked, found.change[1], 0.0)
    return f"On the new plan {int((middle > 0).sum()):,} customers would pay more and {int((middle < 0).sum()):,} less."


def _spare(answer: Migrated) -> Iterator[str]:
    """Whom to grandfather."""
    found = answer.made.customers
    rows = spared(found)
    if len(rows):
        more = f" and {len(rows) - NAMED:,} more" if len(rows) > NAMED else ""
        names = ", ".join(found.names[i] for i in rows[:NAMED])
        yield f"Let {names}{more} keep the old plan: to move them by force loses more than it brings."
    elif (found.forced > 0).any():
        yield f"No exception is worth making: moving no customer by force loses {LOSES:.0%} of a year of their bills."


def _watch(answer: Migrated) -> str:
    """The signals that part winning from losing worlds."""
    by = answer.made.months[answer.made.seen]
    told = [
        f"{SAID[each.name][0]} {'above' if each.above else 'below'} {show(each.threshold, 'share')}"
        for each in signals(answer.made)
        if each.threshold is not None
    ]
    if told:
        return f"Signs until the end of {by} that it goes well: {'; '.join(told)}."
    return f"No number seen until the end of {by} parts the worlds in which it rises from the others."
