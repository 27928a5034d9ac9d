"""Invoices that others have worked out, with their sources."""

from decimal import Decimal

import pytest

from pertoken.rating.rate import rate
from pertoken.rating.walk import walk
from tests.made import bill, by, card, usage

D = Decimal


def month(*rows):
    return usage("customer month meter", *(("acme", "2026-01", *row) for row in rows))


def units(number):
    return month(("x_units", number))


def tiered(mode, *tiers):
    listed = ", ".join(f"{{up_to: {end}, rate: {each}}}" if end else f"{{rate: {each}}}" for end, each in tiers)
    return card(f"plan: p\nprices: {{t: {{measure: {{sum: x_units}}, curve: {{mode: {mode}, tiers: [{listed}]}}}}}}")


def test_a_metered_plan():
    """The founding example of this project: 1,234,567 tokens × 0.002 / 1000 = 2.469134, on the invoice 2.47."""
    terms = card("plan: m\nprices: {t: {measure: {sum: total_tokens}, convert: {per: 1000}, curve: [{rate: 0.002}]}}")
    ledger = rate(month(("input_tokens", 1_000_000), ("output_tokens", 234_567)), terms).ledger
    assert by(ledger, "stage") == {"list": D("2.469134"), "rounding": D("0.000866")}


def test_a_fee_and_tokens():
    """The founding example of this project: 500 + 10,000,000 × 0.001 / 1000 = 510.00."""
    terms = card("""
        plan: pro
        prices:
          base: {curve: [{flat: 500}]}
          tokens: {measure: {sum: total_tokens}, convert: {per: 1000}, curve: [{rate: 0.001}]}
    """)
    assert bill(month(("input_tokens", 4_000_000), ("output_tokens", 6_000_000)), terms) == D("510.00")


@pytest.mark.parametrize(
    ("mode", "used", "billed"),
    [
        ("all", 1, 7),
        ("all", 5, 5 * 7),
        ("all", 6, D("39.00")),  # 6 × 6.50
        ("all", 20, 20 * 6),
        ("all", 25, 25 * 6),
        ("marginal", 5, 5 * 7),
        ("marginal", 6, D("41.50")),  # 5 × 7 + 6.50
        ("marginal", 20, D("127.50")),  # 35 + 5 × 6.50 + 10 × 6
        ("marginal", 25, D("157.50")),
    ],
)
def test_volume_and_graduated_tiers(mode, used, billed):
    """Stripe, "Set up tiered pricing": 1-5 fonts at 7, 6-10 at 6.50, 11 and more at 6 USD.

    https://docs.stripe.com/subscriptions/pricing-models/tiered-pricing
    """
    assert bill(units(used), tiered(mode, (5, 7), (10, "6.5"), (None, 6))) == billed


def test_a_volume_tier_with_a_fixed_fee():
    """Lago, "Volume": 65,000 calls in the tier of 50,001 to 100,000 cost 65,000 × 0.0006 + 10 = 49.

    https://getlago.com/docs/guide/plans/charges/charge-models/volume
    """
    terms = card("""
        plan: p
        prices:
          calls:
            measure: {sum: x_units}
            curve:
              mode: all
              flat_on_zero: false
              tiers:
                - {up_to: 10_000, rate: 0.0010, flat: 10}
                - {up_to: 50_000, rate: 0.0008, flat: 10}
                - {up_to: 100_000, rate: 0.0006, flat: 10}
                - {rate: 0.0004, flat: 10}
    """)
    assert bill(units(65_000), terms) == 49


def test_three_graduated_tiers():
    """Autumn, "Graduated Pricing": 15,000 requests cost 1,000 × 0.01 + 9,000 × 0.008 + 5,000 × 0.005 = 107.

    https://docs.useautumn.com/documentation/modelling-pricing/graduated-pricing
    """
    assert bill(units(15_000), tiered("marginal", (1000, "0.01"), (10_000, "0.008"), (None, "0.005"))) == 107


def test_tiers_touch_and_a_bound_belongs_to_the_tier_below():
    """Azure/BillingCodeSamples#15: 250 units are 199 + 51 there, since its second tier begins with unit 200 (244.9).

    We follow the other convention, that of OpenMeter and Flexprice: `up_to: 200` holds 200, so 250 units are 200 + 50,
    at 1.00 and 0.90 here 200 + 45 = 245.
    """
    terms = tiered("marginal", (200, 1), (None, "0.9"))
    assert [part.quantity for part in walk(terms.prices["t"].curve, D(250))] == [200, 50]
    assert bill(units(250), terms) == D("245.00")
    assert 199 * 1 + 51 * D("0.9") == D("244.9")


@pytest.mark.parametrize(("mode", "billed"), [("marginal", 1_352_000), ("all", 1_232_000)])
def test_twelve_percent_above_a_million_must_say_of_which_money(mode, billed):
    """1.4 M$ of list: 1,000,000 + 0.88 × 400,000 = 1,352,000, or 0.88 × 1,400,000 = 1,232,000; 120,000 lie between."""
    assert bill(units(1_400_000), tiered(mode, (1_000_000, 1), (None, "0.88"))) == billed


@pytest.mark.parametrize(("order", "billed"), [("[discount, minimum]", 50), ("[minimum, discount]", 45)])
def test_twenty_of_usage_a_tenth_off_and_a_minimum_of_fifty(order, billed):
    """OpenMeter: percent, maximum, minimum, so 18 → 50; Lago: true-up first, coupons after, so 50 → 45."""
    terms = card(f"""
        plan: p
        prices: {{t: {{measure: {{sum: x_units}}, curve: [{{rate: 2}}]}}}}
        adjust: [{{percent: -10}}]
        clamp: {{min: 50}}
        order: {order}
    """)
    assert bill(units(10), terms) == billed


def test_a_customer_without_usage_pays_the_fee_and_the_minimum():
    terms = card("plan: p\nprices: {t: {measure: {sum: x_units}, curve: [{rate: 2}]}}\nclamp: {min: 50}")
    assert by(rate(units(0), terms).ledger, "charge") == {"t": 0, "minimum": 50}


def test_a_line_is_rounded_once_and_not_each_of_its_requests():
    """lago-api#2643: rounded in parts, 3 × 10.333333 is 30.99; the sum 30.999999 is 31.00."""
    terms = card("plan: p\nprices: {t: {measure: {sum: x_units}, curve: [{rate: 10.333333}]}}")
    requests = usage("customer month meter feature", *(("a", "2026-01", "x_units", f, 1) for f in ("p", "q", "r")))
    assert bill(requests, terms) == D("31.00")


LONG = card("""
    card: anthropic
    rates:
      - {model: sonnet, per: 1_000_000, input_tokens: 3, output_tokens: 15}
      - {model: sonnet, per: 1_000_000, above: 200_000, input_tokens: 6, output_tokens: 22.5}
""")
REQUESTS = "month model batch service_tier prompt_tokens_above meter"


def request(prompt, output):
    """One request; its band is cut before folding: strictly above 200,000."""
    band = "200000" if prompt > 200_000 else "0"
    row = ("2026-01", "sonnet", "false", "standard", band)
    return usage(REQUESTS, (*row, "input_tokens", prompt), (*row, "output_tokens", output))


@pytest.mark.parametrize(
    ("prompt", "billed"),
    [
        (200_000, D("0.60") + D("0.15")),  # 200,000 × 3 / 1M; 10,000 × 15 / 1M
        (200_001, D("1.200006") + D("0.225")),  # all of 200,001 × 6 / 1M; 10,000 × 22.50 / 1M
    ],
)
def test_a_long_prompt_is_dearer_as_a_whole_and_so_is_its_output(prompt, billed):
    """Anthropic, pricing page, Claude Sonnet 4.5: up to 200K 3 and 15 USD, above 6 and 22.50 USD per million tokens.

    "Tiered" is a cliff here, strictly above the threshold, and output is priced by the size of the input
    (genai-prices#241).
    """
    assert bill(request(prompt, 10_000), LONG) == billed


def test_batch_work_has_its_own_price():
    """OpenAI and Anthropic, batch pages: half the price of the same model, 2.50 → 1.25 USD per million tokens."""
    terms = card("""
        card: openai
        rates:
          - {model: gpt-4o, per: 1_000_000, input_tokens: 2.50}
          - {model: gpt-4o, per: 1_000_000, input_tokens: 1.25, batch: true}
    """)
    rows = (("2026-01", "gpt-4o", flag, "standard", "input_tokens", 3_000_000) for flag in ("false", "true"))
    used = usage("month model batch service_tier meter", *rows)
    assert by(rate(used, terms).ledger, "batch") == {"false": D("7.50"), "true": D("3.75")}


def test_a_price_holds_from_its_day_on():
    """A million tokens before any change, from the first and from the second: 3 + 2 + 1."""
    terms = card("""
        card: v
        rates:
          - {model: m, per: 1_000_000, input_tokens: 3}
          - {model: m, per: 1_000_000, input_tokens: 2, from: 2026-01-10}
          - {model: m, per: 1_000_000, input_tokens: 1, from: 2026-01-20}
    """)
    rows = (
        ("2026-01", "m", "false", "standard", day, "input_tokens", 1_000_000)
        for day in ("", "2026-01-10", "2026-01-20")
    )
    used = usage("month model batch service_tier price_from meter", *rows)
    assert by(rate(used, terms).ledger, "price_from") == {"": 3, "2026-01-10": 2, "2026-01-20": 1}


@pytest.mark.parametrize("said", ["standard", "default", "auto", ""])
def test_what_vendors_call_an_ordinary_request_has_the_ordinary_price(said):
    terms = card("""
        card: v
        rates:
          - {model: m, input_tokens: 3, service_tier: default}
          - {model: m, input_tokens: 9, service_tier: priority}
    """)
    used = usage("month model batch service_tier meter", ("2026-01", "m", "false", said, "input_tokens", 7))
    assert bill(used, terms) == 21


@pytest.mark.parametrize(("currency", "billed"), [("USD", "1012.97"), ("JPY", "1013"), ("KWD", "1012.965")])
def test_an_invoice_is_rounded_to_the_currencys_own_places(currency, billed):
    terms = card(
        f"plan: p\ncurrency: {currency}\nprices: {{t: {{measure: {{sum: x_units}}, curve: [{{rate: 0.0015}}]}}}}"
    )
    assert bill(units(675_310), terms) == D(billed)
