"""Drawn anew: requests of which a log knows the sums, at the rates and with the mean lengths of its hours or days."""

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.lines import Usage
from pertoken.core.meters import meter
from pertoken.core.period import begins, finest
from pertoken.serving.arrivals import DAY, HOUR, Kind, arrivals, lognormal
from pertoken.serving.demand import Demand, demand
from pertoken.serving.values import Values

WIDTHS = {"hour": HOUR, "day": DAY}


def requests_of(
    usage: Usage,
    *,
    rng: np.random.Generator,
    cv: float = 1.0,
    kind: Kind = "gamma",
    lengths_cv: float = 0.5,
    most_tokens: int | None = None,
) -> Demand:
    """Draw requests of which a log knows the sums.

    Args:
        usage: Lines by `hour`, or by `day`, with the meter `requests` and those of tokens.
        rng: Source of chance.
        cv: Coefficient of variation of the gaps between requests.
        kind: Law of the gaps.
        lengths_cv: Coefficient of variation of the lengths of prompts and answers within a bin.
        most_tokens: What lengths are cut at.

    Returns:
        Requests, from the begin of the first hour or day on.

    Raises:
        InputError: The log has no hours or days, no requests, or several worlds.
    """
    width, rates, lengths = _binned(usage)
    times = arrivals(rates, width=width, rng=rng, cv=cv, kind=kind)
    at = np.clip(np.ceil(times / width).astype(np.int64) - 1, 0, len(rates) - 1)
    prompts, answers = (
        lognormal(np.maximum(mean[at], 1.0), cv=lengths_cv, size=len(times), rng=rng, most=most_tokens)
        for mean in lengths
    )
    return demand(times, prompts, answers)


def _binned(usage: Usage) -> tuple[float, Values, list[Values]]:
    """Sum requests, prompts and answers by hour or day: width, requests a second, mean lengths."""
    grain = finest(set(usage.keys))
    if grain not in WIDTHS or usage.values["quantity"].ndim > 1:
        raise InputError(f"usage by {grain or 'no period'}; expected lines by hour or by day, in one world")
    key, meters = usage.keys[grain], usage.key("meter")
    moments = begins(key.labels)
    if np.isnat(moments).any():
        raise InputError(f"usage without a time; expected {grain!r} on each line; leave such lines out")
    place = (moments - moments.min()).astype(np.int64) // int(WIDTHS[grain])
    names = [_direction(label) for label in meters.labels]
    sums = np.zeros((3, int(place.max()) + 1))
    for row, direction in enumerate(("requests", "input", "output")):
        which = np.array([name == direction for name in names])[meters.codes]
        np.add.at(sums[row], place[key.codes[which]], usage.values["quantity"][which].astype(float))
    if sums[0].sum() == 0:
        raise InputError("no requests in this usage; map the column of requests, or count events")
    mean = sums[1:] / np.maximum(sums[0], 1)
    return WIDTHS[grain], sums[0] / WIDTHS[grain], list(mean)


def _direction(label: str) -> str:
    return "requests" if label == "requests" else meter(label).direction
