"""Contracts of customers who are offered another plan: what is promised binds on the old one, or is refused."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pertoken as pt
from pertoken.core.errors import InputError
from pertoken.forecast.migration.offer import Offer
from pertoken.workbench.histories import history
from pertoken.workbench.staying import staying

WHO, MONTHS = 5, 7
OLD = "{plan: old, prices: {tokens: {measure: {sum: total_tokens, window: month}, curve: [{rate: 0.002}]}}}"
NEW = "{plan: new, prices: {tokens: {measure: {sum: total_tokens, window: month}, curve: [{rate: 0.0005}]}}}"
HEAD = "plan,customer,from,to,committed,per,renewal"
FAR = "2028-01-01"

Ask = Callable[..., Any]


@pytest.fixture
def log(tmp_path: Path) -> str:
    rng = np.random.default_rng(7)
    lines = ["date,customer,input_tokens"]
    for day in (date(2026, 1, 1) + timedelta(t) for t in range(31 + 28)):
        lines += [f"{day},c{i},{int(1_000 * (i + 1) * rng.lognormal(0, 0.2))}" for i in range(WHO)]
    for name, text in (("log.csv", "\n".join(lines) + "\n"), ("old.yaml", OLD), ("new.yaml", NEW)):
        (tmp_path / name).write_text(text)
    return str(tmp_path / "log.csv")


@pytest.fixture
def moved(log: str) -> Ask:
    path = Path(log).parent

    def ask(*rows: str, **more: Any) -> Any:
        if rows:
            (path / "contracts.csv").write_text("\n".join([HEAD, *rows]) + "\n")
            more["contracts"] = str(path / "contracts.csv")
        told = {"months": MONTHS, "draws": 37} | more
        return pt.migrate(log, old=[str(path / "old.yaml")], new=[str(path / "new.yaml")], **told)

    return ask


def test_who_has_committed_to_the_end_pays_the_commitment_under_either_offer(moved: Ask) -> None:
    made = moved(*(f"old,c{i},2026-01-01,{FAR},{1_000 * (i + 1)},month," for i in range(WHO))).made
    # they use 2 to 10 a day at 0.002: 60 to 300 a month, far below what they have committed
    np.testing.assert_allclose(made.old, 15_000, rtol=1e-12)
    np.testing.assert_allclose(made.new, 15_000, rtol=1e-12)
    assert made.adoption.max() == 0
    assert made.customers.moved.max() == 0


def test_who_has_committed_moves_no_sooner_than_the_contract_ends(moved: Ask) -> None:
    offer = Offer(sunset="2026-04", notice=0)
    free, held = moved(offer=offer).made, moved("old,c4,2026-01-01,2026-06-01,0,,100%", offer=offer).made
    # months ahead: March is the first; the old plan ends in April, the contract with May
    assert (free.customers.moved[4], held.customers.moved[4]) == (1, 1)
    april, june = (((held.new / held.old) - (free.new / free.old))[:, month].mean() for month in (1, 3))
    assert april == pytest.approx(0.25, abs=0.08)  # c4 is a third of all usage, of whose bill the new plan is a quarter
    assert june == pytest.approx(0, abs=0.05)
    np.testing.assert_allclose(held.old + np.sum([*held.steps.values()], axis=0), held.new, rtol=1e-9)


def test_who_is_surely_not_renewed_is_gone_from_the_end_on(moved: Ask) -> None:
    rows = [f"old,c{i},2026-01-01,2026-06-01,,,0%" for i in range(WHO)]
    made = moved(*rows)
    assert (made.made.old[:, :3] > 0).all()
    np.testing.assert_array_equal(made.made.old[:, 3:], 0)
    assert any("5 customers by contract on the old plan until it ends (c0, c1, c2, c3, c4)" in n for n in made.notes)


def test_the_rest_of_the_month_that_a_log_ends_in_is_drawn_at_its_pace(tmp_path: Path) -> None:
    lines = [f"{date(2026, 1, 1) + timedelta(t)},c0,50000" for t in range(31 + 14)]  # until the middle of February
    (tmp_path / "log.csv").write_text("\n".join(["date,customer,input_tokens", *lines]) + "\n")
    (tmp_path / "old.yaml").write_text(OLD)
    (tmp_path / "contracts.csv").write_text(f"{HEAD}\nold,c0,2026-01-01,{FAR},12000,quarter,\n")
    read = history(str(tmp_path / "log.csv"), revenue=[str(tmp_path / "old.yaml")], how={})
    found, _ = staying(read, str(tmp_path / "contracts.csv"), ("2026-03", "2026-04"))
    assert found is not None
    # 100 a day in 31 + 28 days before the first month ahead; the second quarter has nothing drawn yet
    assert found.terms.drawn.tolist() == pytest.approx([5_900, 0])


RISING = "plan,customer,from,to,ramp,planned,committed,per"


def test_a_ramp_lifts_usage_on_either_plan_by_its_straight_line(log: str) -> None:
    """Six months from the start of January: 1/12 of the level in January, 3/12 in February, 5/12 in March."""
    path = Path(log).parent
    told: dict[str, Any] = {"old": [str(path / "old.yaml")], "new": [str(path / "old.yaml")], "months": 4, "draws": 37}
    rows = [f"old,c{i},2026-01-01,{FAR},6,,," for i in range(WHO)]
    (path / "contracts.csv").write_text("\n".join([RISING, *rows]) + "\n")
    free, made = pt.migrate(log, **told), pt.migrate(log, contracts=str(path / "contracts.csv"), **told)
    lift = made.made.old / free.made.old
    np.testing.assert_allclose(lift, np.broadcast_to(lift[:1], lift.shape), rtol=1e-6)  # alike in all worlds
    # growth that the fit expects is in the ramp: what is left is the line itself, against that of February
    from pertoken.workbench.migrating import _fitted  # noqa: PLC0415

    read = history(log, revenue=told["old"], how={})
    growth = np.exp(_fitted(read, ("2026-03", "2026-04", "2026-05", "2026-06"), 0, None).of.shared.growth)
    np.testing.assert_allclose(lift[0] * growth[0], [5 / 3, 7 / 3, 9 / 3, 11 / 3], rtol=1e-6)
    np.testing.assert_allclose(made.made.new, made.made.old, rtol=1e-12)
    assert not any("ramp" in note for note in made.notes)


def test_what_is_not_followed_of_a_contract_is_said_by_name(log: str) -> None:
    path = Path(log).parent
    rows = [f"old,c0,2026-01-01,{FAR},6,500,,", "old,c1,2026-01-01,2026-06-01,,,100,month"]
    (path / "contracts.csv").write_text("\n".join([RISING, *rows]) + "\n")
    told: dict[str, Any] = {"old": [str(path / "old.yaml")], "new": [str(path / "new.yaml")], "draws": 16}
    made = pt.migrate(log, months=MONTHS, contracts=str(path / "contracts.csv"), **told)
    assert "! c0: usage rises by the ramp alone, not to what was planned" in made.notes
    assert "! c1: what a renewed contract would commit to again is not in it" in made.notes


@pytest.mark.parametrize("others", [(), (f"old,c3,2026-01-01,{FAR},500,month,",)])
def test_who_has_signed_and_used_nothing_yet_is_named_whoever_else_has_signed(
    moved: Ask, others: tuple[str, ...]
) -> None:
    made = moved(f"old,later,2026-04-01,{FAR},500,month,", *others)
    assert "later: signed, and nothing used yet; not in it" in made.notes


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("old,c3,2026-01-01,2027-01-01,500 EUR,month,", "currencies mixed: EUR beside USD"),
        ("old,c3,,,500,month,", "the contract of c3 has no dates"),
        ("old,c3,2026-01-01,,500,month,", "promises something but has no end"),
        ("old,nobody,2026-01-01,2027-01-01,500,month,", "no customer 'nobody' in the log"),
    ],
)
def test_what_a_forecast_refuses_is_refused(moved: Ask, log: str, row: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        moved(row)
    path = Path(log).parent
    with pytest.raises(InputError, match=words):
        pt.forecast_revenue(log, card=[str(path / "old.yaml")], contracts=str(path / "contracts.csv"))
    with pytest.raises(InputError, match=words):
        pt.cohorts(log, revenue=[str(path / "old.yaml")], contracts=str(path / "contracts.csv"))


def test_cohorts_owe_what_they_have_committed_to(log: str, tmp_path: Path) -> None:
    rows = [f"old,c{i},2026-01-01,{FAR},{1_000 * (i + 1)},month," for i in range(WHO)]
    (tmp_path / "contracts.csv").write_text("\n".join([HEAD, *rows]) + "\n")
    told: dict[str, Any] = {"revenue": [str(tmp_path / "old.yaml")], "contracts": str(tmp_path / "contracts.csv")}
    made = pt.cohorts(log, **told)
    assert made.committed_share == pytest.approx(1)
    # 15,000 a month, of which the last 28 days are all of February
    assert made.run_rate == pytest.approx(15_000 * 365.25 / 28)
    with pytest.raises(InputError, match="contracts commit to money, and no revenue card"):
        pt.cohorts(log, contracts=told["contracts"])


@pytest.mark.parametrize("end", [date(2026, 3, 16), date(2026, 3, 30), date(2026, 3, 31)])
@pytest.mark.parametrize(("promise", "each_month"), [("1000000,,", None), ("1000,month,", 1_000), ("30,month,", None)])
def test_the_run_rate_of_steady_customers_is_the_same_wherever_the_log_ends(
    tmp_path: Path, end: date, promise: str, each_month: float | None
) -> None:
    days = [date(2026, 1, 1) + timedelta(t) for t in range((end - date(2026, 1, 1)).days + 1)]
    lines = [f"{day},c{i},7000" for day in days for i in range(WHO)]
    rows = [f"old,c{i},2026-01-01,{FAR},{promise}" for i in range(WHO)]
    for name, text in (("log.csv", ["date,customer,input_tokens", *lines]), ("old.yaml", [OLD])):
        (tmp_path / name).write_text("\n".join(text) + "\n")
    (tmp_path / "contracts.csv").write_text("\n".join([HEAD, *rows]) + "\n")
    how: dict[str, Any] = {"revenue": [str(tmp_path / "old.yaml")], "contracts": str(tmp_path / "contracts.csv")}
    made = pt.cohorts(str(tmp_path / "log.csv"), window=28, **how)
    # 14 a day; 1,000 in each month where that is more, which is more in each of the 28 days of February
    of_day = [14.0 if each_month is None else each_month / (28 if day.month == 2 else 31) for day in days[-28:]]
    assert made.run_rate == pytest.approx(WHO * sum(of_day) * 365.25 / 28)


def test_what_lies_above_a_commitment_is_not_committed(log: str, tmp_path: Path) -> None:
    old = [str(tmp_path / "old.yaml")]
    plain = pt.cohorts(log, revenue=old, window=14)
    (tmp_path / "contracts.csv").write_text(f"{HEAD}\nold,c4,2026-01-01,{FAR},50,month,\n")
    made = pt.cohorts(log, revenue=old, window=14, contracts=str(tmp_path / "contracts.csv"))
    assert plain.committed_share == 0
    # c4 is charged some 300 a month, of which 50 are committed: 100 of all that was charged in two months
    charged = sum(row.sum() for row in plain.report.windows.value) + plain.report.windows.before.sum()
    assert made.committed_share == pytest.approx(100 / charged)


def test_a_contract_that_begins_later_is_refused_with_what_to_do(moved: Ask) -> None:
    with pytest.raises(InputError, match=r"c3 is put on old from 2026-04 on .* leave the row out, or ask"):
        moved(f"old,c3,2026-04-01,{FAR},500,month,")
