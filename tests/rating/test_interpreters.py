"""One curve, read by three: floats in NumPy, exact decimals, and SQL on DuckDB. All charge what paper charges."""

from dataclasses import replace
from decimal import ROUND_FLOOR, Decimal
from itertools import pairwise

import duckdb
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pertoken.core.errors import CardError, InputError
from pertoken.engines.convert_sql import Counted, converted
from pertoken.engines.curve_sql import curve as in_sql
from pertoken.engines.curve_sql import rated
from pertoken.rating.card import Adjust, Card, Charge, Convert, Curve, Measure, Tier
from pertoken.rating.curve import convert, evaluate, normal_form, per_unit, progressive
from pertoken.rating.walk import walk
from tests.made import exact

D = Decimal
THIRD = D("0.000000003")
rates = st.one_of(st.decimals(0, 9, places=4), st.sampled_from([D(0), D("1e-9"), THIRD, D(7)]))
flats = st.sampled_from([D(0), D(0), D("0.01"), D(7)])
room = st.one_of(st.none(), st.sampled_from([D(0), D("0.5"), D(1), D(10), D("333.33")]))
plain = st.builds(Convert, per=st.sampled_from([D(1), D(1000), D(1_000_000)]), times=st.sampled_from([D(1), D("2.5")]))
packages = st.builds(
    Convert,
    per=st.sampled_from([D(1), D(3), D(1000), D("0.5")]),
    times=st.sampled_from([D(1), D(2), D("0.7")]),
    round=st.sampled_from(["up", "down", "half_up"]),
    precision=st.sampled_from([0, 0, 1, 2]),
    free=st.sampled_from([D(0), D(1), D("2.5"), D("0.1")]),
    free_first=st.booleans(),
)
free_units = st.builds(Convert, per=st.sampled_from([D(1), D(1000)]), free=st.sampled_from([D(1), D("2.5")]))
conversions = st.one_of(plain, packages, free_units)
quarters = st.integers(0, 20).map(lambda n: n * D("0.25"))
quantities = st.one_of(
    st.integers(0, 2000).map(Decimal), st.decimals(0, 3000, places=3), quarters, quarters.map(lambda q: q * 1000)
)


@st.composite
def curves(draw, mode=None, caps=room):
    """Curves of one to six tiers, with flats, caps (never below the flat) and rates down to a billionth."""
    bounds = sorted(draw(st.lists(st.decimals(1, 1000, places=2), unique=True, max_size=5)))
    tiers = []
    for end in [*bounds, None]:
        flat, above = draw(flats), draw(caps)
        tiers.append(Tier(up_to=end, rate=draw(rates), flat=flat, cap=None if above is None else flat + above))
    mode = mode or draw(st.sampled_from(["marginal", "all"]))
    return Curve(tiers=tuple(tiers), mode=mode, flat_on_zero=draw(st.booleans()))


def asked(curve, quantity, how):
    """The quantity, zero, and every bound and cap hit and by a hair above, in counted units of three places."""
    bounds = [bound * how.per / how.times for bound in normal_form(curve).up_to if bound < 10**6]
    hit = [bound.quantize(D("0.001"), ROUND_FLOOR) for bound in bounds]
    return [quantity, D(0), *hit, *(bound + D("0.001") for bound in hit)]


def on_paper(curve, quantity, how):
    (priced,) = convert(exact(quantity), how)
    return sum((part.amount for part in walk(curve, priced)), D(0))


def charged(curve, quantities, how):
    form = normal_form(curve)
    if how.whole:
        return evaluate(form, convert(quantities, how)).tolist()
    return evaluate(per_unit(form, how.per, how.times), quantities).tolist()


@pytest.fixture(scope="module")
def con():
    with duckdb.connect(config={"threads": 1}) as con:
        yield con


def by_duckdb(con, curve, quantities, how, select=None):
    by = Counted("s", 3, D(10) ** 10) if select else ""
    money = in_sql(normal_form(curve), Counted("q", 3, D(10) ** 10), how=how, select=by)
    rows = ", ".join(f"({i}, {q}, {s})" for i, (q, s) in enumerate(zip(quantities, select or quantities, strict=True)))
    return [row[0] for row in con.execute(f"SELECT {money} FROM (VALUES {rows}) t(i, q, s) ORDER BY i").fetchall()]


def close(one, two):
    """To a billionth; of a thousandth where an amount is smaller, since floats lose what intercept and slope cancel."""
    return abs(one - float(two)) <= 1e-9 * max(abs(float(two)), 1e-3)


@given(curves(), quantities, conversions)
def test_decimals_charge_what_paper_charges(curve, quantity, how):
    some = asked(curve, quantity, how)
    assert charged(curve, exact(*some), how) == [on_paper(curve, q, how) for q in some]


@given(curves(), quantities, conversions)
@example(
    Curve(tiers=(Tier(up_to=D(1), rate=D(1)), Tier(up_to=D("1.05"), rate=D(0)), Tier(rate=D(0)))),
    D("1.05"),
    Convert(round="down", precision=2, free=D(1)),  # 1.05 - 1 is 0.05, and charges 0.05
)
def test_floats_charge_the_same_to_a_billionth(curve, quantity, how):
    some = asked(curve, quantity, how)
    fast = charged(curve, np.array([float(q) for q in some]), how)
    assert all(close(one, two) for one, two in zip(fast, charged(curve, exact(*some), how), strict=True))


@given(curve=curves(), quantity=quantities, how=conversions)
def test_sql_charges_the_same_to_the_last_digit(con, curve, quantity, how):
    some = asked(curve, quantity, how)
    assert by_duckdb(con, curve, some, how) == charged(curve, exact(*some), how)


@given(curve=curves(mode="all"), one=quantities, two=quantities)
def test_all_three_let_another_quantity_pick_the_tier(con, curve, one, two):
    curve = replace(curve, select="input_tokens")
    form, bounds = normal_form(curve), [tier.up_to for tier in curve.tiers if tier.up_to is not None]
    picks = [two, D(0), *bounds, *(bound + D("0.001") for bound in bounds)]
    some = [one] * len(picks)
    paper = [sum((part.amount for part in walk(curve, one, pick)), D(0)) for pick in picks]
    floats = evaluate(form, np.array([float(q) for q in some]), np.array([float(pick) for pick in picks]))
    assert evaluate(form, exact(*some), exact(*picks)).tolist() == paper
    assert all(close(fast, slow) for fast, slow in zip(floats.tolist(), paper, strict=True))
    assert by_duckdb(con, curve, some, Convert(), picks) == paper


def test_output_is_priced_by_the_size_of_the_input():
    """A vendor's long context: 1,000 tokens at 15 $ a million up to 200,000 of prompt, at 22.5 $ above."""
    tiers = (Tier(up_to=D(200_000), rate=D(15)), Tier(rate=D("22.5")))
    form = per_unit(normal_form(Curve(tiers=tiers, mode="all", select="prompt_tokens")), D(1_000_000))
    assert evaluate(form, exact(1000, 1000), exact(200_000, 200_001)).tolist() == [D("0.015"), D("0.0225")]
    with pytest.raises(InputError, match="another quantity picks the tier"):
        evaluate(form, exact(1000))
    with pytest.raises(InputError, match="another quantity picks the tier"):
        in_sql(form, "q")


# --- laws ------------------------------------------------------------------------------------------------------------


@st.composite
def splits(draw):
    """Some groups of parts, each at least of one."""
    groups = draw(st.lists(st.lists(quantities, min_size=1, max_size=7), min_size=1, max_size=5))
    starts = np.cumsum([0, *(len(group) for group in groups[:-1])])
    return groups, starts


@given(curves(), splits(), conversions)
def test_however_a_quantity_is_split_the_parts_come_to_the_whole(curve, split, how):
    groups, starts = split
    parts = exact(*(part for group in groups for part in group))
    form, totals = normal_form(curve), [sum(group, D(0)) for group in groups]
    whole = evaluate(form, convert(exact(*totals), how)).tolist()
    money = progressive(form, parts, starts, how=how)
    assert np.add.reduceat(money, starts).tolist() == whole
    fast = progressive(form, parts.astype(float), starts, how=how)
    assert np.add.reduceat(fast, starts) == pytest.approx([float(w) for w in whole], rel=1e-9, abs=1e-9)


@given(curves(), splits(), conversions)
def test_what_was_counted_before_is_charged_no_second_time(curve, split, how):
    groups, starts = split
    form = normal_form(curve)
    parts = exact(*(part for group in groups for part in group))
    gone = exact(*(3 * i for i in range(len(groups))))
    totals = exact(*(sum(group, 3 * i * D(1)) for i, group in enumerate(groups)))
    due = evaluate(form, convert(totals, how)) - evaluate(form, convert(gone, how))
    assert np.add.reduceat(progressive(form, parts, starts, gone, how=how), starts).tolist() == due.tolist()


def test_worlds_are_split_as_if_each_were_alone():
    form = normal_form(Curve(tiers=(Tier(up_to=D(5), rate=D(2)), Tier(rate=D(1))), mode="marginal"))
    worlds, starts = np.arange(14.0).reshape(2, 7), np.array([0, 3])
    together = progressive(form, worlds, starts, np.array([1.0, 4.0]))
    assert together.tolist() == [progressive(form, each, starts, np.array([1.0, 4.0])).tolist() for each in worlds]


def test_packages_are_counted_of_the_whole_and_not_of_each_part():
    """Trap of progressive billing: 1,400 then 1,300 tokens at ceil / 1,000 are 2 + 1 packages; each alone 2 + 2."""
    form, how = normal_form(Curve(tiers=(Tier(rate=D(1)),))), Convert(per=D(1000), round="up")
    assert progressive(form, exact(1400, 1300), np.array([0]), how=how).tolist() == [2, 1]


@pytest.mark.parametrize(("due_at_zero", "first", "second"), [(True, 7, 10), (False, 0, 17)])
def test_a_flat_falls_due_with_the_first_part_or_with_the_first_use(due_at_zero, first, second):
    """Flat 7, rate 2, parts of 0 and 5: 7 + 10, or 0 + 17."""
    form = normal_form(Curve(tiers=(Tier(rate=D(2), flat=D(7)),), flat_on_zero=due_at_zero))
    assert progressive(form, exact(0, 5), np.array([0])).tolist() == [first, second]


def test_a_small_group_keeps_its_cents_beside_a_giant():
    """One running sum over all groups would leave 0.25 of 1e18 + 0.25 to the rounding of floats."""
    form = normal_form(Curve(tiers=(Tier(rate=D(1)),)))
    assert progressive(form, np.array([1e18, 0.25, 0.5]), np.array([0, 1])).tolist() == [1e18, 0.25, 0.5]


@given(curves(mode="marginal"), quantities, quantities)
def test_a_graduated_price_never_falls(curve, one, two):
    low, high = charged(curve, exact(min(one, two), max(one, two)), Convert())
    assert low <= high


@given(curves(mode="marginal"))
def test_a_graduated_price_jumps_by_the_flats_alone(curve):
    step = D("1e-12")
    for one, two in pairwise(curve.tiers):
        at, above = charged(curve, exact(one.up_to, one.up_to + step), Convert())
        assert two.flat <= above - at <= two.flat + two.rate * step


@given(curves(caps=st.decimals("0.01", 100, places=2)), quantities)
def test_no_tier_charges_more_than_its_cap(curve, quantity):
    form, hair = normal_form(curve), D("1e-20")
    for q in [quantity, *(bound + step for bound in form.up_to for step in (-hair, D(0), hair))]:
        begin, tier = reached(curve, q)
        below = evaluate(form, exact(begin))[0] if begin and curve.mode == "marginal" else 0
        assert evaluate(form, exact(q))[0] - below <= tier.cap


def test_a_cap_holds_where_its_tier_meets_it_at_a_number_without_end():
    """Seven a unit meets 10 at 10 / 7; a bound rounded up to 50 digits would charge 10.000... and some."""
    (meets,) = normal_form(Curve(tiers=(Tier(rate=D(7), cap=D(10)),))).up_to
    at, above = charged(Curve(tiers=(Tier(rate=D(7), cap=D(10)),)), exact(meets, meets + D("1e-48")), Convert())
    assert D("9.999999999999999999") < at <= above == 10


def reached(curve, quantity):
    """Where the tier of a quantity begins, and the tier."""
    begins = [D(0), *(tier.up_to for tier in curve.tiers[:-1])]
    return [(b, tier) for b, tier in zip(begins, curve.tiers, strict=True) if b == 0 or b < quantity][-1]


@pytest.mark.parametrize(
    ("mode", "expected"), [("marginal", ["9.9", "10", "10", "10.3"]), ("all", ["9.9", "10", "10", "12"])]
)
def test_a_cap_stops_its_tier_and_the_next_goes_on(mode, expected):
    """Three a unit, 10 at most up to 4 units (reached at 3 1/3); then 0.3 a unit, or 2.4 a unit of all of 5."""
    above = D("0.3") if mode == "marginal" else D("2.4")
    curve = Curve(tiers=(Tier(up_to=D(4), rate=D(3), cap=D(10)), Tier(rate=above)), mode=mode)
    assert charged(curve, exact("3.3", "3.4", 4, 5), Convert()) == [D(each) for each in expected]


@given(curves(caps=st.none()), quantities)
def test_both_modes_pick_the_same_tier_for_fractions_too(curve, quantity):
    for q in asked(curve, quantity, Convert()):
        graduated, volume = (walk(replace(curve, mode=mode), q)[-1:] for mode in ("marginal", "all"))
        assert [part.begin for part in graduated] == [part.begin for part in volume]
        assert len(volume) == (q > 0 or curve.flat_on_zero)


@given(curves())
def test_nothing_is_charged_for_nothing_but_a_flat_that_the_card_says_is_due(curve):
    due = curve.tiers[0].flat if curve.flat_on_zero else 0
    assert charged(curve, exact(0), Convert()) == [due]


def test_a_charge_without_a_curve_charges_nothing():
    assert evaluate(normal_form(None), exact(0, 7)).tolist() == [0, 0]
    assert walk(None, D(7)) == []


def test_a_series_of_rates_is_no_curve():
    with pytest.raises(CardError, match="the series 'spot' has a rate for each of its times"):
        normal_form(Curve(series="spot"))


def test_free_units_leave_no_dust_that_begins_a_package():
    """512.2 - 511.2 is 1 on paper and 1.0000000000000568 in floats: one package, not two."""
    how = Convert(round="up", free=D("511.2"), free_first=True)
    assert float("512.2") - float("511.2") > 1
    assert convert(np.array([512.2, 512.3, 0]), how).tolist() == [1, 2, 0]
    assert convert(exact("512.2", "512.3", 0), how).tolist() == [1, 2, 0]


# --- in SQL ----------------------------------------------------------------------------------------------------------


@given(curves(), conversions)
def test_sql_never_divides_decimals(curve, how):
    """DuckDB: DECIMAL(38, 9) / 1000 is DOUBLE; 3 of 120,000 lines came out a cent off (reference, section 4)."""
    text = in_sql(normal_form(curve), Counted("q", 3, D(10) ** 10), how=how)
    assert "/" not in text.replace("//", "")


@pytest.mark.parametrize(
    ("rounding", "priced"), [("half_up", [0, 1, 1, 2]), ("up", [1, 1, 1, 2]), ("down", [0, 0, 1, 1])]
)
def test_sql_counts_packages_by_whole_numbers(con, rounding, priced):
    """499, 500, 1,000 and 1,500 of a thousand; half up is away from zero, not to even."""
    packages = converted(Counted("q"), Convert(per=D(1000), round=rounding))
    rows = con.sql(f"SELECT {packages.sql} AS n FROM (VALUES (499), (500), (1000), (1500)) t(q) ORDER BY q")
    assert ([row[0] for row in rows.fetchall()], str(rows.types[0])) == (priced, "BIGINT")


def test_money_of_sql_is_decimal(con):
    money = in_sql(normal_form(Curve(tiers=(Tier(rate=D("0.07")),))), "q", how=Convert(per=D(1000)))
    (kind,) = con.sql(f"SELECT {money} FROM (SELECT 5::HUGEINT AS q)").types
    assert str(kind) == "DECIMAL(38,5)"


def test_digits_beyond_decimal_are_refused_before_the_query_runs():
    """15 digits of quantity and 3 of rate before the point, 12 + 9 after: 39 digits, and DECIMAL holds 38."""
    form = normal_form(Curve(tiers=(Tier(rate=D("123.000000000001")),)))
    assert "DECIMAL(38, 20)" in in_sql(form, Counted("q", 8, D(10) ** 14))
    with pytest.raises(CardError, match=r"18 digits before the point and 21 after it needs more than the 38 digits"):
        in_sql(form, Counted("q", 9))
    with pytest.raises(CardError, match="more than the 38 digits of DECIMAL"):
        in_sql(normal_form(Curve(tiers=(Tier(rate=D(1)),))), "q", how=Convert(per=D(3)))
    with pytest.raises(CardError, match="times 2 per 3 has no end as a decimal"):
        converted(Counted("q"), Convert(per=D(3), times=D(2), free=D(1)))
    with pytest.raises(CardError, match=r"rounding by per 1000.001 needs numbers of \d+ digits"):
        converted(Counted("q", 9, D(10) ** 33), Convert(per=D("1000.001"), round="up"))


def test_a_row_beyond_the_most_is_an_error_and_never_a_wrong_amount(con):
    money = in_sql(normal_form(Curve(tiers=(Tier(rate=D(1)),))), Counted("q", 0, D(999)))
    with pytest.raises(duckdb.ConversionException, match=r"DECIMAL\(3,0\)"):
        con.sql(f"SELECT {money} FROM (SELECT 1000 AS q)").fetchall()


CHARGE = Charge(
    measure=Measure(sum="total_tokens"),
    convert=Convert(per=D(1000)),
    curve=Curve(tiers=(Tier(up_to=D(1), rate=D("0.5")), Tier(rate=D("0.25"))), mode="marginal"),
)
PLAN = Card(name="plan", party="customer", scope=("customer",), prices={"tokens": CHARGE})


def test_a_card_of_plain_charges_is_rated_in_sql_line_by_line(con):
    """1,300 tokens: 0.5 + 0.3 × 0.25 = 0.575, so 0.58; 1,020: 0.505, half up 0.51 where half even gives 0.50."""
    rows = "(VALUES ('acme', '2026-01', 1300), ('acme', '2026-02', 1020), ('zeta', '2026-01', 0)) t"
    counted = f"(SELECT col0 AS customer, col1 AS month, col2 AS quantity FROM {rows})"
    lines = con.execute(f"{rated(PLAN, {'tokens': counted})} ORDER BY ALL").fetchall()
    assert lines == [
        ("acme", "2026-01", "tokens", 1300, D("0.58")),
        ("acme", "2026-02", "tokens", 1020, D("0.51")),
        ("zeta", "2026-01", "tokens", 0, 0),
    ]


def test_what_sql_does_not_rate_is_refused_by_name():
    fee = Charge(curve=Curve(tiers=(Tier(flat=D(5)),), flat_on_zero=True), line=9)
    most = replace(CHARGE, measure=Measure(max="seats", every="day"))
    card = replace(PLAN, prices={"base": fee, "seats": most}, adjust=(Adjust(percent=D(-10)),), source="plan.yaml")
    with pytest.raises(CardError) as error:
        rated(card, {})
    assert [(fault.where, fault.found) for fault in error.value.faults] == [
        ("plan.yaml", "adjust is not rated in SQL"),
        ("plan.yaml:9", "prices.base.curve (a fee) is not rated in SQL"),
        ("plan.yaml", "prices.seats.measure.max is not rated in SQL"),
    ]
    with pytest.raises(InputError, match="no table for the charge 'tokens'"):
        rated(PLAN, {"token": "t"})
