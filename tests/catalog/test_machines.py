"""Offers of GPU-hours: what is selected, what a discount makes of them, and that they rate like anything else."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

import pertoken as pt
from pertoken.catalog.machines import Offer, asked, find_gpu, granted
from pertoken.connect.machines import gpus
from pertoken.core.errors import InputError, UnpricedUsage

EIGHT = Offer(
    provider="aws", instance="p5.48xlarge", gpu="H100-80GB-SXM", n_gpu=8, region="us-east-1",
    usd_per_hour=Decimal("55.04"), as_of=date(2026, 11, 9), source="a page",
)  # fmt: skip
SPOT = replace(EIGHT, purchase="spot", usd_per_hour=Decimal("30.24"))
ONE = Offer(provider="runpod", instance="secure", gpu="L40S-48GB", n_gpu=1, usd_per_hour=Decimal("1.09"))


def test_a_gpu_hour_is_the_instance_by_its_gpus():
    assert EIGHT.usd_per_gpu_hour == Decimal("6.88")  # 55.04 / 8


def test_offers_are_selected_and_sorted_by_the_gpu_hour():
    assert asked([EIGHT, ONE, SPOT]) == (ONE, SPOT, EIGHT)  # 1.09, 3.78, 6.88
    assert asked([EIGHT, ONE, SPOT], gpu="H100-80GB-SXM", purchase="on_demand") == (EIGHT,)
    assert asked([EIGHT, ONE, SPOT], provider="runpod", region="us-east-1") == ()


def test_a_discount_of_your_own_is_taken_off_the_on_demand_price_alone():
    (made,) = asked([EIGHT, SPOT], purchase="reserved_3y", discount=Decimal("0.5"))
    assert (made.purchase, made.usd_per_hour) == ("reserved_3y", Decimal("27.520"))  # half of 55.04
    assert "less a discount of your own of 50" in made.note


@pytest.mark.parametrize("share", ["1", "-0.1", "30"])
def test_a_discount_is_a_share(share):
    with pytest.raises(InputError, match=r"no share of the price; expected for example 0\.3"):
        granted(EIGHT, Decimal(share), purchase="spot")


@pytest.mark.parametrize("wrong", [{"n_gpu": 0}, {"usd_per_hour": Decimal(0)}])
def test_an_offer_without_gpus_or_price_is_refused(wrong):
    with pytest.raises(InputError, match="at least one GPU and a price above 0"):
        replace(EIGHT, **wrong)


def test_gpus_are_found_by_alias_in_any_case_and_not_by_likeness():
    assert find_gpu(gpus(), "h100").name == "H100-80GB-SXM"
    with pytest.raises(InputError, match="unknown GPU 'h100-80gb-smx'; did you mean h100-80gb-sxm"):
        find_gpu(gpus(), "h100-80gb-smx")


def test_gpu_hours_are_rated_by_a_card_of_offers():
    card = pt.gpu_card([EIGHT, SPOT, ONE])
    labels = {"model": "H100-80GB-SXM", "provider": "aws", "region": "us-east-1"}
    assert pt.bill(card, {"gpu_hours": 100}, labels=labels).billed == Decimal(688)  # 100 x 6.88
    assert pt.bill(card, {"gpu_hours": 100}, labels={**labels, "service_tier": "spot"}).billed == Decimal(
        378
    )  # 100 x 3.78


def test_of_several_instances_the_cheapest_gpu_hour_is_on_the_card():
    dear = replace(EIGHT, instance="p5.4xlarge", n_gpu=1, usd_per_hour=Decimal(7))
    assert [each.unit_price for each in pt.gpu_card([dear, EIGHT]).rates] == [Decimal("6.88")]


def test_a_gpu_that_is_not_on_the_card_has_no_price():
    with pytest.raises(UnpricedUsage):
        pt.bill(pt.gpu_card([ONE]), {"gpu_hours": 1}, labels={"model": "H100-80GB-SXM", "provider": "runpod"})
