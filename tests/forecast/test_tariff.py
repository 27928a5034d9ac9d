"""Cards as arrays price as the books do, month by month, to the cent."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertoken.core.errors import CardError, InputError, UnpricedUsage
from pertoken.core.keys import Key
from pertoken.core.lines import Usage
from pertoken.forecast.tariff import tariffs
from pertoken.forecast.tariff_bill import bill, stages
from pertoken.rating.contract import Contract
from pertoken.rating.rate import rate
from tests.made import card, money

MONTHS = tuple(f"{2027 + m // 12}-{m % 12 + 1:02}" for m in range(17))
CELLS = {"meter": Key.of(["input_tokens", "output_tokens"])}
MIX = np.array([[0.75, 0.25], [0.5, 0.5], [1.0, 0.0]])
TOKENS = "tokens: {measure: {sum: total_tokens, window: month}, convert: {per: 1000}, curve: [{rate: 0.002}]}"


def books(made, driver, months, mix=MIX):
    """The ledger of the exact engine, for customers who are there from the first month to the last."""
    customers = len(driver)
    rows = [(i, c, m) for i in range(customers) for c in range(2) for m in range(len(months))]
    keys = {
        "customer": Key.of([f"c{i}" for i, _, _ in rows]),
        "meter": Key.of([CELLS["meter"].labels[c] for _, c, _ in rows]),
        "month": Key.of([months[m] for _, _, m in rows]),
    }
    quantity = np.array([driver[i, m] * mix[i, c] for i, c, m in rows])
    first, last = date(int(months[0][:4]), 1, 1), date(2027 + len(months) // 12, len(months) % 12 + 1, 1)
    contracts = [Contract(card=made.name, labels={"customer": f"c{i}"}, start=first) for i in range(customers)]
    usage = Usage(keys, {"quantity": quantity})
    return rate(usage, made, exact=True, contracts=contracts, span=(first, last), unpriced="keep").ledger


def by_month(ledger, kind, customers, months):
    lines = ledger.pick(np.ones(len(ledger), dtype=bool))
    out = np.zeros((customers, len(months)))
    for i in range(customers):
        for m, month in enumerate(months):
            key = lines.period("month") if "month" in lines.keys else lines.key("month")
            mine = (lines.key("customer").column() == f"c{i}") & (key.column() == month)
            out[i, m] = float(money(lines.pick(mine), kind))
    return out


def check(text, driver, months=MONTHS, mix=MIX):
    made = card("card: x\nscope: [customer]\n" + text)
    priced = tariffs([made], CELLS, months)
    ledger = books(made, driver, months, mix)
    for kind in ("contracted", "effective", "billed"):
        found = bill(priced, 0, mix, driver[None], kind=kind, rounded=True)[0]
        assert found.sum() == pytest.approx(float(money(ledger, kind)), abs=0.006 * driver.shape[0]), kind
        if "year" not in text and "quarter" not in text:
            assert found == pytest.approx(by_month(ledger, kind, len(driver), months), abs=0.006), kind


def used(months=17, seed=1):
    rng = np.random.default_rng(seed)
    driver = rng.lognormal(13, 1.5, (3, months)).round()
    driver[1, 3:5] = 0
    return driver


CARDS = {
    "allowance": "prices:\n  tokens: {measure: {sum: total_tokens, window: month},"
    " convert: {per: 1000, free: 300}, curve: [{rate: 0.5}]}",
    "graduated tiers with a flat": "prices:\n  tokens:\n    measure: {sum: total_tokens, window: month}\n    curve:\n"
    "      mode: marginal\n      flat_on_zero: false\n"
    "      tiers: [{up_to: 200_000, rate: 0.0001, flat: 3}, {up_to: 900_000, rate: 0.00005}, {rate: 0.00002}]",
    "volume tiers": "prices:\n  tokens:\n    measure: {sum: total_tokens, window: month}\n    curve:\n"
    "      mode: all\n      tiers: [{up_to: 200_000, rate: 0.0001}, {rate: 0.00005}]",
    "packages": "prices:\n  tokens: {measure: {sum: total_tokens, window: month},"
    " convert: {per: 100_000, round: up, free: 1, free_first: false}, curve: [{rate: 2.4}]}",
    "two meters and a fee": "prices:\n  base: {curve: [{flat: 20}]}\n"
    "  input: {measure: {sum: input_tokens, window: month}, convert: {per: 1000}, curve: [{rate: 0.01}]}\n"
    "  output: {measure: {sum: output_tokens, window: month}, convert: {per: 1000}, curve: [{rate: 0.03}]}",
    "kept apart by meter": "prices:\n  tokens:\n    measure: {sum: total_tokens, window: month, by: [meter]}\n"
    "    curve:\n      mode: marginal\n      tiers: [{up_to: 200_000, rate: 0.0001}, {rate: 0.00005}]",
    "tiers over a quarter": "prices:\n  tokens:\n    measure: {sum: total_tokens, window: quarter}\n    curve:\n"
    "      mode: marginal\n      tiers: [{up_to: 900_000, rate: 0.0001}, {rate: 0.00005}]",
    "a fee by the year": "prices:\n  base: {curve: [{flat: 1200}], during: {every: year, prorate: none}}\n  " + TOKENS,
    "discount and minimum": "prices:\n  " + TOKENS + "\nadjust: [{percent: -10, on: [tokens]}, {amount: -2}]\n"
    "clamp: {min: 4, window: month}\norder: [discount, minimum]",
    "minimum, then discount": "prices:\n  " + TOKENS + "\nadjust: [{percent: -10}]\n"
    "clamp: {min: 4, window: month}\norder: [minimum, discount]",
    "maximum": "prices:\n  base: {curve: [{flat: 2}]}\n  " + TOKENS + "\nclamp: {max: 3, window: month}",
    "minimum by the quarter": "prices:\n  " + TOKENS + "\n"
    "clamp: {min: 9, window: quarter, during: {prorate: none}}",
    "a bundle": "prices:\n  " + TOKENS + "\npools:\n  - {id: bundle, unit: tokens, grant: 500_000, every: month,"
    " price: 0.8, eligible: [tokens], unused: forfeit}",
    "a bundle that rolls over": "prices:\n  " + TOKENS + "\npools:\n"
    "  - {id: bundle, unit: tokens, grant: 500_000, every: month, price: 0.8, eligible: [tokens], unused: forfeit,"
    " rollover: {share: 0.5, of: remaining, max: 400_000, periods: 3}}",
    "rollover of the grant, dearer beyond": "prices:\n  " + TOKENS + "\npools:\n"
    "  - {id: bundle, unit: tokens, grant: 500_000, every: month, price: 0.8, eligible: [tokens], unused: forfeit,"
    " outside: {times: 1.25}, rollover: {share: 0.25, of: original, periods: 1}}",
    "a quota": "prices:\n  tokens:\n    measure: {sum: total_tokens, window: month}\n"
    "    pool: {id: free, unit: tokens, grant: 600_000, every: month, price: 0, unused: forfeit, outside: block}",
    "a bundle, a discount and a maximum": "prices:\n  base: {curve: [{flat: 3}]}\n  " + TOKENS + "\npools:\n"
    "  - {id: bundle, unit: tokens, grant: 500_000, every: month, price: 0.8, eligible: [tokens], unused: forfeit}\n"
    "adjust: [{percent: -50, on: [base]}]\nclamp: {max: 4, window: month}\norder: [discount, maximum]",
    "money committed for a term": "prices:\n  " + TOKENS + "\npools:\n"
    "  - {id: commit, unit: money, grant: 60, term: {months: 12, renews: true}, eligible: [tokens], unused: true_up}",
    "money paid by the month": "prices:\n  " + TOKENS + "\npools:\n"
    "  - {id: commit, unit: money, grant: 60, term: {months: 12, renews: true}, eligible: [tokens], unused: true_up,"
    " pay: [{every: month, amount: 4}]}",
    "a discount for some months": "prices:\n  " + TOKENS
    + "\nadjust: [{percent: -50, on: [tokens], during: {from: 2027-03-01, to: 2027-06-01}}]",
}  # fmt: skip


@pytest.mark.parametrize("name", CARDS)
def test_a_bill_is_what_the_exact_engine_bills(name):
    check(CARDS[name], used())


def test_a_card_that_no_array_can_say_is_refused_by_name():
    hourly = card("card: x\nprices:\n  a: {measure: {max: gpu_hours, every: hour, window: month}, curve: [{rate: 1}]}")
    with pytest.raises(CardError, match=r"prices\.a: measure max.*line by line"):
        tariffs([hourly], CELLS, MONTHS)


def test_usage_that_the_plan_has_no_price_for_is_refused():
    priced = tariffs([card("card: x\nprices:\n  a: {measure: {sum: input_tokens, window: month}, curve: [{rate: 1}]}")],
                     CELLS, MONTHS[:2])  # fmt: skip
    with pytest.raises(UnpricedUsage, match="no price for output_tokens"):
        bill(priced, 0, np.array([[0.5, 0.5]]), np.ones((1, 1, 2)))
    assert bill(priced, 0, np.array([[1.0, 0.0]]), np.ones((1, 1, 2))).sum() == 2


def test_usage_of_other_months_is_refused():
    priced = tariffs([card("card: x\nprices:\n  " + TOKENS)], CELLS, MONTHS[:2])
    with pytest.raises(InputError, match="tariffs of 2 months"):
        bill(priced, 0, MIX, np.ones((1, 3, 5)))


def test_conditions_on_the_plan_are_answered_by_what_is_known_of_it():
    text = "card: {name}\nwhere: plan == '{name}'\nprices:\n"
    text += "  a: {{measure: {{sum: total_tokens, window: month}}, curve: [{{rate: {rate}}}]}}"
    made = [card(text.format(name="pro", rate=2)), card(text.format(name="free", rate=0))]
    priced = tariffs(made, CELLS, MONTHS[:2], known=[{"plan": "pro"}, {"plan": "free"}])
    money = bill(priced, np.array([0, 1, 0]), MIX, np.ones((1, 3, 2)))
    assert money[0].sum(axis=1).tolist() == [4, 0, 4]


def test_a_customer_who_is_gone_pays_nothing_and_its_bundle_is_lost():
    priced = tariffs([card("card: x\nscope: [customer]\n" + CARDS["a bundle that rolls over"])], CELLS, MONTHS[:3])
    here = np.array([[[1.0, 1.0, 0.0]]])
    found = stages(priced, 0, MIX[:1], np.full((1, 1, 3), 100_000.0) * here, here=here)
    # 0.8 for 500,000: 100,000 are drawn a month; half of the other 400,000 is carried on, half lost; all at the end
    assert found["drawn"][0, 0] == pytest.approx([0.16, 0.16, 0])
    assert found["unused"][0, 0] == pytest.approx([0.32, 0.32, 0.64])
    assert found["purchase"][0, 0] == pytest.approx([0.8, 0.8, 0])


rates = st.integers(1, 400).map(lambda k: k / 100)
bounds = st.lists(st.integers(1, 60), min_size=1, max_size=3, unique=True).map(sorted)


@st.composite
def texts(draw):
    """Cards of the kind that arrays can say: tiers, free units, a fee, a discount, limits, a bundle."""
    tiers = [f"{{up_to: {at}, rate: {draw(rates)}}}" for at in draw(bounds)] + [f"{{rate: {draw(rates)}}}"]
    mode = draw(st.sampled_from(["marginal", "all"]))
    free = draw(st.sampled_from(["", ", free: 3"]))
    text = "prices:\n  base: {curve: [{flat: 5}]}\n" if draw(st.booleans()) else "prices:\n"
    text += f"  tokens:\n    measure: {{sum: total_tokens, window: month}}\n    convert: {{per: 1000{free}}}\n"
    text += f"    curve:\n      mode: {mode}\n      tiers: [{', '.join(tiers)}]\n"
    if draw(st.booleans()):
        share, periods = draw(st.sampled_from([0, 0.5, 1])), draw(st.integers(1, 3))
        text += f"pools:\n  - {{id: b, unit: tokens, grant: {draw(st.integers(1, 40))}000, every: month, price: 7,"
        text += " eligible: [tokens], unused: forfeit,"
        text += f" rollover: {{share: {share}, of: remaining, periods: {periods}}}}}\n"
    text += f"adjust: [{{percent: {draw(st.integers(-30, 10))}}}]\n" if draw(st.booleans()) else ""
    limit = draw(st.sampled_from(["", "clamp: {min: 40, window: month}\n", "clamp: {max: 40, window: month}\n"]))
    order = draw(st.sampled_from(["[discount, minimum, maximum]", "[minimum, maximum, discount]"]))
    return text + limit + f"order: {order}\n"


@settings(max_examples=40, deadline=None)
@given(texts(), st.lists(st.integers(0, 90_000), min_size=5, max_size=5))
def test_any_card_of_the_supported_kind_bills_as_the_exact_engine_does(text, quantities):
    driver = np.array([quantities], dtype=float)
    check(text, driver, MONTHS[:5], np.array([[1.0, 0.0]]))
