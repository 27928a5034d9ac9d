"""Catalogs of Kill Bill become cards that bill what Kill Bill's catalog examples say.

https://docs.killbill.io/latest/catalog-examples.html, "Usage Billing".
"""

import pytest

from pertoken.connect.killbill import plans, xml
from pertoken.core.errors import InputError
from tests.connect.plan_files import billed, card, read, refused


def money(value, word="prices"):
    return f"<{word}><price><currency>USD</currency><value>{value}</value></price></{word}>"


def block(size, price, most, unit="liter"):
    named = f"<unit>{unit}</unit><size>{size}</size>"
    return f"<tier><blocks><tieredBlock>{named}{money(price)}<max>{most}</max></tieredBlock></blocks></tier>"


def limit(most, price, unit="liter"):
    held = f"<limits><limit><unit>{unit}</unit><max>{most}</max></limit></limits>"
    return f"<tier>{held}{money(price, 'recurringPrice')}</tier>"


def usage(*tiers, kind="CONSUMABLE", policy="ALL_TIERS", mode="IN_ARREAR"):
    head = f'<usage name="water" billingMode="{mode}" usageType="{kind}" tierBlockPolicy="{policy}">'
    return f"<usages>{head}<billingPeriod>MONTHLY</billingPeriod><tiers>{''.join(tiers)}</tiers></usage></usages>"


def recurring(price):
    return f"<recurring><billingPeriod>MONTHLY</billingPeriod>{money(price, 'recurringPrice')}</recurring>"


def phase(inside, unit="UNLIMITED", number="", kind="EVERGREEN", word="phase"):
    duration = f"<duration><unit>{unit}</unit><number>{number}</number></duration>"
    return f'<{word} type="{kind}">{duration}{inside}</{word}>'


def catalog(final, *initial, currencies="<currency>USD</currency>"):
    text = f"""<?xml version="1.0" encoding="UTF-8" standalone="no"?>
    <catalog xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="CatalogSchema.xsd ">
      <currencies>{currencies}</currencies>
      <plans><plan name="water-monthly"><product>Water</product>
        <initialPhases>{"".join(initial)}</initialPhases>{phase(final, word="finalPhase")}
      </plan></plans>
    </catalog>"""
    return xml(text, "catalog.xml")


WATER = (block(1, "1.5", 1000), block(1, "2.0", -1))


@pytest.mark.parametrize(
    ("policy", "used", "amount"),
    [
        ("ALL_TIERS", 400, 30 + 600),
        ("ALL_TIERS", 1200, 30 + 1500 + 400),
        ("TOP_TIER", 400, 30 + 600),
        ("TOP_TIER", 1200, 30 + 2400),
    ],
)
def test_consumables_by_policy(policy, used, amount):
    """Kill Bill, "Consumable Billing": 1.5 a liter up to 1,000, 2.0 above: 630 and 1,930, or 2,430 by the top tier."""
    made = card("killbill", catalog(recurring(30) + usage(*WATER, policy=policy)), liter="x_calls")
    assert billed(made, calls=used) == amount


@pytest.mark.parametrize(("used", "amount"), [(400, 40), (1200, 100 + 10), (401, 41), (1001, 100 + 0.5)])
def test_the_max_of_a_tier_counts_blocks(used, amount):
    """Kill Bill, "Block Size Greater Than One": 100 blocks of 10 at 1.00, then 0.50: 400 are 40, 1,200 are 110.

    A started block is a whole one.
    """
    made = card("killbill", catalog(usage(block(10, "1.00", 100), block(10, "0.50", -1))), liter="x_calls")
    assert billed(made, calls=used) == amount


def test_nothing_is_billed_above_a_last_tier_with_a_max():
    """Kill Bill's code: units left over after the last tier are in no line."""
    document = catalog(usage(block(1, "1", 10)))
    assert billed(card("killbill", document, liter="x_calls"), calls=25) == 10
    assert any("bills nothing above its last tier" in note for note in read("killbill", document).notes)


def test_a_capacity_is_a_flat_by_the_greatest_amount():
    """Kill Bill, "Capacity Billing": 750 up to 1,000 liters, else 500; Kill Bill's code bills 0 without usage."""
    made = card("killbill", catalog(recurring(30) + usage(limit(1000, 750), limit(-1, 500), kind="CAPACITY")))
    assert made["prices"]["water"] == {
        "measure": {"max": "x_liter", "every": "day", "window": "month"},
        "curve": {"mode": "all", "flat_on_zero": False, "tiers": [{"up_to": 1000, "flat": 750}, {"flat": 500}]},
    }


def test_a_free_trial_is_left_out_and_a_discount_is_a_phase():
    """Kill Bill, "Monthly with trial and discount": a trial of days at 0, months at a discount, then the full price."""
    trial = phase(f"<fixed>{money(0, 'fixedPrice')}</fixed>", "DAYS", 30, "TRIAL")
    document = catalog(recurring(30), trial, phase(recurring(10), "MONTHS", 6, "DISCOUNT"))
    assert card("killbill", document)["phases"] == [
        {
            "during": {"months": 6, "counter": "restart"},
            "prices": {"recurring": {"curve": [{"flat": 10}], "during": {"every": "month", "prorate": "day"}}},
        },
        {
            "during": {"counter": "restart"},
            "prices": {"recurring": {"curve": [{"flat": 30}], "during": {"every": "month", "prorate": "day"}}},
        },
    ]
    assert any("a trial is no price" in note for note in read("killbill", document).notes)


def test_a_fixed_price_is_due_once():
    made = card("killbill", catalog(f"<fixed>{money(99, 'fixedPrice')}</fixed>" + recurring(30)))
    assert made["prices"]["fixed"]["during"] == {"months": 1, "every": "month", "prorate": "none"}


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        (usage(block(10, 1, 5), block(20, 1, -1)), "rounds blocks of 10 and 20 liter tier by tier"),
        (usage(*WATER, mode="IN_ADVANCE"), "billed in advance"),
        (usage(*WATER, policy="MIDDLE_TIER"), "tierBlockPolicy 'MIDDLE_TIER' has no exact equal"),
        (usage(*WATER, kind="OTHER"), "usage 'water' is 'OTHER'"),
        (usage(limit(5, 1), limit(5, 1, "glass"), kind="CAPACITY"), "capacity of 2 units at once (glass, liter)"),
        (recurring(30).replace("MONTHLY", "WEEKLY"), "billingPeriod 'WEEKLY' has no exact equal"),
        (recurring(30).replace("USD", "EUR"), "no price in USD"),
    ],
)
def test_what_has_no_equal_is_refused(inside, said):
    assert said in refused("killbill", catalog(inside))


def test_a_phase_of_days_with_a_price_is_refused():
    assert "lasts 14 DAYS" in refused("killbill", catalog(recurring(30), phase(recurring(1), "DAYS", 14)))


def test_a_document_type_is_refused():
    """A document type could name entities that grow without end: https://cwe.mitre.org/data/definitions/776.html."""
    bomb = '<!DOCTYPE c [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><catalog>&b;</catalog>'
    with pytest.raises(InputError, match="XML with a document type"):
        xml(bomb, "catalog.xml")


def test_what_is_no_xml_is_told_with_its_line():
    with pytest.raises(InputError, match=r"catalog.xml:2: not XML"):
        xml("<catalog>\n<plans></catalog>", "catalog.xml")


def test_an_empty_catalog_is_refused():
    assert "no plan is in the file" in str(plans(xml("<catalog/>", ""), {}, "c.xml").faults[0])
