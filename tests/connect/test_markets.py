"""Markets come in by their door: what is read in which unit, and what is refused with file and line."""

import numpy as np
import pytest

from pertoken.connect.markets import read_market
from pertoken.core.distribution import points
from pertoken.core.errors import InputError

MARKET = """market: Voice agents
launch: 2026-01
size: {value: 40k, p10: 25k, p90: 60k, source: register}
reach: {value: 30%, p10: 20%, p90: 45%}
ceiling: 0.25
usage: {value: 3M, p10: 1.5M, p90: 6M, unit: token}
price: 2.00 USD / 1M token
churn: 2%
adopters: {2026-01: 4, 2026-03: 21}
"""


def written(folder, text):
    path = folder / "market.yaml"
    path.write_text(text)
    return path


def changed(old, new):
    assert old in MARKET
    return MARKET.replace(old, new)


def test_beliefs_are_read_in_the_unit_that_is_reckoned_in(tmp_path):
    made = read_market(written(tmp_path, MARKET))
    middle = np.array([0.5])
    assert (made.name, made.launch, made.currency, made.unit) == ("Voice agents", "2026-01", "USD", "token")
    assert made.beliefs["reach"].at(middle)[0] == pytest.approx(0.3)
    assert made.beliefs["price"].at(middle)[0] == pytest.approx(2e-6)  # a token
    assert made.beliefs["churn"].at(middle)[0] == pytest.approx(0.02)
    assert made.beliefs["ceiling"].at(middle)[0] == 0.25
    assert made.beliefs["size"].points == pytest.approx((25_000, 40_000, 60_000))
    assert made.beliefs["size"].source == "register"
    assert made.beliefs["growth"].value == 0
    assert dict(made.adopters) == {"2026-01": 4, "2026-03": 21}
    assert list(made.beliefs)[:5] == ["size", "reach", "ceiling", "p", "q"]


def test_a_share_by_its_range_lies_between_nothing_and_all(tmp_path):
    text = changed("ceiling: 0.25", "ceiling: {value: 0.6, p10: 0.3, p90: 0.9}")
    worlds = read_market(written(tmp_path, text)).beliefs["ceiling"].at(np.array([1e-6, 0.1, 0.5, 0.9, 1 - 1e-6]))
    assert worlds[1:4] == pytest.approx([0.3, 0.6, 0.9])
    assert 0 < worlds[0] < worlds[4] < 1


def test_p_and_q_are_published_unless_somebody_says_them(tmp_path):
    made = read_market(written(tmp_path, MARKET))
    assert made.beliefs["p"].prior
    assert "Sultan, Farley and Lehmann" in made.beliefs["q"].source
    said = read_market(written(tmp_path, f"{MARKET}p: 0.01\nq: {{value: 0.5, p10: 0.4, p90: 0.6}}\n"))
    assert not said.beliefs["p"].prior
    assert said.beliefs["p"].value == 0.01
    assert said.beliefs["q"].points == pytest.approx((0.4, 0.5, 0.6))


def test_analogs_make_p_and_q(tmp_path):
    analogs = "analogs:\n- {name: dictation, p: 0.01, q: 0.3, source: us}\n- {name: scanners, p: 0.04, q: 0.3}\n"
    made = read_market(written(tmp_path, MARKET + analogs))
    assert made.beliefs["p"].source == "analogs: dictation, scanners"
    spread = made.beliefs["p"].spread
    assert spread is not None
    assert points(spread)[1] == pytest.approx(0.02)  # the geometric mean


def test_revenue_may_stand_for_usage_and_price(tmp_path):
    text = "\n".join(line for line in MARKET.splitlines() if not line.startswith(("usage", "price")))
    made = read_market(written(tmp_path, f"{text}\nrevenue: {{value: 120, p10: 60, p90: 300}}\ncurrency: eur\n"))
    assert not made.metered
    assert made.currency == "EUR"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("size: 5\n", "1: not a market; expected `market: NAME` at the top"),
        (changed("reach: {value: 30%, p10: 20%, p90: 45%}\n", ""), "1: no reach; expected reach: {value: ..."),
        (
            changed("ceiling: 0.25", "ceiling: 25"),
            "5: ceiling is 25; expected a share from 0% to 100%; mend the number",
        ),
        (
            changed("ceiling: 0.25", "ceiling: {distribution: {kind: lognormal, p10: 0.1, p90: 0.4}}"),
            "5: ceiling may be from 0 to inf; expected a share from 0% to 100%; write it in %",
        ),
        (
            changed("p10: 25k", "p10: 65k"),
            "3: impossible range of size: p10 65000 customer is above p90 60000 customer",
        ),
        (changed("value: 40k", "value: many"), "3: the value of size is 'many'"),
        (
            changed("2.00 USD / 1M token", "2.00 EUR / 1M token"),
            "7: price is in EUR / 1M token; expected a number in USD",
        ),
        (changed("launch: 2026-01", "launch: soon"), "2: launch is 'soon'; expected a month, as 2027-01"),
        (changed("launch: 2026-01", "launch: 2026-02"), "9: adopters in 2026-01, before the launch"),
        (changed("2026-03: 21", "2026-03: 2"), "9: adopters fall to 2 in 2026-03 from 4; expected a number that grows"),
        (changed("2026-03: 21", "2026-03: -2"), "9: adopters are -2; expected a number of customers"),
        (changed("churn", "chrun"), "8: unknown word 'chrun' in a market; did you mean churn?"),
        (
            changed("source: register", "sauce: register"),
            "3: unknown word 'sauce' in size; known are as_of",
        ),
        (changed("churn: 2%", "revenue: 5"), "6: usage beside revenue; expected revenue of an adopter, or usage and"),
        (f"{MARKET}analogs: [{{name: a, p: 0, q: 0.3}}]\n", "10: analog a has p 0 and q 0.3; expected both above 0"),
        (f"{MARKET}currency: dollars\n", "10: currency is 'dollars'; expected a code of ISO 4217"),
        (f"{MARKET}growth: -150%\n", "10: growth is -1.5; expected a share above -100% a year"),
    ],
)
def test_what_is_wrong_with_a_market_is_told_with_its_line(tmp_path, text, said):
    path = written(tmp_path, text)
    with pytest.raises(InputError) as caught:
        read_market(path)
    assert str(caught.value.faults[0]).removeprefix(f"{path}:").startswith(said)


def test_a_market_that_is_not_there_is_told(tmp_path):
    with pytest.raises(InputError, match="can't read the market"):
        read_market(tmp_path / "none.yaml")
