"""Contracts in the months of a forecast: what is fixed, who is bound, what is charged without use; by hand."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertoken.core.errors import InputError
from pertoken.forecast.agreed import Invoiced, agreed, ramp_share
from pertoken.forecast.agreement import Agreement
from pertoken.forecast.settlement import settled

MONTHS = ("2026-04", "2026-05", "2026-06", "2026-07", "2026-08")
HALF_YEAR = Agreement(
    customer="acme", card="enterprise", signed=date(2025, 12, 1), start=date(2026, 1, 1), end=date(2026, 7, 1),
    committed=Decimal(600),
)  # fmt: skip
BILLED = Invoiced(("2026-01", "2026-02", "2026-03"), np.array([[50.0, 100.0, 100.0], [7.0, 7.0, 7.0]]))


def at(agreements, billed=BILLED):
    return agreed(agreements, MONTHS, ["acme", "globex"], billed)


def test_what_is_unused_is_charged_in_the_month_in_which_the_contract_ends():
    found = settled(at([HALF_YEAR]), np.full((1, 2, 5), 80.0))  # 600 - 250 - 3 x 80 = 110
    assert found.within[0, 0].tolist() == [80, 80, 80, 0, 0]
    assert found.over[0, 0].tolist() == [0, 0, 0, 80, 80]
    assert found.true_up[0, 0].tolist() == [0, 0, 110, 0, 0]
    assert found.breakage.tolist() == [[110]]
    assert found.left.tolist() == [[0]]
    assert found.true_up[0, 1].tolist() == [0] * 5  # globex has no contract
    assert found.over[0, 1].tolist() == [80] * 5


def test_what_is_used_above_a_commitment_is_charged_on_top():
    found = settled(at([HALF_YEAR]), np.full((2, 5), 200.0))  # 350 are left: 200, then 150
    assert found.within[0].tolist() == [200, 150, 0, 0, 0]
    assert found.over[0].tolist() == [0, 50, 200, 200, 200]
    assert found.true_up.sum() == 0


def test_each_draw_is_settled_by_itself():
    charges = np.stack([np.full((2, 5), 80.0), np.full((2, 5), 200.0), np.zeros((2, 5))])
    found = settled(at([HALF_YEAR]), charges)
    assert found.breakage[:, 0].tolist() == [110, 0, 350]
    assert found.committed[:, 0].sum(axis=-1).tolist() == [350, 350, 350]  # what is left is certain


def test_a_commitment_by_month_is_settled_by_month_from_the_day_it_began():
    each = replace(HALF_YEAR, start=date(2026, 3, 16), end=date(2026, 6, 16), committed=Decimal(100), per="month")
    made = at([each])
    assert made.terms.expires.tolist() == [0, 1, 2]  # the 15th of April, of May, of June
    assert made.terms.drawn == pytest.approx([100 * 16 / 31, 0, 0])  # 16 of 31 days of March
    charges = np.zeros((2, 5))
    charges[0] = 62, 31, 30, 9, 9
    # the first term has 51.61 drawn and half of April's 62, the second the other half and 15 of May's 31 days
    found = settled(made, charges)
    assert found.breakage == pytest.approx([100 - 1600 / 31 - 31, 100 - 31 - 15, 100 - 16 - 15])
    assert found.true_up[0] == pytest.approx([17.3870967742, 54, 69, 0, 0])


def test_a_term_cut_short_counts_in_part_and_says_so():
    each = replace(HALF_YEAR, start=date(2025, 6, 1), end=date(2026, 8, 1), committed=Decimal(3650), per="year")
    made = agreed([each], MONTHS, ["acme"], Invoiced(("2025-06",), np.array([[40.0]])))
    assert made.terms.committed == pytest.approx([3650, 610])  # 61 of 365 days
    assert made.notes == ("the last year of acme is cut short: 17% of its commitment counts",)


def test_charges_before_the_history_are_not_known_and_that_is_said():
    made = agreed([HALF_YEAR], MONTHS, ["acme"], Invoiced(("2026-03",), np.array([[100.0]])))
    assert made.terms.drawn.tolist() == [100]
    assert "runs since 2026-01-01, charges are known since 2026-03-01" in made.notes[0]
    assert at([HALF_YEAR]).notes == ()


def test_a_commitment_that_outlasts_the_forecast_is_left_not_broken():
    made = at([replace(HALF_YEAR, end=date(2027, 1, 1))])
    found = settled(made, np.full((2, 5), 10.0))
    assert found.left.tolist() == [600 - 250 - 50]
    assert found.breakage.tolist() == [0]
    assert made.terms.expires.tolist() == [5]


def test_the_fixed_part_is_what_is_left_by_month():
    fixed = at([HALF_YEAR]).fixed
    assert fixed[0] == pytest.approx([350 / 3, 350 / 3, 350 / 3, 0, 0])
    late = at([replace(HALF_YEAR, start=date(2026, 4, 16), end=date(2026, 6, 1))]).fixed
    assert late[0] == pytest.approx([200, 400, 0, 0, 0])  # half of April, all of May
    assert fixed[1].tolist() == [0] * 5


def test_a_ramp_rises_in_a_straight_line_and_the_fixed_part_follows_it():
    each = replace(HALF_YEAR, start=date(2026, 4, 1), end=date(2026, 8, 1), ramp=4, committed=Decimal(800))
    assert ramp_share(each, MONTHS).tolist() == [0.125, 0.375, 0.625, 0.875, 1]
    made = at([each])
    assert made.fixed[0, :4].tolist() == [50, 150, 250, 350]
    assert made.fixed[0, 4] == 0
    assert made.ramp[1].tolist() == [1] * 5


def test_a_ramp_that_begins_within_a_month_counts_the_days_before_as_nothing():
    each = replace(HALF_YEAR, start=date(2026, 4, 16), ramp=0)
    assert ramp_share(each, MONTHS[:2]).tolist() == [0.5, 1]
    slow = replace(each, ramp=2)  # a triangle of half a month: 0.5^2 / (2 x 2)
    assert ramp_share(slow, MONTHS[:2]) == pytest.approx([0.0625, (1.5**2 - 0.5**2) / 4])


def test_usage_in_the_middle_of_a_ramp_is_lifted_to_what_the_rest_of_it_promises():
    each = replace(HALF_YEAR, start=date(2026, 2, 1), end=date(2026, 8, 1), ramp=4)
    made = at([each])  # March is the second month of the ramp
    assert made.ramp_now.tolist() == [0.375, 1]
    assert made.growing[0] == pytest.approx([0.625 / 0.375, 0.875 / 0.375, 1 / 0.375, 1 / 0.375, 1 / 0.375])
    assert made.growing[1].tolist() == [1] * 5
    early = at([replace(each, start=date(2026, 3, 1), ramp=10)])
    assert early.growing[0].max() == 4  # one who is at 5 % says little of the level


def test_what_was_planned_is_that_of_the_last_contract_that_says_it():
    each = replace(HALF_YEAR, planned=Decimal(1000))
    made = at([each, replace(each, start=date(2026, 7, 1), end=date(2026, 8, 1), planned=None)])
    assert made.planned[0] == 1000
    assert np.isnan(made.planned[1])


def test_who_has_committed_is_bound_until_the_last_contract_that_follows_ends():
    second = replace(HALF_YEAR, start=date(2026, 7, 1), end=date(2026, 8, 1), renewal=0.8)
    made = at([HALF_YEAR, second])
    assert made.bound.tolist() == [4, 0]
    assert made.ends.tolist() == [4, 5]
    assert made.renewal[0] == 0.8
    assert np.isnan(made.renewal[1])
    assert at([HALF_YEAR]).bound.tolist() == [3, 0]
    assert at([replace(HALF_YEAR, start=date(2026, 5, 1))]).bound.tolist() == [3, 0]  # signed for May: there till then
    assert at([replace(HALF_YEAR, committed=Decimal(0))]).bound.tolist() == [0, 0]  # nothing holds them


def test_who_signed_and_has_used_nothing_yet_stands_after_the_others():
    made = at([replace(HALF_YEAR, customer="hooli", start=date(2026, 6, 1), end=date(2026, 8, 1))])
    assert made.customers == ("acme", "globex", "hooli")
    assert made.ramp[2].tolist() == [0, 0, 1, 1, 1]
    assert made.terms.drawn.tolist() == [0]


def test_contracts_that_are_over_say_nothing():
    made = at([replace(HALF_YEAR, end=date(2026, 4, 1))])
    assert (len(made.terms), made.bound.tolist()) == (0, [0, 0])
    found = settled(made, np.full((3, 2, 5), 11.0))
    assert found.true_up.sum() == 0
    assert found.breakage.shape == (3, 0)


def test_charges_of_other_customers_are_refused():
    with pytest.raises(InputError, match="charges are"):
        settled(at([HALF_YEAR]), np.zeros((3, 5)))
    with pytest.raises(InputError, match="expected a month and"):
        agreed([], MONTHS, ["acme"], BILLED)


@given(
    committed=st.integers(1, 5000),
    per=st.sampled_from(["month", "quarter", "year", "contract"]),
    start=st.dates(date(2025, 3, 1), date(2026, 7, 1)),
    days=st.integers(20, 900),
    seed=st.integers(0, 99),
)
def test_what_is_committed_is_drawn_used_broken_or_left(committed, per, start, days, seed):
    over = date.fromordinal(start.toordinal() + days)
    each = Agreement(customer="acme", card="c", signed=start, start=start, end=over, committed=Decimal(committed),
                     per=per, ramp=seed % 7)  # fmt: skip
    made = at([each])
    charges = np.random.default_rng(seed).gamma(0.5, 200, (3, 2, 5))
    found = settled(made, charges)
    drawn = np.minimum(made.terms.drawn, made.terms.committed).sum()
    sides = found.within[:, 0].sum(-1) + found.breakage.sum(-1) + found.left.sum(-1)
    assert drawn + sides == pytest.approx(np.full(3, made.terms.committed.sum()))
    assert found.within + found.over == pytest.approx(charges)
    assert min(found.within.min(), found.over.min(), found.true_up.min(initial=0), made.fixed.min()) >= -1e-9
    assert found.true_up.sum((-1, -2)) == pytest.approx(found.breakage.sum(-1))
    left = np.maximum(made.terms.committed - made.terms.drawn, 0)
    assert (made.fixed[0].sum() <= left.sum() + 1e-9).all()
