"""`pertoken topdown`: a market from above, in every form; the same bits for the same seed."""

import json
import re

import numpy as np
import pytest

import pertoken as pt
from pertoken.core.errors import InputError
from pertoken.forecast.combined import combined

MARKET = """market: Voice agents
launch: 2026-01
size: {value: 40k, p10: 25k, p90: 60k, source: register}
reach: {value: 30%, p10: 20%, p90: 45%}
ceiling: {value: 25%, p10: 12%, p90: 40%}
usage: {value: 3M, p10: 1.5M, p90: 6M, unit: token}
price: 2.00 USD / 1M token
adopters: {2026-01: 4, 2026-02: 9, 2026-03: 21}
"""


@pytest.fixture
def market(desk):
    (desk / "market.yaml").write_text(MARKET)
    return "market.yaml"


def told(ask, *words):
    answer = ask("topdown", *words, "--months", "3", "--draws", "1000", "--format", "json")
    assert answer.code == 0, answer.err
    return json.loads(answer.out)


def test_months_follow_the_last_adopters_and_ranges_are_in_order(ask, market):
    sheet = told(ask, market)
    rows = sheet["tables"]["months"]["rows"]
    assert [row["month"] for row in rows] == ["2026-04", "2026-05", "2026-06"]
    assert all(row["revenue_p10"] < row["revenue_p50"] < row["revenue_p90"] for row in rows)
    assert all(row["adopters_p10"] >= 21 for row in rows)
    made = pt.topdown(market, months=3, draws=1000)
    assert rows[2]["revenue_p50"] == pytest.approx(np.median(made.revenue[:, 2]), rel=1e-9)
    assert sheet["figures"]["revenue_p90"]["value"] == pytest.approx(np.quantile(made.revenue.sum(1), 0.9), rel=1e-9)


def test_the_same_seed_gives_the_same_bits(ask, market):
    assert told(ask, market) == told(ask, market, "--seed", "1")
    assert told(ask, market) != told(ask, market, "--seed", "2")


def test_beliefs_stand_beside_what_the_adopters_made_of_them(ask, market):
    rows = {row["name"]: row for row in told(ask, market)["tables"]["beliefs"]["rows"]}
    assert rows["size"]["believed_p50"] == 40_000
    assert rows["size"]["source"] == "register"
    assert rows["usage"]["after_p50"] == pytest.approx(3_000_000, rel=0.1)  # not learnt from adopters
    assert rows["p"]["after_p10"] > rows["p"]["believed_p10"]  # 21 came, where 14 were expected
    assert "Prior, not data: p, q" in json.dumps(told(ask, market))


def test_people_see_medians_and_the_range_of_revenue(ask, market):
    answer = ask("topdown", market, "--months", "2", "--draws", "500")
    assert answer.code == 0
    assert "8 in 10 worlds lie between" in answer.out
    assert "Have adopted P10" not in answer.out


def test_months_and_beliefs_of_a_large_market_stand_on_one_screen_each(ask, desk):
    (desk / "large.yaml").write_text(MARKET.replace("3M, p10: 1.5M, p90: 6M", "3000000M, p10: 1500000M, p90: 6000000M"))
    done = ask("topdown", "large.yaml", "--months", "3", "--draws", "1000")
    assert done.code == 0, done.err
    assert len(re.findall("^Month", done.out, re.MULTILINE)) == len(["title", "header"])
    assert len(re.findall("^usage", done.out, re.MULTILINE)) == 1
    assert max(map(len, done.out.splitlines())) <= 80


def test_a_page_and_a_workbook_are_written(ask, market, desk):
    answer = ask("topdown", market, "--draws", "500", "--months", "3", "--xlsx", "m.xlsx", "--html", "m.html")
    assert answer.code == 0, answer.err
    assert (desk / "m.xlsx").stat().st_size > 5_000
    assert "Revenue from above" in (desk / "m.html").read_text()


def test_a_month_that_is_known_is_refused(ask, market):
    answer = ask("topdown", market, "--from", "2026-02")
    assert answer.code == 2
    assert "adopters are known up to 2026-03; ask for later months" in answer.err
    assert ask("topdown", market, "--from", "soon").code == 2
    with pytest.raises(InputError, match="expected 1 to 600"):
        pt.topdown(market, months=0)


def test_faults_of_the_file_are_told_with_their_lines(ask, desk):
    (desk / "bad.yaml").write_text("market: m\nsize: 5\nreach: 3\n")
    answer = ask("topdown", "bad.yaml")
    assert answer.code == 2
    assert "bad.yaml:3: reach is 3; expected a share from 0% to 100%" in answer.err


def test_one_sentence_writes_its_numbers_alike_and_millions_as_such(ask, desk):
    rare = MARKET.replace("40k, p10: 25k, p90: 60k", "50k, p10: 9k, p90: 200k").split("adopters")[0]
    (desk / "rare.yaml").write_text(rare)
    said = ask("topdown", "rare.yaml", "--months", "12", "--draws", "1000").out
    found = re.match(r"Voice agents ([\d,.]+) USD over 12 months; 8 in 10 worlds lie between ([\d,]+) and ([\d,.]+)\. ",
                     " ".join(said.split()))  # fmt: skip
    assert found
    assert float(found[2].replace(",", "")) < 1000 < float(found[1].replace(",", ""))
    assert "M tokens" in said
    assert re.search(r"^p +a year ", said, re.MULTILINE)


def test_a_market_too_small_for_any_customer_says_where_to_look(desk):
    (desk / "none.yaml").write_text(MARKET.replace("40k, p10: 25k, p90: 60k", "2, p10: 1, p90: 3").split("adopters")[0])
    with pytest.raises(InputError, match="above earn nothing") as told_so:
        combined(np.ones((50, 3)), pt.topdown("none.yaml", months=3, draws=200).revenue)
    assert "look at the market's launch, size, reach and ceiling" in str(told_so.value)


def test_csv_is_the_first_table_or_the_one_that_is_asked_for(ask, market):
    asked = ("topdown", market, "--months", "2", "--draws", "500")
    assert ask(*asked, "--format", "csv").out.startswith("month,adopters_p10,")
    beliefs = ask(*asked, "--format", "csv", "--table", "beliefs").out
    assert beliefs.startswith("name,about,unit,")
    assert "\nsize,Customers in the market,customer,25000,40000,60000," in beliefs.replace("\r", "")
    unknown = ask(*asked, "--format", "csv", "--table", "belief")
    assert (unknown.code, "no table 'belief' here; known are months, beliefs" in unknown.err) == (2, True)
    other = ask(*asked, "--table", "beliefs")
    assert (other.code, "add --format csv" in other.err) == (2, True)
