"""Traffic from files: bins and single requests, whole days from midnight, what is uneven or missing."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from pertoken.connect.traffic_file import read_traffic
from pertoken.core.errors import InputError

START = datetime.fromisoformat("2026-11-04")  # a Wednesday


def written(path, lines, head="time,requests"):
    path.write_text("\n".join([head, *lines]) + "\n")
    return path


def test_hours_become_bins_of_five_minutes_at_their_rate(tmp_path):
    lines = [f"{START + timedelta(hours=h)},{3600 * (1 + h % 24)}" for h in range(48)]
    found = read_traffic(written(tmp_path / "t.csv", lines))
    assert found.rates.tolist() == np.repeat([1.0 + h % 24 for h in range(48)], 12).tolist()
    assert (found.width, found.first_day, found.repeats) == (300.0, 2, True)


def test_a_file_that_begins_at_noon_is_turned_to_midnight(tmp_path):
    noon = START + timedelta(hours=12)
    lines = [f"{noon + timedelta(hours=h)},{(noon.hour + h) % 24}" for h in range(24)]
    found = read_traffic(written(tmp_path / "t.csv", lines, "start,rate"))
    assert found.rates[::12].tolist() == [float(h) for h in range(24)]


def test_lines_without_counts_are_requests_and_bins_without_a_line_had_none(tmp_path):
    lines = [str(START + timedelta(hours=9, seconds=s)) for s in range(0, 600, 2)] + [
        f"{START}Z",
        f"{START.date()}T23:59",
    ]
    found = read_traffic(written(tmp_path / "t.csv", lines, "timestamp"))
    assert found.requests.sum() == 302
    assert found.requests[108:110].tolist() == [150, 150]
    assert len(found.rates) == 288


@pytest.mark.parametrize(
    ("lines", "head", "said"),
    [
        (["1,2"], "when,requests", r"t\.csv:1: columns when, requests.*expected lines with a column time"),
        (["today,2"], "time,requests", r"t\.csv:2: time 'today'"),
        ([f"{START},-1"], "time,requests", r"t\.csv:2: '-1' requests"),
        ([f"{START},many"], "time,requests", "'many' requests"),
        (
            [f"{START},1", f"{START + timedelta(hours=1)},1"],
            "time,requests",
            "2 hours of traffic; expected a day or more",
        ),
        ([f"{START + timedelta(minutes=m)},1" for m in (0, 10, 25)], "time,requests", "unevenly; expected even bins"),
        ([f"{START + timedelta(days=d)},1" for d in range(3)], "time,requests", "86400 s apart; expected even bins"),
        ([], "time,requests", "0 lines"),
    ],
)
def test_what_is_no_traffic_says_where_and_what_is_expected(tmp_path, lines, head, said):
    with pytest.raises(InputError, match=said):
        read_traffic(written(tmp_path / "t.csv", lines, head))


def test_a_file_that_is_not_there_says_so(tmp_path):
    with pytest.raises(InputError, match=r"can't read .*No such file"):
        read_traffic(tmp_path / "none.csv")
