"""Revenue of one to twelve months from 60 and 90 days of history: how often is what comes in the range that was told?

Two kinds of made-up products, newcomers and leaving among them, neither of which is the law of the simulation:

- `steady`: customers of log-normal size who walk, leave at 4 % and come at 3 % a month; each product grows at a rate of
  its own that is never damped (1 % a month, standard deviation 3), and swings as a whole.
- `simulated`: the nine families of `simulated.py`, of which two break the model; some of them grow without bounds, so
  they are followed for six months only.

    python -m benchmarks.accuracy.revenue [PRODUCTS]
"""

import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

import pertoken as pt
from benchmarks.accuracy.simulated import simulated

Values = NDArray[np.float64]

LAST = np.datetime64("2026-07-31")
"""Last day of the history, so that the months ahead are whole."""
AHEAD = 365
MONTH = 30.4375
CARD = """
currency: USD
plan: metered
prices:
  tokens: {measure: {sum: total_tokens, window: month}, convert: {per: 1000}, curve: [{rate: 0.004}]}
"""
RATE = 0.004 / 1000
"""The card's price. [USD / token]"""


def steady(seed: int, history: int) -> Values:
    """Tokens by customer and day of a product that grows at its own rate."""
    rng = np.random.default_rng([seed, history])
    days, first, coming = history + AHEAD, 80, 0.03 * 80 / MONTH
    born = np.r_[np.zeros(first, dtype=int), rng.integers(1, days, rng.poisson(coming * days))]
    count, day, month = len(born), np.arange(days), np.arange(days) / MONTH
    level = rng.lognormal(11, 1.2, (count, 1))
    shared, stays = np.zeros(days), 0.977
    for each in range(1, days):
        shared[each] = stays * shared[each - 1] + 0.05 * np.sqrt(1 - stays**2) * rng.standard_normal()
    walk = np.cumsum(rng.normal(-(0.15**2) / 2 / MONTH, 0.15 / np.sqrt(MONTH), (count, days)), axis=1)
    grown = rng.normal(0.01, 0.03) * month
    used = level * np.exp(grown + shared + walk) * rng.lognormal(-0.08, 0.4, (count, days))
    over = born + rng.geometric(0.04 / MONTH, count)
    there = (day >= born[:, None]) & (day < over[:, None])
    tokens: Values = np.floor(used * there)
    return tokens


def families(seed: int, history: int) -> Values:
    """Tokens by customer and day of the nine families."""
    panel, _ = simulated(seed, customers=220, days=history + AHEAD)
    return np.nan_to_num(panel.value)


LAWS: Mapping[str, tuple[Callable[[int, int], Values], tuple[int, ...]]] = {
    "steady": (steady, (1, 3, 6, 12)),
    "simulated": (families, (1, 3, 6)),
}
"""Each law, and the months that are scored."""


def places(law: str, draws: int, job: tuple[int, int]) -> Values:
    """Forecast one product; the share of worlds below what came, of all, those there and newcomers, by months."""
    seed, history = job
    make, horizons = LAWS[law]
    used = make(seed, history)
    days = LAST - (history - 1) + np.arange(used.shape[1])
    with TemporaryDirectory() as folder:
        log, card = Path(folder, "log.csv"), Path(folder, "card.yaml")
        card.write_text(CARD)
        rows = [
            f"{days[t]},c{i},{int(used[i, t])}" for t in range(history) for i in np.flatnonzero(used[:, t]).tolist()
        ]
        log.write_text("\n".join(["day,customer,input_tokens", *rows]))
        told = pt.forecast_revenue(str(log), card=[str(card)], months=12, draws=draws, explain=False, tested=False)
    month = np.array([np.flatnonzero(days.astype("datetime64[M]") == np.datetime64(each)) for each in told.months],
                     dtype=object)  # fmt: skip
    came = np.array([RATE * used[:, each.astype(int)].sum(axis=1) for each in month]).T
    here = used[:, :history].any(axis=1)
    every, new = told.worlds["revenue"], told.parts["cohort"]["to come"]["revenue"]
    parts = ((every, came), (every - new, came[here]), (new, came[~here]))
    return np.array([[(w[:, :n].sum(axis=1) < c[:, :n].sum()).mean() for w, c in parts] for n in horizons])


def table(law: str, products: int, draws: int = 512) -> list[str]:
    """Score a law: a line of Markdown for each number of months."""
    jobs = [(seed, history) for history in (60, 90) for seed in range(products)]
    with ProcessPoolExecutor() as pool:
        found = np.array(list(pool.map(partial(places, law, draws), jobs)))
    lines = []
    for months, place in zip(LAWS[law][1], np.moveaxis(found, 1, 0), strict=True):
        held = ((place > 0.1) & (place < 0.9)).mean(axis=0)
        cells = [f"{share:.0%}" for share in held]
        lines.append(f"| {law} | {months} | {' | '.join(cells)} | {(place[:, 0] >= 0.9).mean():.0%} |")
    return lines


def main(products: int) -> None:
    """Write the table."""
    head = "| products | months | in 80 % | those there | newcomers | above P90 |"
    lines = [head, "|---|---|---|---|---|---|"]
    for law in LAWS:
        lines += table(law, products)
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
