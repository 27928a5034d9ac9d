"""The documented entry of forecasts: whatever table it is given, it answers for each customer or says what to mend."""

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

import pertoken as pt
from pertoken.core.errors import InputError
from pertoken.forecast.panel import Panel, panel_of_rows
from pertoken.forecast.timed import timed

USED = np.random.default_rng(7).gamma(1.5, 10.0, (3, 23))
DAYS = [str(day) for day in np.datetime64("2026-01-01") + np.arange(USED.shape[1])]


def table(labels: Any = DAYS, value: np.ndarray = USED, scale: float = 1.0) -> dict[str, list[Any]]:
    labels = list(labels)
    return {
        "customer": [f"c{i}" for i in range(len(value)) for _ in labels],
        "period": labels * len(value),
        "value": (scale * value[:, : len(labels)]).ravel().tolist(),
    }


def panel(value: np.ndarray = USED, since: tuple[int, ...] = (0, 0, 0)) -> Panel:
    names = tuple(f"c{i}" for i in range(len(value)))
    return Panel(names, tuple(DAYS[: value.shape[1]]), value[None], "day", np.array(since))


def but(value: float, row: int = 1, at: int | slice = 5) -> np.ndarray:
    made = USED.copy()
    made[row, at] = value
    return made


def months(count: int, step: int = 1, *, last: bool = False) -> list[str]:
    begun = np.datetime64("2021-01") + step * np.arange(count)
    day = (begun + step).astype("datetime64[D]") - 1 if last else begun.astype("datetime64[D]")
    return [str(each) for each in day]


WEEKS = [str(np.datetime64("2026-01-05") + 7 * k) for k in range(20)]
QUARTERS = [f"{year}-Q{part}" for year in range(2021, 2026) for part in range(1, 5)]
HOURS = [str(np.datetime64("2026-01-01T00:00:00") + np.timedelta64(k, "h")) for k in range(23)]

ANSWERED: dict[str, Any] = {
    "one customer": table(value=USED[:1]),
    "one customer in one period": table(DAYS[:1], USED[:1]),
    "all zeros": table(value=0 * USED),
    "nothing watched": table(value=np.nan * USED),
    "some not watched": table(value=but(np.nan)),
    "who was never watched": table(value=but(np.nan, at=slice(None))),
    "the last week not watched": table(value=but(np.nan, at=slice(16, None))),
    "one who begins in the last period": panel(but(np.nan, at=slice(0, 22)), (0, 22, 0)),
    "all begin in the last period": panel(np.where(np.arange(23) < 22, np.nan, USED), (22, 22, 22)),
    "one who is not there yet": panel(but(np.nan, at=slice(None)), (0, 23, 0)),
    "one who comes long after": panel(but(np.nan, at=slice(None)), (0, 99, 0)),
    "large numbers": table(scale=1e15),
    "small numbers": table(scale=1e-6),
    "both": panel(USED * np.array([[1e15], [1.0], [1e-6]])),
    "one use only": table(value=np.where(but(99.0) == 99, 9.0, 0.0)),
    "use in the last period only": table(value=np.where(np.arange(23) < 22, 0.0, USED)),
    "hours": table(HOURS),
    "quarters": table(QUARTERS),
    "quarters as pandas writes them": table(label.replace("-", "") for label in QUARTERS),
    "quarters as people write them": table(f"{label[-2:]} {label[:4]}" for label in QUARTERS),
    "years": table(range(2003, 2026)),
    "whole numbers": table(range(-11, 12)),
    "whole numbers in text": table(str(k) for k in range(23)),
    "whole numbers in floats": table(float(k) for k in range(23)),
    "days in digits": table(int(day.replace("-", "")) for day in DAYS),
    "dates": table(dt.date.fromisoformat(day) for day in DAYS),
    "times": table(dt.datetime.fromisoformat(day).replace(tzinfo=dt.UTC) for day in DAYS),
    "names that are numbers": table() | {"customer": np.repeat([3, 1, 2], 23).tolist()},
    "names with commas, quotes and lines": table() | {"customer": np.repeat(['a,"b"', "x\ny", "ü;"], 23).tolist()},
    "values in text": table() | {"value": [str(each) for each in USED.ravel()]},
    "values that are exact": table() | {"value": [Decimal("3.2")] * 69},
    "a row without a value": table() | {"value": [None, *USED.ravel()[1:].tolist()]},
    "columns in other letters": {name.upper(): column for name, column in table().items()},
    "arrays": {name: np.array(column) for name, column in table().items()},
    "triples": list(zip(*table().values(), strict=True)),
    "rows twice and in any order": {name: (column + column)[::-1] for name, column in table().items()},
    "half of the rows": {name: column[::2] for name, column in table().items()},
}  # fmt: skip


@pytest.mark.parametrize("horizon", [1, 52])
@pytest.mark.parametrize("case", ANSWERED)
def test_any_history_has_finite_rising_ranges_of_each_and_of_all(case, horizon):
    made = pt.predict(ANSWERED[case], horizon=horizon, draws=64)
    for quantiles in (made.quantiles(), made.total_quantiles()):
        assert np.isfinite(quantiles).all()
        assert (quantiles >= 0).all()
        assert (np.diff(quantiles, axis=0) >= 0).all()
    assert made.samples.shape == (64, len(made.customers))


@pytest.mark.parametrize(
    ("rows", "mend"),
    [
        (table(value=but(-3.0)), r"row 29: c1 used -3 in 2026-01-06; expected nothing below zero"),
        (panel(but(-3.0)), r"c1 used -3 in 2026-01-06; expected nothing below zero"),
        (table(value=but(np.inf)), r"row 29: .* expected less than 1e\+30"),
        (panel(but(np.inf)), r"expected less than 1e\+30, or NaN where it was not watched"),
        (table(scale=1e30), r"take a larger unit"),
        (panel(USED, (30, 30, 30)), "none of 3 customers is there by 2026-01-23"),
        (table([0, 1, 10**12]), r"periods go from 0 to 1000000000000: .* number them one after the other"),
        (table([0.5, 1.5]), r"'0.5' names no period; expected a form of"),
        (table(["01/02/2026", "01/03/2026"]), r"'01/02/2026' names no period"),
        (table(["2026-02-28", "2026-02-30"]), r"'2026-02-30' names no period"),
        (table(["2025-W53"]), r"'2025-W53' is no week of its year"),
        (table(["2026-01-01", "2026-02"]), "periods are of more than one kind: day, month"),
        (table(["2026-01-01", None]), r"row 2: period None; expected an hour, a day"),
        (table() | {"customer": [None] * 69}, r"row 1: customer None; expected a name or a number"),
        (table() | {"value": ["x"] * 69}, r"row 1: value 'x'; expected a number, or nothing"),
        (table() | {"value": [1.0] * 68}, r"not of one length: 69 of customer, 69 of period, 68 of value"),
        ({"customer": [], "period": [], "value": []}, "no rows"),
        ([], "no rows"),
        (None, r"None is no table; expected columns or rows of customer, period, value"),
        (USED, r"row 1 of the history is array.*\.\.\.; expected customer, period, value"),
        ([{"customer": "a", "period": 1, "value": 2.0}, ("b", 1, 2.0)], "row 2 of the history is"),
        ("nowhere.csv", "no log at nowhere.csv"),
    ],
)  # fmt: skip
def test_what_no_forecast_can_be_made_of_is_said_with_the_mend(rows, mend):
    with pytest.raises(InputError, match=mend):
        pt.predict(rows, horizon=3, draws=8)


@pytest.mark.parametrize(
    ("how", "mend"),
    [
        ({"horizon": 0}, "horizon is 0; expected 1 or more"),
        ({"horizon": 2.5}, "horizon is 2.5; expected a whole number from 1 on"),
        ({"horizon": "7"}, "horizon is '7'; expected a whole number"),
        ({"draws": 1}, "draws is 1; expected 2 or more"),
        ({"history": 0}, "history is 0; expected 1 or more"),
        ({"season": 0}, "season is 0; expected 1 or more"),
        ({"seed": -1}, "seed is -1; expected 0 or more"),
        ({"grain": "fortnight"}, "no grain 'fortnight'; known are day, hour, month, quarter, week, year"),
        ({"grain": "month"}, "named as 2026-01-01, a day, and the grain is 'month'; expected 'day', 'week'"),
    ],
)
def test_what_is_asked_wrongly_is_said_with_what_was_expected(how, mend):
    with pytest.raises(InputError, match=mend):
        pt.predict(table(), **({"horizon": 3, "draws": 8} | how))


def test_whole_numbers_of_any_type_ask_the_same():
    plain = pt.predict(table(), horizon=3, draws=8, history=20)
    other = pt.predict(table(), horizon=np.int64(3), draws=8.0, history=np.int32(20))  # type: ignore[arg-type]
    assert plain.samples.tobytes() == other.samples.tobytes()


@pytest.mark.parametrize(
    ("labels", "grain"),
    [
        (WEEKS, "week"),
        ([label for k, label in enumerate(WEEKS) if k != 3], "week"),
        (months(20), "month"),
        (months(20, last=True), "month"),
        (months(12, 3), "quarter"),
        (months(12, 3, last=True), "quarter"),
        (months(8, 12), "year"),
        ([label[:7] for label in months(12, 3)], "quarter"),
        ([f"{day}T06" for day in DAYS], "day"),
        (QUARTERS, "quarter"),
        (DAYS, "day"),
        (WEEKS[:3], "day"),
    ],
)
def test_labels_that_lie_longer_periods_apart_are_such_periods(labels, grain):
    found = timed(labels)
    assert found.grain == grain
    assert len(found.labels) == found.number.max() + 1
    assert np.array_equal(np.argsort(found.number, kind="stable"), np.arange(len(labels)))


def test_periods_that_are_longer_than_their_labels_are_said_and_can_be_told_otherwise():
    found = pt.predict(table(WEEKS), horizon=3, draws=8)
    assert "named as 2026-01-05 and taken as weeks" in found.notes[0]
    days = pt.predict(table(WEEKS), horizon=3, draws=64, grain="day")
    assert not any("taken as" in note for note in days.notes)
    assert days.quantiles([0.5]).sum() < found.quantiles([0.5]).sum()  # three days, six in seven of them without use
    steps = pt.predict(table(range(0, 230, 10)), horizon=3, draws=8)
    assert "taken as counted in steps" in steps.notes[0]


def test_weeks_of_the_year_are_weeks():
    made = panel_of_rows(["a"] * 3, ["2025-12-22", "2025-12-29", "2026-01-05"], [1.0, 2.0, 3.0], grain="week")
    iso = pt.predict(table([f"2025-W{k:02d}" for k in range(30, 53)]), horizon=2, draws=8)
    days = pt.predict(table([str(dt.date.fromisocalendar(2025, k, 1)) for k in range(30, 53)]), horizon=2, draws=8)
    assert made.value.tolist() == [[1.0, 2.0, 3.0]]
    assert iso.samples.tobytes() == days.samples.tobytes()


def test_who_is_not_there_yet_is_expected_to_use_nothing_and_changes_no_other():
    later = np.vstack([np.full(23, np.nan), USED])
    made = pt.predict(panel(later, (23, 0, 0, 0)), horizon=7, draws=16, steps=True)
    alone = pt.predict(panel(), horizon=7, draws=16)
    assert "c0 is not there by 2026-01-23" in made.notes[-1]
    assert not made.samples[:, 0].any()
    assert made.steps is not None
    assert made.steps.shape == (16, 4, 7)
    np.testing.assert_allclose(made.samples[:, 1:], alone.samples)


def test_a_history_longer_than_the_panel_is_the_panel():
    assert pt.predict(panel(), horizon=3, draws=8, history=999).samples.tobytes() == (
        pt.predict(panel(), horizon=3, draws=8).samples.tobytes()
    )


def test_from_a_single_period_ranges_are_wide():
    made = pt.predict(table(DAYS[:1], np.full((5, 1), 7.0)), horizon=7, draws=200)
    low, _, high = made.quantiles()
    assert (high > 2.5 * low).all()
    assert made.total_quantiles()[2] > 1.5 * made.total_quantiles()[0]
