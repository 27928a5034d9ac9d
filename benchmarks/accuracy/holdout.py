"""Totals of all buyers of CDNOW against what came, from several dates: `python -m benchmarks.accuracy.holdout`.

A forecast is made as of each date of all who had come by then. One date says little, as its season is the only one of
its kind: what counts is the mean, over the dates, of the absolute log of expected to actual.
"""

import argparse
import sys
from collections.abc import Sequence

import numpy as np

from benchmarks.accuracy.further import odd
from benchmarks.accuracy.panels import cdnow
from pertoken.forecast.panel import Panel
from pertoken.forecast.prediction import predicted
from pertoken.forecast.score import crps

DATES = (16, 20, 26, 30, 34, 39, 44, 52)
"""Weeks known."""

AHEAD = 26
"""Weeks ahead."""


def held_out(panel: Panel, date: int, draws: int, seed: int) -> tuple[float, float, float]:
    """Forecast from a date: mean and median of the total to what came, and CRPS of customers to what came."""
    here = np.flatnonzero(panel.since < date)
    came = np.nansum(panel.pick(here).value[:, date : date + AHEAD], axis=1)
    made = predicted(panel.as_of(date), horizon=AHEAD, draws=draws, seed=seed)
    mean, median = float(made.total.mean()), float(np.median(made.total))
    return mean / came.sum(), median / came.sum(), float(crps(made.samples, came).sum() / came.sum())


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--what", choices=("transactions", "spend"), default="transactions")
    parser.add_argument("--half", choices=("even", "odd"), default="even", help="of the numbers of customers")
    parser.add_argument("--dates", type=int, nargs="+", default=DATES, help="weeks known")
    parser.add_argument("--draws", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1, help="another one moves the mean by about 0.02")
    asked = parser.parse_args(arguments)
    panel = (cdnow if asked.half == "even" else odd)(asked.what, "week")
    if panel is None:
        sys.stderr.write("the data are not there\n")
        return
    away = []
    for date in asked.dates:
        mean, median, loss = held_out(panel, date, asked.draws, asked.seed)
        away.append(abs(float(np.log(mean))))
        sys.stdout.write(f"| {date} weeks | {mean:.2f} | {median:.2f} | {loss:.4f} |\n")
        sys.stdout.flush()
    sys.stdout.write(f"mean absolute log of the mean: {np.mean(away):.3f}\n")


if __name__ == "__main__":
    main()
