"""Cards as rows of a sheet, feature by feature, against `rate` and against arithmetic by hand."""

import re

import numpy as np
import pytest

from pertoken.connect.cards import read_cards
from pertoken.core.errors import CardError, InputError, UnpricedUsage
from pertoken.core.formula import Call, Name, Number, subtrees, text
from pertoken.core.units import ONE
from pertoken.scenario.evaluate import evaluate
from pertoken.scenario.lowered import card_rows
from pertoken.scenario.model import Flow
from pertoken.scenario.program import Program, Row
from tests.made import card
from tests.scenario.lowering import by_rating, by_rows, months_from

MONTHS = months_from("2026-01", 13)


def quantities(*labels, least=0, most=2_000_000, months=MONTHS):
    """Random usage of some labels, the same each time."""
    rng = np.random.default_rng(7)
    return [(each, rng.integers(least, most, len(months)).tolist()) for each in labels]


def agree(one, used, months=MONTHS, begins="", ends=""):
    """The rows charge what `rate` charges; gives what the rows have made."""
    wanted = by_rating(one, used, months, begins, ends)
    found = by_rows(one, used, months, begins, ends)
    for kind, amounts in wanted.items():
        assert found[kind] == pytest.approx(amounts, abs=1e-7), kind
    return found


TOKENS = quantities({"meter": "input_tokens"}, {"meter": "output_tokens"})
CLASSES = quantities(
    {"meter": "input_tokens", "model_class": "a"}, {"meter": "output_tokens", "model_class": "b"}, most=9_000_000_000
)
PLANS = [
    ("examples/plans.yaml#free", TOKENS),
    ("examples/plans.yaml#pro", TOKENS),
    ("examples/plans.yaml#enterprise", TOKENS),
    ("examples/plans_hybrid.yaml#pro", TOKENS),
    ("examples/plans_hybrid.yaml#enterprise", quantities({"meter": "input_tokens"}, most=40_000_000)),
    ("examples/contracts/metered.yaml", TOKENS),
    ("examples/contracts/hybrid.yaml", quantities({"meter": "input_tokens"}, most=90_000_000)),
    ("examples/contracts/tiers.yaml#pro", TOKENS),
    ("examples/contracts/tiers.yaml#enterprise", CLASSES),
]


@pytest.mark.parametrize(("place", "used"), PLANS, ids=[place for place, _ in PLANS])
def test_a_plan_of_the_examples_charges_in_rows_what_it_charges_on_invoices(place, used):
    (one,) = read_cards(place)
    months = MONTHS[:12]
    used = [({"plan": place.partition("#")[2], **labels}, numbers[:12]) for labels, numbers in used]
    assert sum(agree(one, used, months)["billed"]) > 0 or place.endswith("free")


def test_vendors_of_the_examples_cost_in_rows_what_they_cost_on_bills():
    (one,) = read_cards("examples/vendors.yaml")
    used = quantities(
        {"model": "gpt-4o", "meter": "input_tokens", "workload": "chat"},
        {"model": "gpt-4o", "meter": "output_tokens", "workload": "chat"},
        {"model": "claude-sonnet-4-5", "meter": "cache_read_tokens", "workload": "search"},
    )
    found = agree(one, used)
    money = {dict(each.labels)["workload"]: each.row for each in found["made"].money}
    assert found["values"][money["search"]] == pytest.approx(np.array(used[2][1]) * 0.30 / 1e6)


def test_a_committed_vendor_with_bands_batch_and_a_discount_by_spend():
    (one,) = read_cards("examples/contracts/vendor.yaml")
    labels = [
        {"model": "m", "batch": batch, "prompt_tokens_above": above, "meter": meter}
        for batch in ("true", "false")
        for above in ("0", "200000")
        for meter in ("input_tokens", "cache_read_tokens", "output_tokens")
    ]
    agree(one, quantities(*labels, most=9_000_000_000))


def test_a_year_of_a_commitment_with_true_up_by_hand():
    one = card("""
        plan: commit
        prices: {tokens: {measure: {sum: total_tokens}, convert: {per: 1000}, curve: [{rate: 0.5}]}}
        pools:
          - {id: commit, unit: money, grant: 120, term: year, pay: [{every: month, amount: 8}], eligible: [tokens],
             unused: true_up}
    """)
    used = [({"meter": "input_tokens"}, [10_000] * 11 + [60_000])]
    months = months_from("2027-01", 12)
    found = agree(one, used, months)
    # 5.00 a month are paid by the commitment; in December 30.00. 8.00 a month are paid; 24.00 are owed at the end.
    assert found["billed"] == pytest.approx([8.0] * 11 + [32.0])
    # What is used is worth 5.00, in December 30.00, and the 35.00 that nobody used is lost.
    assert found["effective"] == pytest.approx([5.0] * 11 + [65.0])


def test_a_bundle_that_rolls_over_by_hand():
    one = card("""
        plan: bundle
        prices: {tokens: {measure: {sum: total_tokens}, convert: {per: 1000}, curve: [{rate: 0.5}]}}
        pools:
          - {id: bundle, unit: tokens, grant: 100_000, every: month, price: 20, eligible: [tokens], unused: forfeit,
             rollover: {share: 0.5, of: remaining, max: 30_000, periods: 1}}
    """)
    used = [({"meter": "input_tokens"}, [20_000, 100_000, 150_000])]
    found = agree(one, used, months_from("2027-01", 3))
    # January leaves 80,000, of which 30,000 are carried; February takes these and 70,000 of its own, and leaves 30,000,
    # of which 15,000 are carried; March takes 115,000, and pays 35 thousands at 0.50.
    assert found["values"]["card.bundle.carried"].tolist() == [0, 30_000, 15_000]
    assert found["billed"] == pytest.approx([20, 20, 37.5])


CARDS = {
    "tiers by volume with caps in a quarter": """
        plan: p
        prices:
          base: {curve: [{flat: 20}], during: {every: quarter, prorate: day}}
          tokens:
            measure: {sum: total_tokens, window: quarter}
            convert: {per: 1000, round: up}
            curve: {mode: all, tiers: [{up_to: 3000, rate: 0.005}, {rate: 0.004, flat: 7, cap: 40}]}
        clamp:
          - {min: 100, window: quarter, during: {prorate: day}}
          - {max: 45, window: quarter, on: [tokens], during: {prorate: none}}
        adjust: [{amount: -5}, {times: 0.8}]
        order: [amount, percent, minimum, maximum]
    """,
    "phases of which the second goes on counting": """
        plan: p
        prices:
          tokens:
            measure: {sum: total_tokens, window: year}
            convert: {per: 1000, free: 500}
            curve: {mode: marginal, tiers: [{up_to: 3000, rate: 0.005}, {rate: 0.004}]}
        phases:
          - {during: {months: 3}, adjust: [{percent: -50}]}
          - during: {months: 4, counter: carry}
            prices:
              tokens:
                measure: {sum: total_tokens, window: year}
                convert: {per: 1000}
                curve: {mode: marginal, tiers: [{up_to: 2000, rate: 0.009}, {rate: 0.001, flat: 2}]}
          - {during: {counter: carry}}
    """,
    "phases of which the second counts anew, with a flat at zero": """
        plan: p
        prices:
          tokens:
            measure: {sum: total_tokens, window: year}
            convert: {per: 1000}
            curve: {tiers: [{rate: 0.005, flat: 11}], flat_on_zero: true}
        phases:
          - {during: {months: 3, counter: restart}}
          - during: {counter: restart}
            prices:
              tokens:
                measure: {sum: total_tokens, window: year}
                convert: {per: 1000}
                curve: {tiers: [{rate: 0.001, flat: 17}], flat_on_zero: true}
    """,
    "a series of rates and a fee on money": """
        plan: p
        prices:
          tokens: {measure: {sum: total_tokens}, curve: {series: spot}, convert: {per: 1000}}
          service:
            measure: {of: [tokens], window: quarter}
            curve: {mode: marginal, tiers: [{up_to: 20, rate: 0.1}, {rate: 0.2}]}
        series: {spot: {2025-01: 0.01, 2026-04: 0.012, 2027-01: 0.02}}
    """,
    "tiers that another count picks": """
        plan: p
        prices:
          input:
            measure: {sum: input_tokens, window: quarter}
            convert: {per: 1000}
            curve:
              mode: all
              select: total_tokens
              tiers: [{up_to: 3000000, rate: 0.01, flat: 1}, {rate: 0.008, cap: 30}]
              flat_on_zero: true
          output: {measure: {sum: output_tokens}, convert: {per: 1000}, curve: [{rate: 0.02}]}
    """,
    "fees by day, hour and year": """
        plan: p
        prices:
          daily: {curve: [{flat: 0.333}], during: {every: day}}
          hourly: {curve: [{flat: 0.0123}], during: {every: hour}}
          yearly: {curve: [{flat: 100.005}], during: {every: year, prorate: day}}
          tokens: {measure: {sum: total_tokens}, curve: [{rate: 0}]}
    """,
    "an instalment plan that rounds its parts": """
        plan: p
        prices: {tokens: {measure: {sum: total_tokens}, convert: {per: 1000}, curve: [{rate: 0.05}]}}
        pools:
          - {id: reserve, unit: tokens, grant: 9_000_000, term: year, price: 700.01, eligible: [tokens],
             pay: [{upfront_share: 0.4}, {every: month}], unused: forfeit, outside: {times: 1.2}}
    """,
    "pools of two phases": """
        plan: p
        prices: {tokens: {measure: {sum: total_tokens}, convert: {per: 1000}, curve: [{rate: 0.05}]}}
        phases:
          - during: {months: 4}
            pools:
              - {id: trial, unit: tokens, grant: 900_000, every: month, price: 0, eligible: [tokens], unused: forfeit}
          - during: {}
            pools:
              - {id: paid, unit: tokens, grant: 1_500_000, every: quarter, price: 40, eligible: [tokens],
                 unused: refund, during: {prorate: none}}
    """,
    "an account with packages, a mark-up and a maximum on one charge": """
        card: v
        prices:
          input:
            measure: {sum: input_tokens}
            convert: {per: 1000, free: 3, round: half_up, precision: 2, free_first: true}
            curve: [{rate: 0.013}]
          output: {measure: {sum: output_tokens}, convert: {per: 1000}, curve: [{rate: 0.02}]}
        adjust:
          - {percent: 20, on: [output], during: {from: 2026-03-01, to: 2026-09-01}}
          - {amount: 3, window: quarter, during: {prorate: none}}
        clamp: [{max: 9, on: [input]}, {min: 60, window: quarter, during: {prorate: fixed30}}]
        order: [percent, maximum, amount, minimum]
    """,
}


@pytest.mark.parametrize("said", CARDS.values(), ids=CARDS)
def test_rows_charge_what_rate_charges(said):
    agree(card(said), TOKENS)
    agree(card(said), TOKENS, begins="2026-02")
    agree(card(said), TOKENS, begins="2026-04", ends="2026-10")


def test_prices_that_change_in_time_hold_from_their_month_on():
    one = card("""
        card: v
        rates:
          - {model: m, per: 1000000, input_tokens: 2.5, output_tokens: 10, to: 2026-06-01}
          - {model: m, per: 1000000, input_tokens: 2, output_tokens: 8, from: 2026-06-01}
          - {model: m, per: 1000000, input_tokens: 1, output_tokens: 4, batch: true}
        adjust: [{percent: -20, where: batch}]
    """)
    labels = [
        {"model": "m", "meter": meter, "batch": batch}
        for meter in ("input_tokens", "output_tokens")
        for batch in ("true", "false")
    ]
    agree(one, quantities(*labels))


def test_the_books_may_begin_inside_a_contract():
    one = card("""
        plan: p
        prices:
          setup: {curve: [{flat: 500}], during: {every: year, prorate: none}}
          tokens: {measure: {sum: total_tokens, window: month}, convert: {per: 1000}, curve: [{rate: 0.05}]}
        adjust: [{percent: -50, during: {months: 5}}]
        pools:
          - {id: gift, unit: tokens, grant: 900_000, price: 0, term: {months: 6, renews: true}, eligible: [tokens],
             unused: forfeit}
    """)
    agree(one, TOKENS, begins="2025-11")


def test_a_number_of_the_card_that_is_an_input_is_asked_for_by_its_name():
    one = card("""
        plan: p
        prices:
          tokens:
            measure: {sum: total_tokens}
            convert: {per: 1000}
            curve: {mode: marginal, tiers: [{up_to: 100, rate: 0.5, flat: 3}, {rate: 0.25}], flat_on_zero: false}
    """)
    curve: tuple[str | int, ...] = ("prices", "tokens", "curve", "tiers")
    names: dict[tuple[str | int, ...], tuple[str, float]] = {
        (*curve, 0, "rate"): ("price", 1000),
        (*curve, 0, "up_to"): ("bound", 1),
        (*curve, 1, "flat"): ("entry", 1),
    }
    made = card_rows(
        one,
        prefix="p",
        flows=[Flow(labels={"meter": "input_tokens"}, row="used")],
        months=["2027-01"],
        number=names.get,
    )
    inputs = [Row(name=name, unit=ONE, by_month=name == "used") for name in ("used", "price", "bound", "entry")]
    program = Program(rows=(*inputs, *made.rows), months=("2027-01",), ladders=made.ladders)
    worlds = {
        "used": [[90_000.0]] * 3,
        "price": [[0.0005], [0.0006], [0.0006]],
        "bound": [[100.0], [100.0], [50.0]],
        "entry": [[0.0], [7.0], [7.0]],
    }
    found = evaluate(program, {name: np.array(value) for name, value in worlds.items()})[made.total["billed"]]
    assert found[:, 0] == pytest.approx([3 + 45, 3 + 54, 3 + 30 + 7 + 10])


def test_an_event_that_ends_a_contract_ends_its_fees_and_minimums():
    one = card("plan: p\nprices: {base: {curve: [{flat: 5}]}}\nclamp: {min: 9}")
    made = card_rows(one, prefix="p", flows=[], months=["2027-01", "2027-02"], alive="there")
    program = Program(rows=(Row(name="there", unit=ONE), *made.rows), months=("2027-01", "2027-02"))
    assert evaluate(program, {"there": np.array([1.0, 0.0])})[made.total["billed"]].tolist() == [9, 0]


SEATS = "prices: {a: {measure: {sum: seats}, curve: [{rate: 1}]}"
POOL = "}\npools: [{id: x, unit: seats, grant: 5, price: 1, eligible: [a], unused: forfeit, every: "
REFUSED = {
    "prices: {a: {measure: {unique: user}, curve: [{rate: 1}]}}": "charge a counts distinct labels",
    "prices: {a: {measure: {max: seats, every: day}, curve: [{rate: 1}]}}": "takes a greatest sum",
    "prices: {a: {measure: {time_weighted: seats, every: day}, curve: [{rate: 1}]}}": "averages over time",
    "prices: {a: {measure: {sum: seats, window: day}, convert: {round: up}, curve: [{rate: 1}]}}": "counts by the day",
    SEATS + POOL + "hour}]": "drawn by the hour",
    SEATS + POOL + "month, outside: {block: true}}]": "blocks usage",
    SEATS + POOL + "month, rollover: {share: 1, of: original, periods: 2}}]": "carries on for 2 cycles",
    SEATS + POOL.replace("price: 1", "pay: {amount: 9}") + "month, rollover: {share: 1, of: original, periods: 1}}]": (
        "bear payments that differ by month"
    ),
    SEATS + ", f: {curve: [{flat: 1}], during: {from: 2027-01-15, prorate: day}}}": "inside a month",
}


@pytest.mark.parametrize(("said", "told"), REFUSED.items(), ids=REFUSED.values())
def test_what_months_can_t_tell_is_refused_with_what_can(said, told):
    with pytest.raises(InputError, match=f"{re.escape(told)}.*the workbook can't hold it, but run, csv and json can"):
        card_rows(
            card(f"plan: p\n{said}"),
            prefix="p",
            flows=[Flow(labels={"meter": "seats", "user": "u"}, row="q")],
            months=MONTHS,
        )


def test_what_rate_refuses_is_refused_alike():
    cut = "plan: p\nprices: {f: {curve: [{flat: 1}], during: {every: quarter}}}"
    with pytest.raises(CardError, match="cut short"):
        card_rows(card(cut), prefix="p", flows=[], months=MONTHS, begins="2026-02")
    with pytest.raises(UnpricedUsage, match="output_tokens"):
        card_rows(card("plan: p\nprices: {t: {measure: {sum: input_tokens}, curve: [{rate: 1}]}}"), prefix="p",
                  flows=[Flow(labels={"meter": "output_tokens"}, row="q")], months=MONTHS)  # fmt: skip


CONSTANTS = {0, 1, 3, 12, 100, 1_000_000, 9}


@pytest.mark.parametrize("said", CARDS.values(), ids=CARDS)
def test_a_formula_has_no_number_but_0_1_and_sizes_of_units_and_no_choice_within_a_choice(said):
    made = by_rows(card(said), TOKENS, MONTHS, "2026-02", "2026-12")["made"]
    for row in made.rows:
        if isinstance(row.node, Number):
            assert not row.by_month or row.node.value == 0
            continue
        dates = {
            id(each.args[0])
            for each in subtrees(row.node)
            if isinstance(each, Call) and each.function in ("from", "in")
        }
        literals = {each.value for each in subtrees(row.node) if isinstance(each, Number) and id(each) not in dates}
        assert literals <= CONSTANTS, text(row.node)
        assert not any(isinstance(each, Call) and each.function == "if" for each in subtrees(row.node))


def test_rows_stand_below_what_they_ask_for_but_for_the_month_before():
    made = by_rows(card(CARDS["pools of two phases"]), TOKENS, MONTHS)["made"]
    seen = {"month", "flow 0", "flow 1"}
    for row in made.rows:
        later = {each.args[0] for each in subtrees(row.node) if isinstance(each, Call) and each.function == "prev"}
        assert {each for each in subtrees(row.node) if isinstance(each, Name)} - later <= {Name(name) for name in seen}
        seen.add(row.name)


def test_contracts_on_one_card_may_share_its_numbers_and_tiers():
    one = card(CARDS["tiers by volume with caps in a quarter"].replace(", cap: 40", ""))
    flows = [Flow(labels={"meter": "input_tokens"}, row="q")]
    made = [card_rows(one, prefix=f"bill.{who}", shared="plan", section="s", flows=flows, months=MONTHS, begins=begins)
            for who, begins in (("a", "2026-01"), ("b", "2026-05"))]  # fmt: skip
    first, second = ({row.name: row for row in each.rows} for each in made)
    both = first.keys() & second.keys()
    assert made[0].ladders == made[1].ladders
    assert {name for name in both if name.startswith("plan.")} == both
    assert all(first[name] == second[name] for name in both)
