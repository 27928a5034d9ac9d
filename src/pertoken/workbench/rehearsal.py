"""Rehearsal: customers who are made up are fitted, so that all that real ones need is loaded and ready."""

from contextlib import suppress
from threading import get_ident

import numpy as np

from pertoken.machine.loop import WATCHERS


class NotCompiled(Exception):
    """A loop is not compiled yet."""


def rehearsed() -> None:
    """Fit ten customers over a month, up to the first loop that is not compiled; what comes out is nobody's.

    To compile takes half a minute, in which somebody may wait to hear that the log is not in order.
    """
    mine = get_ident()

    def over(name: str) -> None:
        if get_ident() == mine:
            raise NotCompiled(name)

    WATCHERS.append(over)
    try:
        with suppress(Exception):  # whatever is wrong with it is nobody's, too
            _fitted()
    finally:
        WATCHERS.remove(over)


def _fitted() -> None:
    """Fit them."""
    from pertoken.core.keys import Key  # noqa: PLC0415  to load them is what it is for
    from pertoken.forecast.fitted import Priors, Standing, fitted  # noqa: PLC0415
    from pertoken.forecast.panel import Panel  # noqa: PLC0415

    people, days = 10, np.arange(np.datetime64("2026-01-02"), np.datetime64("2026-02-01"))
    rng, one = np.random.default_rng(0), Key.constant("all", people)
    size = 1, people, len(days)
    used = rng.lognormal(size=size) * (rng.random(size) < 0.8)  # noqa: PLR2004  on most days
    names = tuple(map(str, range(people)))
    panel = Panel(names, tuple(map(str, days)), used, "day", np.zeros(people, dtype=np.int64))
    standing = Standing(one, one, np.zeros(1), np.ones(1))
    fitted(panel, standing, ("2026-02", "2026-03"), priors=Priors(), seed=0, draws=50)
