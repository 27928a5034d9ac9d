"""Score our forecast and its peers on all panels: `python -m benchmarks.accuracy.run`; tables as Markdown and JSON.

CRPS is the sum over customers over the sum of what came. The best peer is picked in hindsight, on each trial apart.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.accuracy.further import further
from benchmarks.accuracy.noise import Lines as Drawn
from benchmarks.accuracy.noise import calibrated, written
from benchmarks.accuracy.panels import Trial, sampled, trials
from benchmarks.accuracy.peers import peers
from pertoken.core.keys import Key
from pertoken.forecast.panel import Panel
from pertoken.forecast.predicted import Predicted
from pertoken.forecast.rolling import Forecaster, rolling
from pertoken.forecast.scored import LEVELS, Difference, Rates, Scored, difference, rates
from pertoken.forecast.segments import Segmented

OURS = "pertoken"
EIGHTY = LEVELS.index(0.8)
ENSEMBLE = "ensemble"


@dataclass(frozen=True)
class Row:
    """What came of one trial.

    Args:
        trial: Its name.
        count: Forecasts of a customer.
        crps: Of ours.
        against: How much lower that is than that of each peer, on the forecasts that both made.
        held: Share of customers' totals in their 80 % range.
        tenths: The same in each tenth by size, where there are 20 forecasts or more.
        totals: Totals in their 80 % range, and how many totals there were.
        segments: The same of sums of segments.
        bias: Of the total.
        seconds: What one forecast of ours took.
        families: Share in the 80 % range, and less CRPS than the best peer's of the whole, where customers are made up.
        chances: What a calibrated forecast would seem to hold by chance, in nine repetitions of ten: over all, in the
            tenth that holds least, and in that which holds most.
    """

    trial: str
    count: int
    crps: float
    against: tuple[Difference, ...]
    held: float
    tenths: Mapping[str, float]
    totals: tuple[float, int]
    segments: tuple[float, int]
    bias: float
    seconds: float
    families: Mapping[str, tuple[float, float]]
    chances: tuple[str, ...]

    @property
    def best(self) -> Difference:
        """The best peer in hindsight."""
        return min(self.against, key=lambda each: each.less)


def ours(segment: Segmented | None = None) -> Forecaster:
    """Our forecaster, as `pertoken.predict` has it."""
    from pertoken.forecast.prediction import predicted  # noqa: PLC0415  compiles when it is first asked

    return lambda panel, horizon, draws, seed: predicted(
        panel, horizon=horizon, draws=draws, seed=seed, segment=segment
    )


@dataclass
class Noted:
    """What is noted of our forecasts.

    Args:
        seconds: How long each took.
        zeros: Share of each forecast that is zero, by history, last period and customer.
        loadings: By history and last period.
    """

    seconds: list[float] = field(default_factory=list)
    zeros: dict[tuple[int, str, str], float] = field(default_factory=dict)
    loadings: dict[tuple[int, str], float] = field(default_factory=dict)

    def of(self, forecaster: Forecaster) -> Forecaster:
        """Note what a forecaster says."""

        def made(panel: Panel, *asked: Any) -> Predicted:
            begun = perf_counter()
            found = forecaster(panel, *asked)
            self.seconds.append(perf_counter() - begun)
            where = len(panel.periods), panel.periods[-1]
            self.loadings[where] = found.loading
            for who, share in zip(panel.customers, (found.samples <= 0).mean(axis=0).tolist(), strict=True):
                self.zeros[*where, who] = share
            return found

        return made

    def lines(self, scored: Scored, panel: Panel) -> Drawn:
        """Bring it to the forecasts that were scored, in their order."""
        mine = scored.customers.where(forecaster=OURS)
        labels = {(f"{int(each):06d}" if each.isdecimal() else each): at for at, each in enumerate(panel.periods)}
        last = np.array([labels[each] for each in mine.key("origin").column()])
        spans, who = mine.key("history").column().astype(int), mine.key("customer").column()
        where = [(span, panel.periods[at]) for span, at in zip(spans.tolist(), last.tolist(), strict=True)]
        zeros = [self.zeros[*place, name] for place, name in zip(where, who.tolist(), strict=True)]
        loadings = np.array([self.loadings[place] for place in where])
        codes = mine.key("customer").codes.astype(np.int64), mine.key("decile").codes.astype(np.int64)
        return Drawn(codes[0], last + 1, np.array(zeros), loadings, codes[1])


def _named(customers: Sequence[str], key: Key, seen: Panel) -> Key:
    """Bring a key of all customers to those of a panel."""
    rows = {name: row for row, name in enumerate(customers)}
    return key.pick(np.array([rows[name] for name in seen.customers]))


def score(
    trial: Trial, mine: Callable[[Segmented], Forecaster], others: Mapping[str, Forecaster], customers: int, draws: int
) -> tuple[Row, Scored] | None:
    """Run one trial; None where its data are not there."""
    panel = trial.panel()
    if panel is None:
        return None
    rows = sampled(panel, customers)
    noted = Noted()
    groups = {"family": partial(_named, panel.customers, trial.families())} if trial.families else None
    segment = trial.segmented()
    every = {OURS: noted.of(mine(segment)), **others}
    span = {"horizon": trial.horizon, "histories": trial.histories, "origins": trial.origins}
    scored = rolling(panel.pick(rows), every, draws=draws, groups=groups, segment=segment, **span)  # type: ignore[arg-type]
    chance, extremes = calibrated(noted.lines(scored, panel), trial.horizon)
    chances = (
        (written(chance), *(written(each) for each in extremes)) if np.isfinite(extremes).all() else (written(chance),)
    )
    return row(trial.name, scored, float(np.median(noted.seconds)), chances), scored


def row(name: str, scored: Scored, seconds: float, chances: tuple[str, ...] = ()) -> Row:
    """Sum a trial up."""
    rng = np.random.default_rng(0)
    found = tuple(difference(scored, OURS, peer, rng) for peer in scored.forecasters if peer != OURS)
    mine = scored.customers.where(forecaster=OURS)
    whole, totals = rates(mine, []), rates(scored.totals.where(forecaster=OURS, of="there"), [])
    tenths = rates(mine, ["decile"])
    best = min(found, key=lambda each: each.less).other
    return Row(
        name,
        int(whole.count[0]),
        float(whole.crps[0]),
        found,
        float(whole.coverage[EIGHTY, 0]),
        by_label(tenths, "decile", lambda at: float(tenths.coverage[EIGHTY, at]), least=20),
        held_of(totals),
        held_of(rates(scored.segments.where(forecaster=OURS), [])) if scored.segments is not None else (0.0, 0),
        float(totals.bias[0]),
        seconds,
        families(scored, best) if "family" in scored.groups else {},
        chances,
    )


def held_of(found: Rates) -> tuple[float, int]:
    """How many sums were in their 80 % range, and how many there were."""
    return float(found.coverage[EIGHTY, 0] * found.count[0]), int(found.count[0])


def families(scored: Scored, best: str) -> dict[str, tuple[float, float]]:
    """Coverage of each family of made-up customers, and how much lower CRPS is than that of a peer."""
    mine, theirs = (rates(scored.customers.where(forecaster=name), ["family"]) for name in (OURS, best))
    other = by_label(theirs, "family", lambda at: float(theirs.crps[at]))
    held = by_label(mine, "family", lambda at: float(mine.coverage[EIGHTY, at]))
    crps = by_label(mine, "family", lambda at: float(mine.crps[at]))
    return {label: (held[label], 1 - crps[label] / other[label]) for label in held}


def by_label(found: Rates, key: str, what: Callable[[int], float], *, least: int = 1) -> dict[str, float]:
    """Something of each group, where it has so many forecasts."""
    labels = found.lines.keys[key].column().tolist()
    return {label: what(at) for at, label in enumerate(labels) if found.count[at] >= least}


def table(rows: Sequence[Row]) -> str:
    """Write the Markdown table."""
    head = (
        "| trial | forecasts | CRPS | best peer | CRPS less than it (95 %) | than the ensemble | in 80 % | by chance | "
        "tenths | lowest by chance | highest by chance | totals in 80 % | segments in 80 % | bias of the total | s |"
    )
    lines = [head, "|" + "---|" * 15]
    for each in rows:
        ensemble = next((d for d in each.against if d.other == ENSEMBLE), None)
        low, high = min(each.tenths.values(), default=np.nan), max(each.tenths.values(), default=np.nan)
        held, of = each.totals
        chance = (*each.chances, "", "", "")[:3]
        tenths = f"{low:.0%}–{high:.0%}" if each.tenths else ""
        lines.append(
            f"| {each.trial} | {each.count:,} | {each.crps:.3f} | {each.best.other} | {less(each.best)} | "
            f"{less(ensemble) if ensemble else '–'} | {each.held:.0%} | "
            f"{chance[0]} | {tenths} | {chance[1]} | {chance[2]} | {held:.1f} of {of} | "
            f"{each.segments[0]:.1f} of {each.segments[1]} | {each.bias:+.1%} | {each.seconds:.2f} |"
        )
    for what in ("totals", "segments"):
        held, of = (sum(getattr(each, what)[k] for each in rows) for k in (0, 1))
        lines += ["", f"{what.title()} in their 80 % range over all trials: {held:.1f} of {of} ({held / of:.0%})."]
    return "\n".join(lines)


def less(found: Difference) -> str:
    """Write a difference with its interval."""
    return f"{found.less:+.1%} ({found.low:+.0%} to {found.high:+.0%})"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", default="", help="names, separated by commas; all if empty")
    parser.add_argument("--customers", type=int, default=150, help="customers of a panel at most, picked at random")
    parser.add_argument("--draws", type=int, default=300)
    parser.add_argument("--plain", action="store_true", help="without the models of statsforecast")
    parser.add_argument("--kept", action="store_true", help="of these, take only forecasts that are kept on disk")
    parser.add_argument("--without", default="", help="models of statsforecast to leave out, separated by commas")
    parser.add_argument("--further", action="store_true", help="panels on which nothing was chosen, instead")
    parser.add_argument("--out", type=Path, default=Path("build/accuracy"))
    asked = parser.parse_args(arguments)
    names = [name for name in asked.trials.split(",") if name]
    others = peers(others=not asked.plain, ask=not asked.kept, without=asked.without.split(","))
    rows = []
    for trial in further() if asked.further else trials():
        if names and trial.name not in names:
            continue
        found = score(trial, ours, others, asked.customers, asked.draws)
        if found is None:
            sys.stderr.write(f"{trial.name}: its data are not there\n")
            continue
        rows.append(found[0])
        sys.stderr.write(f"{table([found[0]]).splitlines()[2]}\n")
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "accuracy.md").write_text(table(rows) + "\n")
    (asked.out / "accuracy.json").write_text(json.dumps([asdict(each) for each in rows], indent=1))
    sys.stdout.write(table(rows) + "\n")


if __name__ == "__main__":
    main()
