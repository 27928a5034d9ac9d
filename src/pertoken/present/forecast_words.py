"""A forecast in words: what a reader who reads nothing else should take away, computed from the run."""

from collections.abc import Iterator

import numpy as np

from pertoken.core.money import Values
from pertoken.forecast.answer import Band, Forecast
from pertoken.forecast.tiers import PLAN
from pertoken.present.forecast_parts import told_keys
from pertoken.present.numbers import show

LARGE = 1_000
"""From here on cents say nothing."""

FACTOR_WORDS = {
    "growth": "growth of those who are there",
    "shocks": "shared swings of all customers",
    "level": "shared level of the first month",
    "leaving": "how fast customers leave",
    "arrivals": "who comes, and how large",
    "renewals": "contracts that are renewed, or not",
    "whales": "the largest customers",
    "customers": "other customers, each alone",
}
"""What each factor is."""

EXPERT_WORDS = {
    "pooled": "pooled regression",
    "recent": "recent level",
    "cycle": "seasonal naive",
    "steady": "mean of the history",
    "theta": "damped trend",
    "own": "smoothing",
    "trend": "local trend",
    "dying": "buy-till-you-die",
}
"""What our experts are called in the field; others keep the name that they came with."""

WIDE = 3.0
"""P90 over P10 from which on a range is called wide."""

REACH = (("commit", "p25"), ("plan", "p50"), ("stretch", "p75"))
"""What the quantiles that people plan by are called, where more is better."""

STAY = (("commit", "p75"), ("plan", "p50"), ("stretch", "p25"))
"""The same of costs: 3 in 4 worlds stay within what is committed to."""

MUCH = 0.2
"""Share of one customer, or by which a range narrows, that is worth a sentence."""


def measure_of(answer: Forecast) -> str:
    """What leads: revenue, or cost where nothing is charged, or usage where nothing is priced."""
    return "revenue" if "revenue" in answer.worlds else "cost" if "cost" in answer.worlds else "usage"


def unit_of(answer: Forecast) -> str:
    """Unit of what leads."""
    return answer.unit if measure_of(answer) == "usage" else answer.currency


def called(measure: str) -> dict[str, str]:
    """Name the quantiles that people plan by: `commit`, `plan` and `stretch`, each with its quantile."""
    return dict(STAY if measure == "cost" else REACH)


def amount(value: Values | float) -> str:
    """Write money in words: cents only where they say something."""
    number = float(value)
    return show(number, "count" if abs(number) >= LARGE else "money")


def percent(share: float) -> str:
    """Write a share in words, in whole percents."""
    return f"{100 * share:.0f} %"


def finding(answer: Forecast) -> str:
    """The finding, in one sentence."""
    of, band = measure_of(answer), answer.total(measure_of(answer))
    return (
        f"{of.capitalize()} from {answer.months[0]} to {answer.months[-1]}: {amount(band.p50)} {unit_of(answer)}; "
        f"8 in 10 worlds lie between {amount(band.p10)} and {amount(band.p90)}."
    )


def conclusion(answer: Forecast) -> str:
    """What to take away, in a few sentences, each with numbers of the run."""
    return " ".join([*_plan(answer), *_width(answer), *_history(answer), *_parts(answer), *_margin(answer)])


def _plan(answer: Forecast) -> Iterator[str]:
    of, unit = measure_of(answer), unit_of(answer)
    band = answer.total(of)
    commit, plan, stretch = (amount(getattr(band, end)) for end in called(of).values())
    done = "stay within it" if of == "cost" else "reach it"
    yield f"Commit to {commit} {unit} (3 in 4 worlds {done}), plan with {plan}, stretch for {stretch} (1 in 4)."


def _width(answer: Forecast) -> Iterator[str]:
    band = answer.total(measure_of(answer))
    if float(band.p10) > 0 and float(band.p90 / band.p10) >= WIDE:
        yield f"The range is wide: P90 is {float(band.p90 / band.p10):.1f} times P10."
    if answer.drivers and answer.drivers[0].high > answer.drivers[0].low:
        first = max(answer.drivers, key=lambda each: each.share)
        narrower = percent(first.share)
        yield f"What moves it most is {FACTOR_WORDS[first.factor]}: without, it would be {narrower} narrower."


def _history(answer: Forecast) -> Iterator[str]:
    """What more history would bring."""
    now = [each for each in answer.more if each.days <= answer.fitted.days]
    later = [each for each in answer.more if each.days > answer.fitted.days]
    if not (now and later):
        return
    width, other = (each.p90 - each.p10 for each in (now[-1], later[-1]))
    if width > 0 and 1 - other / width > MUCH / 4:
        yield f"With {later[-1].days} days of such history the range would be {percent(1 - other / width)} narrower."


def _parts(answer: Forecast) -> Iterator[str]:
    """Who makes it: newcomers, segments, single customers."""
    of = measure_of(answer)
    whole = float(answer.worlds[of].sum(axis=1).mean())
    if whole <= 0:
        return
    coming = answer.parts.get("cohort", {}).get("to come")
    if coming is not None:
        yield f"Customers who are not there yet make {percent(float(coming[of].sum(axis=1).mean()) / whole)} of it."
    key = next((key for key in told_keys(answer) if key in ("segment", PLAN)), "segment")
    segments = answer.parts.get(key, {})
    if len(segments) > 1:
        name, share = max(
            ((label, float(worlds[of].sum(axis=1).mean()) / whole) for label, worlds in segments.items()),
            key=lambda each: each[1],
        )
        who = f"{name.capitalize()} customers" if name else f"Customers without a {key}"
        yield f"{who} make {percent(share)}."
    there = sum(answer.concentration.values())
    if there > 0:
        name, most = max(answer.concentration.items(), key=lambda each: each[1])
        if most / there > MUCH:
            yield f"{name} alone makes {percent(most / there)} of what those who are there bring in a month: ask them."


def _margin(answer: Forecast) -> Iterator[str]:
    if "margin" not in answer.worlds or "revenue" not in answer.worlds:
        return
    revenue = answer.worlds["revenue"].sum(axis=1)
    margin = answer.worlds["margin"].sum(axis=1)
    if float(np.median(revenue)) > 0:
        share = Band.of(margin / np.maximum(revenue, 1e-12))
        low, middle, high = (percent(float(each)) for each in (share.p10, share.p50, share.p90))
        yield f"The margin is {middle} of revenue ({low} to {high})."
