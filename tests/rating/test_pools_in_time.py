"""Pools of contracts that begin and end on any day: whatever a pool says, money is recognised as it is paid."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import example, given, settings
from hypothesis import strategies as st

from pertoken.rating.contract import Contract
from pertoken.rating.rate import rate
from tests.made import by, card, money, usage

D = Decimal
NEW_YEAR = date(2026, 1, 1)
PRICES = (
    "price: 7.77",
    "price: 100, pay: [{every: month}]",
    "inside: {rate: 0.31}",
    "pay: [{every: month, amount: 12.34}]",
    "pay: [{amount: 99}]",
)
CYCLES = ("every: month, drawn: day", "every: day", "every: quarter, drawn: day", "term: {months: 2}, drawn: day")


@st.composite
def terms(draw):
    """A card with a pool, a discount and limits, on calendar months or on months of their own."""
    anchor = draw(st.sampled_from(["", "anchor: start, ", "anchor: 31, ", "anchor: 15, "]))
    prorate = draw(st.sampled_from(["day", "second", "fixed30", "none"]))
    cycle = draw(st.sampled_from(CYCLES))
    carried = cycle.startswith("every") and draw(st.booleans())
    roll = ", rollover: {share: 0.5, of: remaining, periods: 2}" if carried else ""
    unused = draw(st.sampled_from(["forfeit", "refund", "true_up"]))
    return f"""
        plan: p
        during: {{{anchor}prorate: {prorate}}}
        prices:
          t: {{measure: {{sum: x_units}}, curve: {{mode: all, tiers: [{{up_to: 40, rate: 1.2}}, {{rate: 0.5}}]}}}}
          base: {{curve: [{{flat: 9.99}}]}}
        adjust: [{{percent: -7.5}}, {{amount: -3.33}}]
        clamp: {{min: 20, max: 61}}
        order: [discount, minimum, maximum]
        pools:
          - {{id: b, unit: x_units, grant: {draw(st.integers(1, 60))}, {cycle}, {draw(st.sampled_from(PRICES))},
             eligible: [t], unused: {unused}{roll}}}
    """


@st.composite
def customers(draw, name):
    """A contract of 20 to 90 days and some usage in it."""
    start = NEW_YEAR + timedelta(draw(st.integers(0, 40)))
    days = draw(st.integers(65, 90))
    used = draw(st.dictionaries(st.integers(0, days - 1), st.integers(0, 40), min_size=1, max_size=5))
    rows = [(name, str(start + timedelta(day)), "x_units", n) for day, n in sorted(used.items())]
    return Contract(card="p", labels={"customer": name}, start=start, end=start + timedelta(days)), rows


SPAN = (NEW_YEAR, NEW_YEAR + timedelta(130))


def rated(text, *people):
    contracts, rows = zip(*people, strict=True)
    used = usage("customer day meter", *(row for each in rows for row in each))
    return rate(used, card(text), contracts=contracts, span=SPAN).ledger


@given(terms(), customers("acme"), customers("zeta"))
@settings(max_examples=12)
def test_over_a_contract_what_is_recognised_is_what_is_paid_and_nobody_changes_anothers_bill(text, acme, zeta):
    """FOCUS: effective and billed cost agree over the term; purchases and refunds are in cents, so to some of them."""
    both = rated(text, acme, zeta)
    cent_a_day = D("0.005") * 130 * 2
    assert abs(money(both, "effective") - money(both)) <= (cent_a_day if "every: day" in text else D("0.1"))
    for who in (acme, zeta):
        name = who[0].labels["customer"]
        assert by(both.where(customer=name), "charge", "stage") == by(rated(text, who), "charge", "stage")


ROLL = """
    plan: p
    prices: {t: {measure: {sum: x_units}, curve: [{rate: 1}]}}
    pools:
      - {id: b, unit: x_units, grant: 10, every: month, drawn: day, price: 10, eligible: [t], unused: forfeit,
         rollover: {share: 1, of: remaining, periods: 3}}
    during: {prorate: none}
"""


@given(st.integers(1, 28))
@example(15)
@settings(max_examples=5)
def test_what_was_carried_on_is_lost_with_the_contract(day):
    """10 of January, unused, are carried on for three months; the contract ends in February, and so do they."""
    stated = Contract(card="p", labels={"customer": "a"}, start=NEW_YEAR, end=date(2026, 2, day) + timedelta(1))
    ledger = rated(ROLL, (stated, [("a", "2026-01-01", "x_units", 0)]))
    assert by(ledger.where(stage="unused"), "stage") == {"unused": 20}
    assert money(ledger) == 20


def test_a_quarters_price_is_paid_by_the_month_and_once_only():
    """300 a quarter by the month is 100 each, not 300 each."""
    text = """
        plan: p
        prices: {t: {measure: {sum: x_units}, curve: [{rate: 1}]}}
        pools: [{id: b, unit: x_units, grant: 9, every: quarter, price: 300, pay: [{every: month}], eligible: [t],
                 unused: forfeit}]
    """
    stated = Contract(card="p", labels={"customer": "a"}, start=NEW_YEAR, end=date(2026, 4, 1))
    ledger = rated(text, (stated, [("a", "2026-01-01", "x_units", 0)]))
    assert list(by(ledger.where(stage="purchase"), "month").values()) == [100, 100, 100]


def test_a_part_of_a_month_is_paid_in_part_however_it_is_paid():
    """31 a month, from 15 March: 17 of 31 days are 17, whether at the grant or by a payment of the month."""
    for pay in ("", "pay: [{every: month}], "):
        text = f"""
            plan: p
            prices: {{t: {{measure: {{sum: x_units}}, curve: [{{rate: 1}}]}}}}
            pools: [{{id: b, unit: x_units, grant: 9, every: month, price: 31, {pay}eligible: [t], unused: forfeit,
                      during: {{prorate: day}}}}]
        """
        stated = Contract(card="p", labels={"customer": "a"}, start=date(2026, 3, 15), end=date(2026, 5, 1))
        bought = rated(text, (stated, [("a", "2026-03-15", "x_units", 0)])).where(stage="purchase")
        assert by(bought, "month") == {"2026-03": 17, "2026-04": 31}


COMMITTED = """
    plan: p
    scope: [customer]
    prices: {t: {measure: {sum: x_units}, curve: [{rate: 1}]}}
    pools:
      - {id: c, unit: money, grant: 1200, eligible: [t], unused: true_up,
         term: {from: 2026-01-01, to: 2026-04-01}}
"""


def test_a_commitment_is_made_up_for_when_its_term_is_over_whoever_else_is_in_the_log():
    """1200 are promised until the end of March, 100 are used; acme has no usage in March, zeta may have some."""
    own = [("acme", "2026-01", "x_units", 100), ("acme", "2026-02", "x_units", 0)]
    alone = rate(usage("customer month meter", *own), card(COMMITTED)).ledger
    both = rate(usage("customer month meter", *own, ("zeta", "2026-03", "x_units", 1)), card(COMMITTED)).ledger
    assert by(alone.where(stage="purchase"), "month") == {"2026-01": 100}
    assert by(both.where(customer="acme", stage="purchase"), "month") == {"2026-01": 100, "2026-03": 1100}


def test_a_cent_of_rounding_is_covered_by_the_pool_of_a_contract_that_ends_in_mid_month_whoever_else_is_there():
    """24.49 and 17.94 at 0.5 come to 21.215; the pool of 100 covers the 21.22 of the invoice, 23.63 of 30 go back."""
    text = """
        plan: p
        scope: [customer]
        prices: {s: {measure: {sum: x_units, window: quarter}, curve: [{rate: 0.5}]}}
        pools: [{id: b, unit: money, grant: 100, price: 30, eligible: [s], unused: refund, drawn: day}]
    """
    used = usage(
        "customer day meter",
        ("acme", "2026-05-04", "x_units", D("24.49")),
        ("acme", "2026-05-05", "x_units", D("17.94")),
    )
    acme = Contract(card="p", labels={"customer": "acme"}, start=NEW_YEAR, end=date(2026, 5, 17))
    zeta = Contract(card="p", labels={"customer": "zeta"}, start=NEW_YEAR, end=date(2026, 7, 1))
    for contracts in ([acme], [acme, zeta]):
        ledger = rate(used, card(text), contracts=contracts, span=(NEW_YEAR, date(2026, 7, 1))).ledger
        assert money(ledger.where(customer="acme")) == D("30.00") - D("23.63")


FIRST_QUARTER = (NEW_YEAR, date(2026, 4, 1))


def test_a_pool_runs_by_its_own_dates_whether_it_is_used_or_not():
    """A commitment of 120 with 5 used is 120; three bundles at 10 are 30, though one month alone has usage."""
    used = usage("customer month meter", ("acme", "2026-01", "x_units", 5))
    ledger = rate(used, card(COMMITTED.replace("1200", "120")), span=FIRST_QUARTER).ledger
    assert by(ledger.where(stage="purchase"), "month") == {"2026-01": 5, "2026-03": 115}
    bundle = """
        plan: p
        prices: {t: {measure: {sum: x_units}, curve: [{rate: 1}]}}
        pools:
          - {id: b, unit: x_units, grant: 100, every: month, price: 10, eligible: [t], unused: forfeit,
             term: {from: 2026-01-01, to: 2026-04-01}}
    """
    for month in ("2026-01", "2026-02"):
        used = usage("customer month meter", ("acme", month, "x_units", 5))
        assert money(rate(used, card(bundle), span=FIRST_QUARTER).ledger) == 3 * 10


def test_a_reservation_by_the_hour_costs_every_hour_of_the_books():
    """October has 31 days of 24 hours, at 1.00 an hour; one hour is used."""
    text = """
        plan: p
        prices: {gpu: {measure: {sum: x_hours}, curve: [{rate: 4}]}}
        pools:
          - {id: r, unit: x_hours, grant: 1, every: hour, price: 1, eligible: [gpu], unused: forfeit,
             term: {from: 2026-01-01, to: 2027-01-01}}
    """
    used = usage("customer hour meter", ("acme", "2026-10-05T03", "x_hours", 1))
    assert money(rate(used, card(text), span=(date(2026, 10, 1), date(2026, 11, 1))).ledger) == 31 * 24


def test_a_pool_that_is_paid_in_parts_costs_no_more_where_its_cycles_cross_the_edge_of_a_term():
    """Two quarters at 30 for 100, 10 used: 3 are earned, 57 go back. Two years from 10 February touch 25 months."""
    quarters = """
        plan: p
        during: {prorate: none}
        prices: {t: {measure: {sum: x_units}, curve: [{rate: 1}]}}
        pools: [{id: b, unit: x_units, grant: 100, every: quarter, term: quarter, price: 30, pay: [{every: month}],
                 eligible: [t], unused: refund, drawn: day}]
    """
    months = quarters.replace("every: quarter, term: quarter, price: 30", "every: month, term: year, price: 10")
    months = months.replace("refund", "forfeit")
    for text, end, paid in ((quarters, date(2026, 7, 1), 3), (months, date(2028, 2, 10), 250)):
        acme = Contract(card="p", labels={"customer": "acme"}, start=date(2026, 2, 10), end=end)
        used = usage("customer day meter", ("acme", "2026-03-02", "x_units", 10))
        ledger = rate(used, card(text), contracts=[acme], span=(NEW_YEAR, end)).ledger
        assert money(ledger) == money(ledger, "effective") == paid
