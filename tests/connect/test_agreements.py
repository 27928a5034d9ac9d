"""Agreements and events come in by their doors: what is read, and what is refused with file and line."""

from datetime import date
from decimal import Decimal

import pytest

from pertoken.connect.agreements import Known, read_agreements
from pertoken.connect.contracts import read_contracts
from pertoken.connect.events import read_events
from pertoken.core.errors import InputError
from pertoken.forecast.agreement import Agreement
from pertoken.forecast.event import Event

LEDGER = """plan,customer,from,to,signed,committed,per,ramp,renewal,planned
enterprise,acme,2026-01-01,2027-01-01,2025-11-20,120k USD,year,6,85%,12_000
pro,globex,2026-03-01,,,,,,,
pro,initech,2026-02-01,2026-08-01,,,,,,
"""


def written(folder, text, name="contracts.csv"):
    path = folder / name
    path.write_text(text)
    return path


def refusal(read, path, *told):
    with pytest.raises(InputError) as caught:
        read(path, *told)
    return [str(fault).removeprefix(f"{path}:") for fault in caught.value.faults]


def test_one_file_serves_rating_and_the_forecast(tmp_path):
    path = written(tmp_path, LEDGER)
    acme, initech = read_agreements(path)
    assert acme == Agreement(
        customer="acme", card="enterprise", signed=date(2025, 11, 20), start=date(2026, 1, 1), end=date(2027, 1, 1),
        committed=Decimal(120_000), per="year", ramp=6, renewal=0.85, planned=Decimal(12_000), line=2,
    )  # fmt: skip
    assert (initech.customer, initech.signed) == ("initech", date(2026, 2, 1))
    assert initech.committed == 0
    assert [dict(each.labels) for each in read_contracts(path)] == [
        {"customer": "acme"}, {"customer": "globex"}, {"customer": "initech"},
    ]  # fmt: skip


def test_a_renewal_is_a_second_agreement_and_the_same_contract(tmp_path):
    rows = "pro,acme,2026-01-01,2027-01-01,600\npro,acme,2025-01-01,2026-01-01,500\n"
    path = written(tmp_path, f"plan,customer,from,to,committed\n{rows}")
    assert [each.committed for each in read_agreements(path)] == [600, 500]
    (contract,) = read_contracts(path)
    assert (contract.start, contract.end) == (date(2025, 1, 1), date(2027, 1, 1))
    gap = written(tmp_path, path.read_text().replace("2025-01-01,2026-01-01", "2025-01-01,2025-12-01"))
    assert refusal(read_contracts, gap)[0].startswith("3: a second contract of acme on pro; expected one at a time")
    twice = written(tmp_path, gap.read_text().replace("2025-01-01,2025-12-01", "2025-01-01,2026-02-01"))
    assert refusal(read_contracts, twice)[0].startswith("3: an overlapping contract of acme on pro; expected one")


def test_a_contract_without_a_commitment_is_renewed_too(tmp_path):
    path = written(tmp_path, "plan,customer,from,to\npro,acme,2026-02-01,\npro,acme,2026-01-01,2026-02-01\n")
    (contract,) = read_contracts(path)
    assert (contract.start, contract.end) == (date(2026, 1, 1), None)


def test_a_ledger_may_be_yaml(tmp_path):
    text = "- {plan: pro, customer: acme, from: 2026-01-15, to: 2026-07-15, committed: 500, per: month}\n"
    (made,) = read_agreements(written(tmp_path, text, "contracts.yaml"))
    assert made.committed == 500
    assert (made.per, made.line) == ("month", 1)


@pytest.mark.parametrize(
    ("rows", "told", "said"),
    [
        ("pro,acme,,,100,,", Known(), "2: the contract of acme has no dates; expected the day it begins"),
        ("pro,acme,,2026-05-01,100,,", Known(), "2: the contract of acme has no first day"),
        ("pro,acme,2026-05-01,,100,,", Known(), "2: the contract of acme promises something but has no end"),
        ("pro,acme,2026-05-01,2026-05-01,,,", Known(), "2: a contract from 2026-05-01 to 2026-05-01"),
        ("pro,acme,May,2026-05-01,,,", Known(), "2: from is 'May'; expected a day as 2026-01-31"),
        (",acme,2026-05-01,2026-06-01,,,", Known(), "2: a contract without a plan"),
        ("pro,,2026-05-01,2026-06-01,,,", Known(), "2: a contract without a customer"),
        ("pro,acme,2026-05-01,2026-06-01,-5,,", Known(), "2: committed is '-5'; expected a number of 0 or more"),
        ("pro,acme,2026-05-01,2026-06-01,5 token,,", Known(), "2: committed is '5 token'"),
        ("pro,acme,2026-05-01,2026-06-01,5,week,", Known(), "2: per is 'week'; expected one of month, quarter"),
        (
            "pro,acme,2026-01-01,2026-06-01,5,,\nteam,acme,2026-05-01,2026-08-01,5,,",
            Known(),
            "3: overlapping plans of acme: team from 2026-05-01, pro runs until 2026-06-01; expected one plan at a",
        ),
        (
            "pro,acme,2026-01-01,,,,\nteam,acme,2026-05-01,2026-08-01,5,,",
            Known(),
            "3: overlapping plans of acme: team from 2026-05-01, pro goes on",
        ),
        (
            "pro,acme,2026-01-01,2026-06-01,5 USD,,\npro,globex,2026-01-01,2026-06-01,5 EUR,,",
            Known(),
            "3: currencies mixed: EUR beside USD; expected USD, that of the first contract",
        ),
        (
            "pro,acme,2026-01-01,2026-06-01,5,,EUR",
            Known(currency="USD"),
            "2: currencies mixed: EUR beside USD; expected USD, that of the cards",
        ),
        (
            "prro,acme,2026-01-01,2026-06-01,5,,",
            Known(cards=["pro"]),
            "2: no card 'prro'; expected the name of a card that is given; did you mean pro?",
        ),
        (
            "pro,acmee,2026-01-01,2026-06-01,5,,",
            Known(customers=["acme"], until=date(2026, 4, 1)),
            "2: no customer 'acmee' in the log; expected a customer of the log; did you mean acme?",
        ),
    ],
)
def test_what_is_wrong_with_a_contract_is_told_with_its_line(tmp_path, rows, told, said):
    path = written(tmp_path, f"plan,customer,from,to,committed,per,currency\n{rows}\n")
    (found,) = refusal(read_agreements, path, told)
    assert found.startswith(said)


def test_all_faults_of_a_ledger_are_told_at_once(tmp_path):
    rows = "pro,acme,,,5\nprro,globex,2026-01-01,2026-06-01,x\n"
    assert len(refusal(read_agreements, written(tmp_path, f"plan,customer,from,to,committed\n{rows}"))) == 2


def test_a_customer_who_is_yet_to_come_may_be_unknown(tmp_path):
    path = written(tmp_path, "plan,customer,from,to,committed\npro,hooli,2026-05-01,2027-05-01,5\n")
    (made,) = read_agreements(path, Known(customers=["acme"], until=date(2026, 4, 1)))
    assert made.customer == "hooli"


def test_a_number_with_a_comma_that_is_not_quoted_is_refused(tmp_path):
    path = written(tmp_path, "plan,customer,from,to,committed\npro,acme,2026-05-01,2027-05-01,120,000\n")
    (found,) = refusal(read_agreements, path)
    assert found.startswith("2: more cells than columns")


def test_events_are_read_in_time(tmp_path):
    text = (
        "- {on: 2026-06-01, kind: price, level: 90%, p10: 0.8, p90: 0.97, where: pro, half_life: 4}\n"
        "- {on: 2026-05-03, kind: outage, until: 2026-05-05}\n"
    )
    assert read_events(written(tmp_path, text, "events.yaml")) == (
        Event(on=date(2026, 5, 3), kind="outage", until=date(2026, 5, 5), line=2),
        Event(on=date(2026, 6, 1), kind="price", level=0.9, low=0.8, high=0.97, where="pro", half_life=4, line=1),
    )


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (",price,,,,,", "2: an event without a day; expected its first day, under on"),
        ("2026-05-01,prise,,,,,", "2: kind is 'prise'; expected one of price, plan, launch, outage, other; did you"),
        ("2026-05-01,price,,-10%,,,", "2: level is '-10%'; expected a factor on usage, as 0.9 or 90%"),
        ("2026-05-01,price,,+10%,,,", "2: level is '+10%'; expected a factor on usage"),
        ("2026-05-01,price,,0,,,", "2: level is '0'; expected a factor on usage"),
        ("2026-05-01,price,,0.9,0.95,0.99,", "2: p10 0.95, level 0.9, p90 0.99; expected three rising numbers"),
        ("2026-05-01,price,,0.9,0.8,,", "2: a range that lacks one of p10, level and p90"),
        ("2026-05-01,outage,2026-05-01,,,,", "2: an event from 2026-05-01 until 2026-05-01"),
        ("2026-05-01,launch,2026-05-09,,,,", "2: a launch with an end; expected an end for outages alone"),
        ("2026-05-01,outage,,0.5,,,", "2: an outage with a level"),
        ("2026-05-01,price,,0.9,,,prro", "2: no segment, tier or customer 'prro'; did you mean pro?"),
    ],
)
def test_what_is_wrong_with_an_event_is_told_with_its_line(tmp_path, row, said):
    path = written(tmp_path, f"on,kind,until,level,p10,p90,where\n{row}\n", "events.csv")
    with pytest.raises(InputError) as caught:
        read_events(path, known=["pro"])
    (found,) = (str(fault).removeprefix(f"{path}:") for fault in caught.value.faults)
    assert found.startswith(said)


def test_a_file_of_another_kind_is_refused(tmp_path):
    assert refusal(read_events, written(tmp_path, "a,b\n1,2\n"))[0].startswith("1: columns a, b; expected on, kind")
    assert refusal(read_events, written(tmp_path, "on: 2026-01-01\n", "e.yaml"))[0].startswith("1: not a list")
    with pytest.raises(InputError, match="can't read the contracts"):
        read_agreements(tmp_path / "none.csv")
