"""`pertoken card check`: faults, doubts, and each card in words; the exit code says which."""

import json

import pytest

from tests.desk import PLAN

pytestmark = pytest.mark.usefixtures("cards")

CLIFF = """\
plan: volume
prices:
  calls:
    measure: {sum: x_calls}
    curve: {mode: all, tiers: [{up_to: 1000, rate: 0.05}, {rate: 0.04}]}
"""
HYBRID = """\
plan: hybrid
prices:
  platform: {curve: [{flat: 300}], during: {every: month, prorate: day}}
  overage: {measure: {sum: total_tokens, by: [model]}, convert: {per: 1000}, curve: [{rate: 0.0015}]}
pools:
  - {id: bundle, unit: tokens, grant: 50_000_000, every: month, price: 50, eligible: [overage], unused: forfeit,
     rollover: {share: 0.5, of: remaining, max: 25_000_000, periods: 1}}
phases:
  - {during: {months: 3}, adjust: [{percent: -50, on: [platform]}]}
clamp: {max: 5000}
order: [discount, maximum]
"""


@pytest.fixture
def cards(desk):
    (desk / "cliff.yaml").write_text(CLIFF)
    (desk / "hybrid.yaml").write_text(HYBRID)
    (desk / "typo.yaml").write_text(PLAN.replace("measure", "mesure"))
    (desk / "tier.yaml").write_text(PLAN.replace("rate: 0.03", "rate: -1"))
    return desk


def tables(answer):
    return {name: table["rows"] for name, table in json.loads(answer.out)["tables"].items()}


def test_a_card_is_told_in_words(ask):
    answer = ask("card", "check", "hybrid.yaml", "--format", "json")
    assert answer.code == 0
    assert [(row["part"], row["says"]) for row in tables(answer)["cards"]] == [
        ("plan", "in USD, for each customer"),
        ("platform", "300 a month, by the day"),
        ("overage", "sum of total_tokens a month, each model apart; 0.0015 for 1K"),
        ("adjust", "-50 % on platform; for 3 months"),
        ("clamp", "at most 5,000 a month"),
        (
            "bundle",
            (
                "50,000,000 tokens a month for overage; at 50; 50 % of what is left is carried on for 1 cycle, "
                "at most 25,000,000; the unused is forfeited"
            ),
        ),
        ("order", "discount, then maximum"),
    ]


def test_faults_of_all_files_are_told_at_once(ask):
    answer = ask("card", "check", "typo.yaml", "hybrid.yaml", "tier.yaml", "nothing.yaml", "--format", "json")
    assert answer.code == 2
    found = tables(answer)
    assert [row["place"] for row in found["faults"]] == ["typo.yaml:3", "tier.yaml:3", ""]
    assert found["faults"][0]["mend"] == "did you mean measure?"
    assert "can't read the card nothing.yaml" in found["faults"][2]["found"]
    assert {row["card"] for row in found["cards"]} == {"hybrid"}


@pytest.mark.parametrize(("words", "code"), [((), 0), (("--strict",), 1)])
def test_a_doubt_fails_only_where_that_is_asked(ask, words, code):
    answer = ask("card", "check", "cliff.yaml", *words)
    assert answer.code == code
    assert "calls: at 1,000 units 50.00, then 1,001 cost 40.04" in answer.out


@pytest.mark.parametrize("words", [(), ("--strict",)])
def test_a_card_without_a_doubt_passes(ask, words):
    answer = ask("card", "check", "hybrid.yaml", *words)
    assert (answer.code, answer.err) == (0, "")
    assert "1 usable card, 0 faults, 0 doubts." in answer.out


def test_one_plan_of_several_may_be_looked_at(ask, cards):
    (cards / "plans.yaml").write_text(
        "plans:\n  a: {prices: {b: {curve: [{flat: 1}]}}}\n  c: {prices: {d: {curve: [{flat: 2}]}}}"
    )
    rows = tables(ask("card", "check", "plans.yaml#c", "--format", "json"))["cards"]
    assert [(row["card"], row["part"], row["says"]) for row in rows] == [
        ("c", "plan", "in USD, for each customer"),
        ("c", "d", "2 a month"),
    ]


def test_a_card_is_not_written_over(ask, cards):
    answer = ask("card", "check", "hybrid.yaml", "--html", "hybrid.yaml")
    assert answer.code == 2
    assert "--html hybrid.yaml is also read" in answer.err
    assert (cards / "hybrid.yaml").read_text() == HYBRID


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("card", "chek", "x"), "no command 'chek' in pertoken card; did you mean check?"),
        (("card", "check"), "Missing argument 'FILE...'"),
        (("card",), "check   What is wrong with cards"),
    ],
)
def test_wrong_use_is_told(ask, words, message):
    answer = ask(*words)
    assert answer.code == 2
    assert message in answer.err


def test_help_of_the_group_names_its_commands(ask):
    answer = ask("card", "--help")
    assert answer.code == 0
    assert "check   What is wrong with cards" in answer.out
