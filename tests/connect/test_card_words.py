"""The short forms of contracts mean what the long ones say: times, pools, limits, orders, rates over time."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from pertoken.connect.cards import card_from, read_cards
from pertoken.core.errors import CardError
from pertoken.rating.card import ORDERS, Adjust, Band, Clamp, Curve, Measure, Tier
from pertoken.rating.during import During
from pertoken.rating.pool_terms import Inside, Outside, Pay, Pool, Rollover, Term
from tests.made import card

D = Decimal
TOKENS = "t: {measure: {sum: total_tokens}, curve: [{rate: 1}]}"


def one_pool(words):
    """The pool of a plan with one charge."""
    (pool,) = card(f"plan: p\nprices:\n  {TOKENS}\npools:\n  - {{{words}}}").pools
    return pool


def gift(**more):
    bare = Pool(name="gift", unit="tokens", grant=D(5), price=D(0), eligible=("t",), unused="forfeit")
    return replace(bare, **more)


GIFT = "id: gift, unit: tokens, grant: 5, price: 0, eligible: [t], unused: forfeit"


def test_from_and_to_are_the_words_of_a_file():
    read = card(f"""\
        plan: p
        during: {{from: 2026-01-15, to: 2027-01-15, prorate: day, anchor: start, tz: Europe/Berlin}}
        prices:
          base: {{curve: [{{flat: 20}}], during: {{every: quarter, prorate: fixed30}}}}
          {TOKENS}
        """)
    start, end = date(2026, 1, 15), date(2027, 1, 15)
    assert read.during == During(start=start, end=end, prorate="day", anchor="start", tz="Europe/Berlin", line=2)
    assert read.prices["base"].during == During(every="quarter", prorate="fixed30", line=4)
    assert read.prices["base"].window == "quarter"


@pytest.mark.parametrize(("word", "months"), [("year", 12), ("quarter", 3), ("month", 1)])
def test_a_term_in_one_word_renews(word, months):
    assert one_pool(f"{GIFT}, term: {word}").term == Term(months=months, renews=True)


def test_a_term_may_have_fixed_days_or_months():
    fixed = Term(start=date(2026, 1, 1), end=date(2027, 1, 1))
    assert one_pool(f"{GIFT}, term: {{from: 2026-01-01, to: 2027-01-01}}").term == fixed
    assert one_pool(f"{GIFT}, term: {{months: 6}}").term == Term(months=6)


def test_a_pool_says_all_of_its_words():
    read = one_pool(
        "id: bundle, unit: tokens, grant: 50_000_000, every: month, price: 50, eligible: [t], where: batch, "
        "unused: refund, rollover: {share: 0.5, of: remaining, max: 25_000_000, periods: 1}, priority: 10, drawn: day, "
        "outside: {times: 1.2}, term: year, pay: [{upfront_share: 0.5}, {every: month}], during: {prorate: day}"
    )
    assert read == Pool(
        name="bundle",
        unit="tokens",
        grant=D(50_000_000),
        every="month",
        term=Term(months=12, renews=True),
        price=D(50),
        pay=(Pay(upfront_share=D("0.5")), Pay(every="month")),
        eligible=("t",),
        where="batch",
        outside=Outside(times=D("1.2")),
        rollover=Rollover(share=D("0.5"), of="remaining", max=D(25_000_000), periods=1),
        unused="refund",
        priority=10,
        drawn="day",
        during=During(prorate="day", line=5),
        line=5,
    )


def test_pools_may_be_a_map_by_name():
    read = card(f"plan: p\nprices:\n  {TOKENS}\npools:\n  gift: {{{GIFT.removeprefix('id: gift, ')}}}")
    assert read.pools == (gift(line=5),)


def test_block_is_short_for_nothing_beyond():
    assert one_pool(f"{GIFT}, outside: block").outside == Outside(block=True)


def test_one_payment_needs_no_list():
    assert one_pool(f"{GIFT.replace('price: 0, ', '')}, pay: {{every: year, amount: 9}}").pay == (
        Pay(every="year", amount=D(9)),
    )


def test_a_commitment_of_money_costs_what_it_is():
    """An AWS savings plan draws 0.72 for each on-demand dollar; its dollars are paid as such."""
    pool = one_pool(
        "id: plan, unit: money, grant: 10, every: hour, term: year, pay: {every: month}, eligible: [t], "
        "unused: forfeit, inside: {times: {t: 0.72}}"
    )
    assert pool.inside == Inside(times={"t": D("0.72")})
    assert pool.price is None


def test_what_stands_in_a_charge_is_for_this_charge():
    read = card("""\
        plan: p
        prices:
          a:
            measure: {sum: input_tokens}
            curve: [{rate: 1}]
            clamp: {min: 3}
            pool: {id: gift, unit: tokens, grant: 5, price: 0, unused: forfeit}
          b:
            measure: {sum: output_tokens}
            curve: [{rate: 1}]
            clamp:
              - {max: 9, window: year}
        clamp:
          - {min: 1, window: year}
          - {max: 8, on: [a]}
        order: orb
        """)
    assert read.clamps == (
        Clamp(min=D(1), window="year", line=14),
        Clamp(max=D(8), on=("a",), line=15),
        Clamp(min=D(3), on=("a",), line=6),
        Clamp(max=D(9), window="year", on=("b",), line=12),
    )
    assert read.pools == (gift(eligible=("a",), line=7),)


@pytest.mark.parametrize("preset", ORDERS)
def test_an_order_in_one_word_is_that_of_an_engine(preset):
    assert card(f"plan: p\nprices: {{{TOKENS}}}\norder: {preset}").order == ORDERS[preset]


def test_a_charge_without_a_curve_is_priced_by_its_pool():
    """The free plan of the rate-card sketches: a million tokens a month, and nothing is sold beyond."""
    read = card("""\
        plan: free
        prices:
          tokens:
            measure: {sum: total_tokens, window: month}
            pool: [{id: free, unit: tokens, grant: 1000000, every: month, price: "0", unused: forfeit, outside: block}]
        """)
    assert read.prices["tokens"].curve is None
    assert read.pools[0].eligible == ("tokens",)


def test_a_discount_may_follow_what_is_spent():
    """12 % off above a million dollars a year: 1.4 M cost 1,352,000 by tier, 1,232,000 on all (the card must say)."""
    read = card("""\
        card: v
        prices: {input: {measure: {sum: input_tokens}, curve: [{rate: 3e-6}]}}
        adjust:
          - measure: {of: [input], window: year}
            curve: {mode: marginal, tiers: [{up_to: 1000000, rate: "1.00"}, {rate: "0.88"}]}
        """)
    tiers = (Tier(up_to=D(1_000_000), rate=D("1.00"), line=5), Tier(rate=D("0.88"), line=5))
    measure = Measure(of=("input",), window="year")
    assert read.adjust == (Adjust(measure=measure, curve=Curve(tiers=tiers, mode="marginal"), line=4),)


def test_a_band_may_say_that_it_is_of_the_request():
    read = card(f"card: v\nprices: {{{TOKENS}}}\nbands: {{long: {{window: request, above: 9}}}}")
    assert read.bands == {"long": Band(above=9)}


SERIES = "card: v\nprices: {t: {measure: {sum: gpu_hours, window: hour}, curve: {series: spot}}}\nseries: "


def test_a_series_is_a_map_from_hours_to_rates():
    read = card(f'{SERIES}{{spot: {{2026-01-05T09: 1.60, 2026-01-05T10: "1.70"}}}}')
    assert read.series == {"spot": {"2026-01-05T09": D("1.60"), "2026-01-05T10": D("1.70")}}
    assert read.prices["t"].curve == Curve(series="spot")


def test_a_series_may_stand_in_a_file_beside_the_card(tmp_path):
    (tmp_path / "spot.csv").write_text("from,rate\n2026-01-05,1.60\n2026-01-06, 1e-9\n")
    (tmp_path / "card.yaml").write_text(f"{SERIES}{{spot: {{file: spot.csv}}}}")
    (read,) = read_cards(tmp_path / "card.yaml")
    assert read.series == {"spot": {"2026-01-05": D("1.60"), "2026-01-06": D("1e-9")}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2026-01-05,1.60\n", r"spot\.csv:1: the first line is '2026-01-05,1\.60'; expected the header from,rate"),
        ("", r"spot\.csv:1: the first line is ''"),
        ("from,rate\n2026-01-05,1\n2026-01-05,2\n", r"spot\.csv:3: 2026-01-05 stands twice"),
        ("from,rate\n2026-01-05,1,2\n", r"spot\.csv:2: found 3 columns; expected from,rate"),
        ("from,rate\n5 January,1\n", r"spot\.csv:2: '5 January' is no hour, day or month"),
        ("from,rate\n2026-01-05,dear\n", r"spot\.csv:2: the rate from 2026-01-05 is 'dear'; expected a number"),
        ("from,rate\n", r"series spot has no rate"),
    ],
)
def test_a_bad_file_of_a_series_is_refused_with_its_line(tmp_path, text, message):
    (tmp_path / "spot.csv").write_text(text)
    (tmp_path / "card.yaml").write_text(f"{SERIES}{{spot: {{file: spot.csv}}}}")
    with pytest.raises(CardError, match=message):
        read_cards(tmp_path / "card.yaml")


def test_a_contract_as_a_dictionary():
    made = card_from(
        {
            "plan": "p",
            "during": {"from": date(2026, 1, 1), "to": "2027-01-01"},
            "prices": {"t": {"measure": {"sum": "total_tokens"}, "curve": [{"rate": 0.1}]}},
            "pools": {"gift": {"unit": "tokens", "grant": 5, "price": 0, "eligible": ["t"], "unused": "forfeit"}},
        }
    )
    assert made.during == During(start=date(2026, 1, 1), end=date(2027, 1, 1))
    assert made.pools == (gift(),)


def test_two_faults_of_two_plans_are_told_together():
    with pytest.raises(CardError) as error:
        card_from({"plans": {"a": {"prices": {"t": {"curv": []}}}, "b": {"prices": {"t": {"curve": [{"rate": -1}]}}}}})
    assert [fault.found for fault in error.value.faults] == ["unknown word 'curv'", "t: a rate below zero"]


SAME = "measure: {sum: input_tokens}, curve: [{rate: 1}]"


@pytest.mark.parametrize(
    "text",
    [
        (
            f"a: {{{SAME}}}\n  b: {{{SAME.replace('input', 'output')}}}\npools:\n"
            "  - {id: gift, unit: tokens, grant: 5, price: 0, eligible: [a, b], unused: forfeit}"
        ),
        (
            f"{TOKENS}\npools:\n  - {{{GIFT}, during: {{months: 3}}}}\n"
            f"  - {{{GIFT.replace('gift', 'later')}, during: {{after: 3}}}}"
        ),
        f"{TOKENS}\npools:\n  - {{{GIFT}}}\n  - {{{GIFT.replace('gift', 'cash').replace('tokens', 'money')}}}",
        (
            "t: {measure: {unique: user}, curve: [{rate: 1}]}\npools:\n"
            "  - {id: gift, unit: users, grant: 5, price: 0, eligible: [t], unused: forfeit}"
        ),
    ],
    ids=["one price in two charges", "pools that never meet", "a quantity before money", "users"],
)
def test_what_money_does_not_depend_on_may_stay_unsaid(text):
    assert card(f"plan: p\nprices:\n  {text}").pools


def test_a_minimum_and_a_maximum_need_no_order():
    assert card(f"plan: p\nprices: {{{TOKENS}}}\nclamp: {{min: 1, max: 2}}").order == ()
