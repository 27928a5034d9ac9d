"""Totals of buyers of CDNOW against what came, from several dates: `python -m benchmarks.accuracy.holdout`.

A forecast is made as of each date of all who had come by then. One date says little, as its season is the only one of
its kind: what counts is the mean, over the dates, of the absolute log of expected to actual.

`--half sample --published` asks what papers report instead: Fader, Hardie, Lee 2005 (Marketing Science 24(2)) forecast
repeat purchases of 2,357 of the buyers from 39 weeks, and tell the sum of all 78 weeks, most of which was known.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.accuracy.further import odd, sample
from benchmarks.accuracy.panels import cdnow
from pertoken.forecast.btyd.bg_nbd import BgNbd
from pertoken.forecast.btyd.buying import fit
from pertoken.forecast.btyd.purchases import Purchases, purchases_of
from pertoken.forecast.panel import Panel
from pertoken.forecast.prediction import predicted
from pertoken.forecast.score import crps

DATES = (16, 20, 26, 30, 34, 39, 44, 52)
"""Weeks known."""

AHEAD = 26
"""Weeks ahead."""

BUYERS = {"even": cdnow, "odd": odd, "sample": sample}

HALF = 39
"""Weeks known in papers, and as many are held out."""


def held_out(panel: Panel, date: int, draws: int, seed: int) -> tuple[float, float, float]:
    """Forecast from a date: mean and median of the total to what came, and CRPS of customers to what came."""
    here = np.flatnonzero(panel.since < date)
    came = np.nansum(panel.pick(here).value[:, date : date + AHEAD], axis=1)
    made = predicted(panel.as_of(date), horizon=AHEAD, draws=draws, seed=seed)
    mean, median = float(made.total.mean()), float(np.median(made.total))
    return mean / came.sum(), median / came.sum(), float(crps(made.samples, came).sum() / came.sum())


def repeats(panel: Panel, periods: int) -> tuple[float, float]:
    """Count purchases after the first of each customer: in the periods up to there, and in as many after that."""
    value = np.nan_to_num(panel.value)
    return float(value[:, :periods].sum()) - len(panel), float(value[:, periods : 2 * periods].sum())


def of_bg_nbd(days: Panel) -> tuple[float, float]:
    """Expect repeats by BG/NBD as the paper has it: in the weeks held out, given each history, and in all 78 weeks."""
    seen = purchases_of(days.as_of(7 * HALF).value)
    seen = Purchases(seen.repeats, seen.last / 7, seen.age / 7)
    law = BgNbd(*fit(BgNbd, seen, BgNbd.prior(seen).unknowing).parameters)
    new = Purchases(*np.zeros((3, 1)))
    return float(law.expected(seen, HALF).sum()), sum(float(law.expected(new, age + HALF)[0]) for age in seen.age)


def published(half: str, draws: int, seed: int) -> Mapping[str, tuple[float, float]]:
    """Expect repeats, to what came: in weeks 40 to 78, and in all 78 weeks; nothing where the data are not there."""
    days, weeks = (BUYERS[half]("transactions", grain) for grain in ("day", "week"))
    if days is None or weeks is None:
        return {}
    known, came = repeats(weeks, HALF)
    total = predicted(weeks.as_of(HALF), horizon=HALF, draws=draws, seed=seed).total
    ours = {name: float(each) for name, each in (("our mean", total.mean()), ("our median", np.median(total)))}
    ahead, whole = of_bg_nbd(days)
    found = {name: (each, known + each) for name, each in ours.items()} | {"BG/NBD": (ahead, whole)}
    return {name: (ahead / came, whole / (known + came)) for name, (ahead, whole) in found.items()}


def dates(panel: Panel, asked: argparse.Namespace) -> None:
    """Write what was expected from each date."""
    away = []
    for date in asked.dates:
        mean, median, loss = held_out(panel, date, asked.draws, asked.seed)
        away.append(abs(float(np.log(mean))))
        sys.stdout.write(f"| {date} weeks | {mean:.2f} | {median:.2f} | {loss:.4f} |\n")
        sys.stdout.flush()
    sys.stdout.write(f"mean absolute log of the mean: {np.mean(away):.3f}\n")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--what", choices=("transactions", "spend"), default="transactions")
    parser.add_argument("--half", choices=BUYERS, default="even", help="numbers of customers, or the sample of papers")
    parser.add_argument("--dates", type=int, nargs="+", default=DATES, help="weeks known")
    parser.add_argument("--draws", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1, help="another one moves the mean by about 0.02")
    parser.add_argument("--published", action="store_true", help="weeks 40 to 78 and all 78 weeks, beside BG/NBD")
    asked = parser.parse_args(arguments)
    panel = BUYERS[asked.half](asked.what, "week")
    if panel is None:
        sys.stderr.write("the data are not there\n")
    elif asked.published:
        for name, (ahead, whole) in published(asked.half, asked.draws, asked.seed).items():
            sys.stdout.write(f"| {name} | {ahead:.3f} | {whole:.3f} |\n")
    else:
        dates(panel, asked)


if __name__ == "__main__":
    main()
