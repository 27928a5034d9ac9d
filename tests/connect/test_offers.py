"""Offers as YAML: all that can be said, and all that is refused with its line."""

import pytest

from pertoken.connect.offers import read_offer
from pertoken.core.errors import InputError
from pertoken.forecast.migration.offer import Offer, PriceChange, Wave
from pertoken.forecast.migration.priors import Prior

WHOLE = """\
who: {plan: [pro, team], customer: acme}
start: 2027-02
notice: 2
wave: {bass: {p: 0.05, q: 30%}, reach: 80%}
sunset: 2027-08
grandfather: {customer: [zeta]}
grandfather_above: 50%
cap: 0.2
cap_months: 6
price_change: {month: 2026-03, change: -10%}
priors:
  elasticity: [0.1, 0.5]
  scale: 15%
"""


def offer(tmp_path, text):
    path = tmp_path / "offer.yaml"
    path.write_text(text)
    return read_offer(path)


def test_all_that_can_be_said(tmp_path):
    assert offer(tmp_path, WHOLE) == Offer(
        who={"plan": ("pro", "team"), "customer": ("acme",)},
        start="2027-02",
        notice=2,
        wave=Wave(kind="bass", p=0.05, q=0.3, reach=0.8),
        sunset="2027-08",
        grandfather={"customer": ("zeta",)},
        grandfather_above=0.5,
        cap=0.2,
        cap_months=6,
        price_change=PriceChange(month="2026-03", factor=0.9),
        priors={
            "elasticity": Prior(0.1, 0.5, source="the offer"),
            "scale": Prior(0.15, 0.15, source="the offer"),
        },
    )


def test_a_campaign_takes_months(tmp_path):
    assert offer(tmp_path, "wave: {campaign: 3}").wave == Wave(months=3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("strat: 2027-02", "offer.yaml:1: unknown word 'strat'; did you mean start?"),
        ("start: soon", "offer.yaml:1: start is 'soon'; expected a month as 2027-01"),
        ("notice: -1", "notice is -1; expected a whole number of months"),
        ("cap: 20", "cap is 20; expected a share of 0 or more; write 20% or a part of 1"),
        ("cap: lots", "cap is 'lots'; expected a number, or a share as 20%"),
        ("who: pro", "who is 'pro'; expected labels by key, as {plan: [pro, team]}"),
        ("wave: {campaign: 3, bass: {p: 0.1}}", "a campaign and bass; expected one of them"),
        ("wave: {campaign: 0}", "a wave of 0 months"),
        ("wave: {reach: 80%, size: 3}", "unknown word 'size'"),
        ("price_change: {month: 2026-03}", "a price change without its month or its change"),
        ("price_change: {month: 2026-03, change: 0}", "changed by a factor of 1"),
        ("priors: {elasticity: [0.1, 0.2, 0.3]}", "elasticity has 3 numbers; expected its P10 and its P90"),
        ("priors: {elasticity: [0.5, 0.1]}", "its P10 first, then its P90"),
        ("priors: {elastic: 0.5}", "unknown word 'elastic'; did you mean elasticity?"),
        ("start: 2027-05\nsunset: 2027-02", "the old plan ends in 2027-02, before the new one starts"),
        ("- start", "the offer is ['start']; expected a map of who, start"),
    ],
)
def test_what_is_refused(tmp_path, text, message):
    with pytest.raises(InputError) as error:
        offer(tmp_path, text)
    assert message in str(error.value)


def test_all_faults_are_told_at_once(tmp_path):
    with pytest.raises(InputError) as error:
        offer(tmp_path, "start: soon\nnotice: few\ncap: x\n")
    assert [each.where.rpartition(":")[2] for each in error.value.faults] == ["1", "2", "3"]


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="can't read the offer"):
        read_offer(tmp_path / "none.yaml")
