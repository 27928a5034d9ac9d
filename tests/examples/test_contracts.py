"""The contracts in examples/contracts, with the numbers worked out for them when the project was founded."""

from decimal import Decimal
from pathlib import Path

import pytest

import pertoken as pt
from pertoken.connect.cards import read_cards
from pertoken.core.errors import UnpricedUsage
from pertoken.rating.rate import amount, rate
from tests.made import by, money, usage

D = Decimal
CONTRACTS = Path(__file__).parents[2] / "examples" / "contracts"
YEAR = [f"2026-{month:02}" for month in range(1, 13)]


def card(file, name=None):
    return next(each for each in read_cards(CONTRACTS / file) if name in (None, each.name))


def millions(*monthly):
    rows = (("acme", month, "input_tokens", each * 1_000_000) for month, each in zip(YEAR, monthly, strict=False))
    return usage("customer month meter", *rows)


def test_metered_tokens_are_rounded_once_on_the_line():
    """1,234,567 × 0.002 / 1000 = 2.469134 → 2.47."""
    ledger = rate(usage("customer month meter", ("acme", "2026-01", "output_tokens", 1_234_567)), card("metered.yaml"))
    assert money(ledger.ledger, "list") == D("2.469134")
    assert money(ledger.ledger) == D("2.47")


def test_pro_is_a_base_and_tokens():
    """500 + 10,000,000 × 0.001 / 1000 = 510.00."""
    used = usage("customer plan month meter", ("acme", "pro", "2026-01", "input_tokens", 10_000_000))
    assert money(rate(used, card("tiers.yaml", "pro")).ledger) == D("510.00")


def test_free_is_a_quota():
    used = usage("customer plan month meter", ("acme", "free", "2026-01", "input_tokens", 1_000_000))
    assert money(rate(used, card("tiers.yaml", "free")).ledger) == 0
    more = usage("customer plan month meter", ("acme", "free", "2026-01", "input_tokens", 1_000_001))
    with pytest.raises(UnpricedUsage, match="no price for 1 "):
        rate(more, card("tiers.yaml", "free"))


def test_enterprise_pays_what_it_promised_or_what_it_used():
    """15 G tokens a month are 15 M priced units: 1 M × 0.0010 + 9 M × 0.0008 + 5 M × 0.0006 = 11,200."""
    months = [("acme", "enterprise", month, "large", "input_tokens", 15_000_000_000) for month in YEAR]
    ledger = rate(usage("customer plan month model_class meter", *months), card("tiers.yaml", "enterprise")).ledger
    assert money(ledger, "contracted") == 12 * 11_200
    assert by(amount(ledger, "billed"), "month")["2026-01"] == 10_000  # the instalment; usage is covered
    # 10 months use 112,000 of 120,000, the 11th 8,000 of its 11,200; 3,200 and 11,200 are paid beside the instalment
    assert by(amount(ledger, "billed"), "month")["2026-11"] == 10_000 + 3_200
    assert by(amount(ledger, "billed"), "month")["2026-12"] == 10_000 + 11_200
    assert money(ledger, "effective") == money(ledger, "billed") == 134_400


def test_enterprise_that_uses_little_pays_what_it_promised():
    months = [("acme", "enterprise", month, "large", "input_tokens", 1_000_000_000) for month in YEAR]
    ledger = rate(usage("customer plan month model_class meter", *months), card("tiers.yaml", "enterprise")).ledger
    assert money(ledger, "contracted") == 12 * 1_000  # 1 M × 0.0010
    assert money(ledger) == money(ledger, "effective") == 120_000
    assert by(amount(ledger, "effective"), "stage")["unused"] == 108_000


def test_hybrid_rolls_over_half_of_what_is_left():
    """Bundles of 50 M a month; 20, 90, 40 and 60 M used.

    Month 1 leaves 30: 15 are carried, 15 lost. Month 2 has 65 for 90: 25 of overage, 25,000 × 0.0015 = 37.50.
    Month 3 leaves 10: 5 carried. Month 4 has 55 for 60: 5 of overage, 7.50.
    The platform is 300, at half price for three months.
    """
    ledger = rate(millions(20, 90, 40, 60), card("hybrid.yaml")).ledger
    assert by(amount(ledger, "billed"), "month") == {
        "2026-01": D("200.00"),  # 150 + 50
        "2026-02": D("237.50"),  # 150 + 50 + 37.50
        "2026-03": D("200.00"),
        "2026-04": D("357.50"),  # 300 + 50 + 7.50
    }
    stages = by(amount(ledger, "effective"), "charge", "stage")
    assert stages["bundle", "drawn"] == 180  # (20 + 65 + 40 + 55) M at 1 per M
    assert stages["bundle", "unused"] == 20  # (15 + 5) M
    assert money(ledger, "effective") == money(ledger, "billed")


def test_hybrid_has_a_cap_on_the_invoice():
    """4,000 M: 350 of platform and bundle less 150, 3,950,000 × 0.0015 = 5,925.00 of overage; capped at 5,000."""
    ledger = rate(millions(4_000), card("hybrid.yaml")).ledger
    assert money(ledger) == 5_000
    assert money(ledger, "contracted") == 5_000  # 150 + 6,000, capped too


def test_a_vendors_discount_above_a_commitment_is_marginal():
    """1.4 M of list spend: 1,000,000 + 0.88 × 400,000 = 1,352,000; the first million is the commitment."""
    months = zip(YEAR, (200_000_000_000, 200_000_000_000, 66_666_666_000), strict=False)
    rows = (("m", "false", "0", month, "input_tokens", tokens) for month, tokens in months)
    ledger = rate(usage("model batch prompt_tokens_above month meter", *rows), card("vendor.yaml")).ledger
    assert money(ledger, "list") == D("1399999.998")
    assert money(ledger) == money(ledger, "effective") == D("1351999.99824")  # 1,000,000 + 0.88 × 399,999.998
    billed = by(amount(ledger, "billed"), "month")
    assert billed == {"2026-01": 1_000_000, "2026-02": D("176000.00"), "2026-03": D("175999.99824")}


def test_batch_and_long_prompts_have_factors():
    """A batch token costs half; a long prompt's input twice and its output one and a half times."""
    keys = "model batch prompt_tokens_above month meter"
    rows = (
        ("m", "true", "0", "2026-01", "input_tokens", 1_000_000),  # 3.00 × 0.5
        ("m", "false", "200000", "2026-01", "input_tokens", 1_000_000),  # 3.00 × 2
        ("m", "false", "200000", "2026-01", "cache_read_tokens", 1_000_000),  # 0.30 × 2
        ("m", "false", "200000", "2026-01", "output_tokens", 1_000_000),  # 15.00 × 1.5
        ("m", "true", "200000", "2026-01", "output_tokens", 1_000_000),  # 15.00 × 0.5 × 1.5
    )
    ledger = rate(usage(keys, *rows), card("vendor.yaml")).ledger
    assert money(ledger, "contracted") == D("1.5") + 6 + D("0.6") + D("22.5") + D("11.25")


def test_a_log_needs_no_column_for_a_band(tmp_path):
    """80,001 + 120,000 tokens are a long prompt: 80,001 × 3 × 2 and 120,000 × 0.30 × 2 a million; 80,000 are none."""
    rows = ["model,batch,input_tokens,cache_read_tokens", "m,false,80001,120000", "m,false,80000,120000"]
    (tmp_path / "log.csv").write_text("\n".join(rows))
    books = pt.statement(tmp_path / "log.csv", cost=[card("vendor.yaml")], by=["month"], period="2026-01")
    agreed = by(amount(books.rated["cost"].ledger, "contracted"), "long")
    assert (agreed["true"], agreed["false"]) == (D("0.480006") + D("0.072"), D("0.24") + D("0.036"))


def test_reserved_gpus_are_used_or_lost_by_the_hour():
    """80 firm and 10 spot: 64 × 2.20 + 16 × 3.50 + 10 × 1.60 = 212.80; 40 firm: 88.00 used + 52.80 unused = 140.80."""
    used = usage(
        "tolerates_preemption hour meter",
        ("false", "2026-01-05T10", "gpu_hours", 80),
        ("true", "2026-01-05T10", "gpu_hours", 10),
        ("false", "2026-01-05T11", "gpu_hours", 40),
    )
    ledger = rate(used, card("gpus.yaml")).ledger
    assert by(amount(ledger, "effective"), "hour") == {"2026-01-05T10": D("212.80"), "2026-01-05T11": D("140.80")}
    stages = by(amount(ledger, "effective").where(hour="2026-01-05T11"), "stage")
    assert stages["drawn"] == D("88.00")
    assert stages["unused"] == D("52.80")


def test_reserved_gpus_are_paid_half_upfront():
    """2.20 × 64 × 8,760 h = 1,233,408 a year: half at once, and half of each month's 744 hours with the month."""
    used = usage("tolerates_preemption hour meter", ("false", "2026-01-05T10", "gpu_hours", 40))
    ledger = rate(used, card("gpus.yaml")).ledger
    assert money(ledger.where(stage="purchase")) == D("616704.00") + D("52377.60")
