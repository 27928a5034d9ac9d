"""`pertoken card import`: what it writes, what it says, what it refuses."""

import json

import pytest
from click.testing import CliRunner

from pertoken.cli.card_import import command
from pertoken.connect.imported import Imported
from pertoken.connect.plan_check import plan_faults
from pertoken.core.errors import CardError, InputError

RECURRING = {"interval": "month", "usage_type": "metered", "meter": "calls", "trial_period_days": 7}
PRICE = {
    "object": "price",
    "id": "p",
    "nickname": "Calls",
    "currency": "usd",
    "unit_amount": 250,
    "recurring": RECURRING,
}


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "price.json").write_text(json.dumps(PRICE))

    def answer(*words):
        return CliRunner().invoke(command, list(words), standalone_mode=False)

    return answer


CARD = """\
# From stripe: price.json
plan: Calls
currency: USD
prices:
  # stripe: price 'p', metered, per unit
  calls:
    measure: {sum: x_calls, window: month}
    curve: [{rate: 2.5}]
"""


def test_the_card_goes_to_standard_output_and_all_else_beside_it(run):
    done = run("price.json")
    assert done.stdout == CARD
    assert "read as stripe, by its shape; say --from if that is wrong" in done.stderr
    assert "a trial is no price" in done.stderr


def test_the_card_goes_to_a_file(run, tmp_path):
    done = run("price.json", "--from", "stripe", "--out", "plans.yaml", "--meter", "calls=requests", "--quiet")
    assert (done.stdout, done.stderr) == ("", "")
    assert (tmp_path / "plans.yaml").read_text() == CARD.replace("x_calls", "requests")


def test_a_refused_plan_writes_nothing(run, tmp_path):
    (tmp_path / "price.json").write_text(json.dumps({**PRICE, "recurring": {**RECURRING, "interval": "week"}}))
    done = run("price.json", "--out", "plans.yaml")
    assert isinstance(done.exception, CardError)
    assert "price.json: stripe: price 'Calls' is for 1 week" in str(done.exception)
    assert not (tmp_path / "plans.yaml").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("gone.json",), "can't read the plans gone.json"),
        (("price.json", "--out", "price.json"), "is the file that is read"),
        (("price.json", "--meter", "calls"), "can't read --meter 'calls'"),
        (("price.json", "--meter", "calls=a", "--meter", "calls=b"), "two meters for 'calls'"),
    ],
)
def test_wrong_use_is_told(run, words, said):
    done = run(*words)
    assert isinstance(done.exception, InputError)
    assert said in str(done.exception)


def test_a_meter_that_there_is_not_is_refused(run):
    assert "unknown meter 'input_token'; did you mean input_tokens?" in str(
        run("price.json", "--meter", "calls=input_token").exception
    )


def test_a_card_that_would_be_refused_is_a_fault_of_the_plan(run, tmp_path):
    """ISO 4217 has no XX1: the reader takes any code, the card doesn't."""
    (tmp_path / "price.json").write_text(json.dumps({**PRICE, "currency": "xx1"}))
    done = run("price.json", "--out", "plans.yaml")
    assert isinstance(done.exception, CardError)
    assert str(done.exception).startswith("price.json: stripe: currency is 'XX1'; expected three letters of ISO 4217")
    assert not (tmp_path / "plans.yaml").exists()


def test_a_fault_of_a_charge_names_the_charge_of_the_plan():
    fees = {
        name: {"curve": [{"flat": 5}], "during": {"every": every}} for name, every in (("a", "month"), ("b", "moon"))
    }
    origins: dict[tuple[str, ...], str] = {("pro", "prices", name): f"stripe: price '{name}'" for name in fees}
    made = Imported(cards=({"plan": "pro", "prices": fees},), origins=origins, notes=(), faults=())
    (fault,) = plan_faults(made, "stripe", "price.json")
    assert fault.where == "price.json"
    assert fault.found.startswith("stripe: price 'b': ")
    assert "'moon'" in fault.found
