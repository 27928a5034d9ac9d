"""Requests that are drawn from a log have its counts and its lengths, hour by hour."""

import numpy as np
import pytest

from pertoken.core.errors import InputError
from pertoken.core.lines import Usage, table
from pertoken.serving.drawn_anew import requests_of

HOURS = {"2026-09-01T09": (3600, 700, 90), "2026-09-01T10": (0, 0, 0), "2026-09-01T11": (14_400, 1500, 40)}
"""Requests, mean prompt, mean answer."""


def usage(rows):
    made = table(["hour", "meter"], ["quantity"], rows)
    return Usage(made.keys, made.values)


LOG = usage(
    [
        (hour, name, amount)
        for hour, (count, prompt, answer) in HOURS.items()
        if count
        for name, amount in (
            ("requests", count),
            ("input_tokens", count * prompt // 2),
            ("cache_read_tokens", count * prompt // 2),
            ("output_tokens", count * answer),
        )
    ]
)


def test_each_hour_has_its_requests_and_their_lengths():
    found = requests_of(LOG, rng=np.random.default_rng(3))
    hour = (found.arrival / 3600).astype(int)
    assert set(hour) == {0, 2}
    for k, (count, prompt, answer) in enumerate(HOURS.values()):
        if count:
            assert (hour == k).sum() == pytest.approx(count, abs=4 * np.sqrt(count))
            assert found.input[hour == k].mean() == pytest.approx(prompt, rel=0.05)
            assert found.output[hour == k].mean() == pytest.approx(answer, rel=0.05)


def test_with_no_variation_hours_are_met_to_the_request():
    found = requests_of(LOG, rng=np.random.default_rng(3), cv=0, lengths_cv=0)
    assert np.histogram(found.arrival - 1e-6, bins=np.arange(4) * 3600.0)[0].tolist() == [3600, 0, 14_400]
    assert set(found.input) == {700, 1500}


def test_a_log_without_requests_or_hours_is_refused():
    with pytest.raises(InputError, match="no requests"):
        requests_of(LOG.where(meter="output_tokens"), rng=np.random.default_rng(1))
    with pytest.raises(InputError, match="by hour or by day"):
        requests_of(usage([("2026-09-01T09", "requests", 1)]).fold(["meter"]), rng=np.random.default_rng(1))
