"""A log that ends inside a month: what is known and a forecast of the rest are one month, charged as one."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from pertoken.core.keys import Key
from pertoken.core.lines import Usage
from pertoken.forecast.agreement import Agreement
from pertoken.forecast.landing import MIDDLE, begun
from pertoken.forecast.outside import Outside
from pertoken.forecast.panel import panel_of_rows
from pertoken.forecast.population import FACTORS
from pertoken.forecast.simulate import simulate
from pertoken.rating.contract import Contract
from pertoken.rating.rate import amount, rate
from pertoken.workbench.asked import LogAhead
from pertoken.workbench.forecasting import foretold
from pertoken.workbench.landings import month_of, with_rest
from pertoken.workbench.preparing import Prepared, prepared
from pertoken.workbench.remarks import remarks
from pertoken.workbench.voices import Voices

pytestmark = pytest.mark.xdist_group("forecast")  # one process compiles the simulation

PLAN = """
plan: api
prices:
  base: {curve: [{flat: 20}]}
  tokens:
    measure: {sum: total_tokens}
    curve: {mode: marginal, tiers: [{up_to: 40_000, rate: 0}, {up_to: 90_000, rate: 0.004}, {rate: 0.0017}]}
clamp: {min: 35}
"""


def log(path: Path, last: str) -> str:
    """Eleven customers who come by and by, from the first of January on."""
    rng = np.random.default_rng(3)
    lines = ["day,customer,input_tokens,output_tokens"]
    for day in np.arange(np.datetime64("2026-01-01"), np.datetime64(last) + 1):
        for i, level in enumerate(np.geomspace(100, 9_000, 11)):
            if day > np.datetime64("2026-01-01") + 3 * i:
                lines.append(f"{day},c{i:02},{int(level * rng.lognormal(0, 0.4))},{int(level / 7)}")
    (path / "plan.yaml").write_text(PLAN)
    (path / "log.csv").write_text("\n".join(lines) + "\n")
    return str(path / "log.csv")


def ready(path: Path, last: str, *contracts: Agreement) -> Prepared:
    how: LogAhead = {"contracts": contracts} if contracts else {}
    return prepared(log(path, last), card=[str(path / "plan.yaml")], months=2, segments="behaviour", how=how)


def by_hand(tokens: float) -> float:
    """A month by the plan: 20, tokens from 40,000 on at 0.004, from 90,000 on at 0.0017; 35 at least."""
    return max(35, 20 + 0.004 * min(max(tokens - 40_000, 0), 50_000) + 0.0017 * max(tokens - 90_000, 0))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return ready(tmp_path_factory.mktemp("landing"), "2026-03-19")


def test_with_all_held_the_month_is_the_invoice_of_the_exact_engine(made):
    month = month_of(made)
    assert month is not None
    model, people = month.fitted.of, month.fitted.of.people
    nobody = replace(model.shared, arrivals=np.zeros_like(model.shared.arrivals))
    found = simulate(replace(model, shared=nobody), month.tariffs, seed=0, held=FACTORS)
    # days that are known, cell by cell, and the median of the rest; rated in decimals, line by line
    known = made.begun.quantity.T
    rest = people.level[:, MIDDLE] - known @ made.standing.weights
    quantity = known + rest[:, None] * made.fitted.of.people.mix
    assert people.alive.tolist() == [1.0] * len(people.names)
    rows = np.arange(quantity.size)
    keys = {name: key.pick(rows % quantity.shape[1]) for name, key in model.cells.items()}
    keys |= {
        "customer": Key.of(people.names).pick(rows // quantity.shape[1]),
        "month": Key.constant("2026-03", quantity.size),
    }
    exact = rate(Usage(keys, {"quantity": quantity.ravel()}), made.plans[0], exact=True)
    due = sum(amount(exact.ledger, "effective").values["amount"])
    assert found.money().sum() == pytest.approx(float(due), abs=0.005)
    assert (quantity.sum(axis=1) > 90_000).any()
    assert (quantity.sum(axis=1) < 40_000).any()


def test_nobody_uses_less_than_is_known_of_them(made):
    month = month_of(made)
    assert month is not None
    used = made.standing.weights @ made.begun.quantity
    assert (month.fitted.of.people.level[:, 0] >= used).all()
    assert made.begun.known, made.begun.rest == (19, 12)


def test_the_known_days_come_through_to_the_unit(made):
    read = made.read.usage
    march = read.period("month").column() == "2026-03"
    assert made.begun.quantity.sum() == pytest.approx(read.values["quantity"][march].sum(), rel=1e-12)


def test_a_month_that_is_nearly_over_is_nearly_certain_and_one_just_begun_is_not(tmp_path):
    widths = []
    for day in ("2026-03-04", "2026-03-29"):
        answer = foretold(ready(tmp_path, day), draws=1280, explain=False, tested=False)
        assert answer.landing is not None
        low, middle, high = np.quantile(answer.landing.worlds["revenue"], [0.1, 0.5, 0.9])
        assert answer.landing.so_far["usage"] <= answer.landing.worlds["usage"].min()
        widths.append((high - low) / middle)
    assert widths[1] < widths[0] / 3


def test_a_log_that_ends_with_a_month_has_nothing_to_land(tmp_path):
    made = ready(tmp_path, "2026-03-31")
    assert made.begun is None
    assert foretold(made, draws=1280, explain=False, tested=False).landing is None


def test_who_may_leave_before_the_first_month_is_less_likely_there_and_who_comes_before_it_is(made):
    people, kept = made.fitted.of.people, made.fitted.retention
    gap = 12 / 30.4375
    before = np.concatenate([each.alive for each in kept])
    leave = kept[0].leave[np.minimum(people.age, len(kept[0].leave) - 1)]
    active = np.flatnonzero(before > 0.999)
    assert people.alive[active] == pytest.approx((1 - leave[active]) ** gap, rel=1e-3)
    arrivals = made.fitted.of.shared.arrivals[0]
    assert arrivals[0] / arrivals[1] == pytest.approx(1 + gap, rel=1e-9)


def test_a_month_of_a_history_of_weeks_is_not_looked_for():
    weeks = panel_of_rows(["a"] * 21, [f"2026-01-{day:02}" for day in range(1, 22)], [1.0] * 21, grain="week")
    assert begun(weeks) is None


def test_what_is_forecast_elsewhere_of_the_days_that_are_left_lands_the_month(made):
    """Counting in full, it alone says what the days that are left bring; one of the month after says nothing."""
    alone, names = month_of(made), made.read.panel.customers
    assert alone is not None
    last = np.datetime64(made.read.panel.periods[-1])
    days = tuple(str(last + 1 + k) for k in range(made.begun.rest))
    each = np.full((2, len(names), len(days)), 50_000.0) * np.array([0.99, 1.01])[:, None, None]
    told = Outside(names, days, each, np.array([0.1, 0.9]))
    by_month = Outside(names, ("2026-04",), each[:, :, :1], np.array([0.1, 0.9]))
    levels = []
    for outside in ((), (by_month,), (told,)):
        month = month_of(replace(made, voices=Voices({}, outside, 1.0)))
        assert month is not None
        known = made.standing.weights @ made.begun.quantity
        levels.append(month.fitted.of.people.level[:, MIDDLE] - known)
    np.testing.assert_array_equal(levels[0], levels[1])
    assert levels[2] == pytest.approx(np.full(len(names), 50_000.0 * made.begun.rest), rel=0.02)


def committed_until(end):
    return Agreement(
        customer="c10", card="api", signed=date(2026, 1, 1), start=date(2026, 1, 1), end=end, committed=Decimal(9_000),
        per="contract", renewal=1.0,
    )  # fmt: skip


def held_at_the_middle(month):
    """The month that lands without chance and without newcomers, and what `c10` uses in it. [token]"""
    model, people = month.fitted.of, month.fitted.of.people
    nobody = replace(model.shared, arrivals=np.zeros_like(model.shared.arrivals))
    found = simulate(replace(model, shared=nobody), month.tariffs, seed=0, held=FACTORS, promises=month.promises)
    return found, people.level[people.names.index("c10"), MIDDLE]


def paid_before(made):
    """What `c10` was charged in January and February, reckoned by hand from its tokens."""
    rows = made.read.usage
    mine = (rows.key("customer").column() == "c10") & (rows.key("meter").column() != "requests")
    tokens = rows.pick(mine)
    month = tokens.period("month").column()
    return sum(by_hand(tokens.values["quantity"][month == f"2026-0{m}"].sum()) for m in (1, 2))


def test_what_is_not_used_of_a_commitment_lands_in_the_month_in_which_it_ends(tmp_path):
    made = ready(tmp_path, "2026-03-19", committed_until(date(2026, 4, 1)))
    month = month_of(made)
    assert month is not None
    found, used = held_at_the_middle(month)
    without = simulate(
        replace(month.fitted.of, shared=replace(month.fitted.of.shared, arrivals=np.zeros((1, 1)))), month.tariffs,
        seed=0, held=FACTORS,
    )  # fmt: skip
    true_up = 9_000 - paid_before(made) - by_hand(used)  # the days that are left are in what was used
    assert true_up > 7_000
    assert found.money().sum() - without.money().sum() == pytest.approx(true_up, abs=0.02)
    assert made.promises is not None
    assert not made.promises.due.any()  # nothing of it is left for the months after


def test_a_commitment_that_goes_on_knows_what_the_whole_month_before_is_expected_to_bring(tmp_path):
    made = ready(tmp_path, "2026-03-19", committed_until(date(2026, 5, 1)))
    month = month_of(made)
    assert month is not None
    assert made.begun is not None
    found, used = held_at_the_middle(month)
    later = with_rest(made, made.begun, found)
    assert made.promises is not None
    assert later.promises is not None
    assert later.promises.paid[0] == pytest.approx(paid_before(made) + by_hand(used), abs=0.02)
    known = (made.standing.weights @ made.begun.quantity)[made.read.panel.customers.index("c10")]
    assert made.promises.paid[0] == pytest.approx(paid_before(made) + by_hand(known), abs=0.02)
    assert later.promises.due.tolist() == made.promises.due.tolist() == [[9_000, 0]]


def test_the_forecast_of_the_months_after_takes_it_so(tmp_path):
    made = ready(tmp_path, "2026-03-19", committed_until(date(2026, 5, 1)))
    answer = foretold(made, draws=1280, explain=False, tested=False)
    assert answer.landing is not None
    (own,) = answer.committed
    assert made.promises is not None
    rest = own.drawn - made.promises.paid[0]  # the 12 days of March that are left, at 0.0017 of 8,900 tokens a day
    assert rest == pytest.approx(12 * 9_000 * (np.exp(0.4**2 / 2) + 1 / 7) * 0.0017, rel=0.35)
    paid = own.drawn + answer.parts["customer"]["c10"]["revenue"][:, 0]
    assert np.isclose(paid, 9_000, rtol=1e-9).all()  # what is used in April and what is not add up to the commitment


PRORATED = """
plan: api
prices:
  base: {curve: [{flat: 300}], during: {every: month, prorate: day}}
  tokens: {measure: {sum: total_tokens}, curve: [{rate: 0.0001}]}
clamp: {min: 450, during: {prorate: day}}
"""


def test_a_month_that_is_charged_whole_although_the_card_takes_less_for_a_part_of_it_is_said(tmp_path, monkeypatch):
    """The books take 6 days of 31 of 450 for a contract that begins on the 26th; in the simulation a month is whole."""
    newco = replace(committed_until(date(2027, 4, 1)), customer="newco", committed=Decimal(0), planned=Decimal(400))
    newco = replace(newco, signed=date(2026, 3, 1), start=date(2026, 3, 26))
    said = "! newco: a month that the contract begins or ends in is charged whole, although the card prorates it"
    assert said not in remarks(ready(tmp_path, "2026-03-19", newco))
    monkeypatch.setattr("tests.workbench.test_landings.PLAN", PRORATED)
    made = ready(tmp_path, "2026-03-19", newco)
    assert said in remarks(made)
    assert said not in remarks(ready(tmp_path, "2026-03-19", replace(newco, start=date(2026, 4, 1))))
    keys = {"customer": "newco", "day": "2026-03-27", "meter": "input_tokens"}
    six = Usage({name: Key.of([label]) for name, label in keys.items()}, {"quantity": np.array([Decimal(1)])})
    own = Contract(card="api", labels={"customer": "newco"}, start=newco.start, end=newco.end)
    due = rate(six, made.plans[0], contracts=(own,), exact=True)
    assert float(sum(amount(due.ledger, "effective").values["amount"])) == pytest.approx(450 * 6 / 31, abs=0.005)
    month = month_of(made)
    assert month is not None
    found, _ = held_at_the_middle(month)
    group = found.groups["customer"]
    mine = group.codes == group.labels.index("newco")
    assert found.money()[..., mine].sum() == pytest.approx(450, abs=0.005)
