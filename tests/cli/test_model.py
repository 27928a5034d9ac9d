"""`pertoken model`: a model is begun from an example, and looked at before it is run."""

import json
import re
from pathlib import Path

import pytest

from pertoken import workbench
from pertoken.core.errors import InputError

SMALL = """\
model: small
calendar: {start: 2027-01, months: 3}
assumptions:
  users: {value: 10, unit: customer, p10: 8, p90: 13}
  price: {value: 2, unit: USD / customer}
income: {fees: users * price}
checks: {earns: total(fees_all) > 0, few: users < 20}
drivers: {fees_all: income.fees}
"""


@pytest.fixture
def small(desk):
    (desk / "small.yaml").write_text(SMALL)
    return desk


@pytest.mark.usefixtures("small")
def test_a_model_is_told_by_its_parts(ask):
    answer = ask("model", "check", "small.yaml")
    assert answer.code == 0
    assert "2027-01 to 2027-03, in USD; 2 inputs, 1 of them uncertain; units fit." in " ".join(answer.out.split())
    assert re.search(r"uncertain inputs +1 +users", answer.out)
    assert re.search(r"checks +2 +earns, few", answer.out)


@pytest.mark.usefixtures("small")
def test_machines_are_told_all_inputs(ask):
    answer = ask("model", "check", "small.yaml", "--format", "json")
    rows = {row["input"]: row for row in json.loads(answer.out)["tables"]["inputs"]["rows"]}
    assert rows["users"]["range"] == "8 to 13"
    assert rows["price"]["unit"] == "USD / customer"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("users * price}", "users * prize}", r"small\.yaml:6: .*prize.*did you mean price"),
        ("users * price}", "users + price}", r"small\.yaml:6: "),
        ("users * price}", "users}", r"small\.yaml:6: .*USD"),
        ("{fees_all: income.fees}", "{fees_all: b, b: fees_all}", r"small\.yaml:8: a ring: b \(line 8\) -> fees_all"),
        ("p10: 8", "p10: 14", r"small\.yaml:4 +impossible range of users: p10 14 customer is above p90 13"),
    ],
)
def test_a_model_that_can_not_be_used_says_why(ask, small, old, new, message):
    (small / "small.yaml").write_text(SMALL.replace(old, new))
    answer = ask("model", "check", "small.yaml")
    assert answer.code == 2
    assert "It can't be used" in answer.out
    words = " ".join(answer.out.split())
    assert re.search(message.replace(": ", ":? +"), words), words


@pytest.mark.usefixtures("small")
def test_a_model_is_not_written_over_by_its_own_check(ask):
    answer = ask("model", "check", "small.yaml", "--html", "small.yaml")
    assert (answer.code, "is also read" in answer.err) == (2, True)


@pytest.mark.usefixtures("small")
def test_a_check_that_needs_no_money_is_held_too(ask):
    answer = ask("run", "small.yaml", "--draws", "0", "--format", "json")
    assert answer.code == 0
    assert json.loads(answer.out)["title"] == "small"


def test_a_model_that_is_not_there_says_how_to_begin_one(ask):
    answer = ask("model", "check", "none.yaml")
    assert (answer.code, "pertoken model init" in answer.out) == (2, True)


def test_a_model_is_begun_from_an_example(ask, desk):
    names = list(workbench.model_examples())
    listed = ask("model", "init", "--list")
    assert [line.split()[0] for line in listed.out.splitlines()] == names
    answer = ask("model", "init", names[-1], "--out", "mine.yaml")
    assert (answer.code, answer.out) == (0, "")
    assert "wrote mine.yaml" in answer.err
    assert (desk / "mine.yaml").read_text() == workbench.model_example(names[-1])
    assert ask("model", "check", "mine.yaml").code == 0


def test_the_first_example_is_a_chatbot(ask, desk):
    assert ask("model", "init", "--quiet").err == ""
    assert Path(desk / "chatbot.yaml").read_text() == workbench.model_example("chatbot")


def test_a_file_that_is_there_is_not_written_over(ask, small):
    refused = ask("model", "init", "chatbot", "--out", "small.yaml")
    assert (refused.code, (small / "small.yaml").read_text()) == (2, SMALL)
    assert "--force" in refused.err
    assert ask("model", "init", "chatbot", "--out", "small.yaml", "--force").code == 0
    assert (small / "small.yaml").read_text() == workbench.model_example("chatbot")


def test_an_unknown_example_offers_the_nearest():
    with pytest.raises(InputError, match="did you mean chatbot"):
        workbench.model_example("chatbt")
