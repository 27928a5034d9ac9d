"""A log on GPUs of one's own: hours by hand, amounts that add up, customers that stay, messages."""

from csv import DictReader
from typing import Any

import pytest
from click.testing import CliRunner

import pertoken as pt
from pertoken.cli.host import command
from pertoken.core.errors import InputError
from pertoken.present.hosted import sheet
from pertoken.present.sheet import Table
from pertoken.serving.autoscale import Autoscale, fixed
from pertoken.workbench.hosting import host

HEAD = "timestamp,model,customer,input_tokens,output_tokens\n"
ROWS = [
    ("2027-01-04T09:10:00Z", "gpt", "acme", 3_000, 500),
    ("2027-01-04T09:40:00Z", "gpt", "zeta", 1_000, 300),
    ("2027-01-04T11:05:00Z", "gpt", "acme", 2_000, 400),
    ("2027-01-04T11:20:00Z", "other", "acme", 9_000, 900),
]


@pytest.fixture
def log(tmp_path):
    file = tmp_path / "log.csv"
    file.write_text(HEAD + "".join(",".join(map(str, row)) + "\n" for row in ROWS))
    return file


@pytest.fixture(scope="module")
def card():
    return pt.gpu_card(pt.gpus("h100", provider="aws").offers)


AWS = {"provider": "aws", "region": "us-east-1"}


def hosted(log, card, **more):
    return host(log, "llama-3.1-8b", "h100", cost=[card], where={"model": "gpt"}, labels=AWS, **more)


def test_hours_are_the_tokens_at_their_gpu_time_and_the_rest_of_a_replica_waits(log, card):
    found = hosted(log, card, policy=fixed(1))
    seconds = found.pace.seconds
    busy = (6_000 * seconds["input_tokens"] + 1_200 * seconds["output_tokens"]) / 3600
    assert found.requests == 3
    assert found.hours("busy") == pytest.approx(busy)
    assert found.hours("busy") + found.hours("idle") == pytest.approx(3)  # from 9 to 12, the hour at 10 as well
    assert float(found.ledger.values["amount"].sum()) == pytest.approx(3 * 6.88)


def test_busy_hours_keep_their_customers_and_idle_ones_are_nobodys(log, card):
    found = hosted(log, card, by=["customer"])
    by = {row["customer"]: row["amount"] for row in found.ledger.fold(["customer"]).records()}
    assert set(by) == {"acme", "zeta", ""}
    assert by["acme"] > by["zeta"] > 0


def test_what_a_log_read_from_a_cache_takes_no_time_and_memory_with_each_request(tmp_path, card):
    file = tmp_path / "cached.csv"
    file.write_text(
        "timestamp,model,input_tokens,cache_read_tokens,output_tokens\n2027-01-04T09:10:00Z,gpt,3000,9000,500\n"
    )
    found = host(file, "llama-3.1-8b", "h100", cost=[card], where={"model": "gpt"}, labels=AWS)
    length: dict[str, Any] = {"input_tokens": 12_000, "output_tokens": 500, "prefix_share": 0.75}
    each, once = (pt.estimate_serving("llama-3.1-8b", "h100", **length, common_share=share) for share in (0, 1))
    whole = pt.estimate_serving("llama-3.1-8b", "h100", **length | {"prefix_share": 0})
    assert found.pace.seconds["cache_read_tokens"] == 0
    assert each.seats == whole.seats < once.seats
    assert found.pace.rate == pytest.approx(each.requests_per_second.p50, rel=0.05)
    assert found.pace.rate < 0.9 * once.requests_per_second.p50


def test_tighter_targets_take_more_gpu_time(log, card):
    loose, tight = (hosted(log, card, tpot=each, policy=Autoscale(minimum=0)) for each in (1.0, 0.009))
    assert tight.hours("busy") > loose.hours("busy")


def test_a_log_without_such_usage_is_refused(log, card):
    with pytest.raises(InputError, match="expected some of each"):
        host(log, "llama-3.1-8b", "h100", cost=[card], where={"model": "nothing"}, labels=AWS)


def test_a_model_that_does_not_fit_says_by_how_much(log, card):
    with pytest.raises(InputError, match=r"deepseek-r1 in fp8: .* does not fit by"):
        host(log, "deepseek-r1", "h100", cost=[card], where={"model": "gpt"}, labels=AWS)


def test_the_sheet_tells_hours_and_money_by_use_and_customer(log, card):
    found = hosted(log, card, by=["customer"])
    (table,) = sheet(found).of(Table)
    assert sum(float(row[-1] or 0) for row in table.rows) == pytest.approx(float(found.ledger.values["amount"].sum()))
    assert sum(float(row[-2] or 0) for row in table.rows) == pytest.approx(found.hours("busy") + found.hours("idle"))
    assert {row[2] for row in table.rows} == {"acme", "zeta", ""}
    assert sheet(found).meta["cost cards"].startswith("GPU hours")


def test_the_sheet_tells_the_model_of_the_log_and_not_the_gpu(log, card):
    (table,) = sheet(hosted(log, card, by=["model"])).of(Table)
    assert {row[:3] for row in table.rows} == {
        ("idle", "", ""),
        ("at work", "input", "gpt"),
        ("at work", "output", "gpt"),
    }


def test_on_spot_a_log_pays_for_a_reserve_and_commitments_are_left_to_cards(log):
    def told(*words):
        asked = [str(log), "--model", "llama-3.1-8b", "--gpu", "h100", "--where", "model=gpt", *words]
        return CliRunner().invoke(command, [*asked, "--format", "csv", "--quiet"])

    plain, spot, reserved = (told("--purchase", each) for each in ("on_demand", "spot", "reserved_1y"))
    hours = [sum(float(row["gpu_hours"]) for row in DictReader(each.output.splitlines())) for each in (plain, spot)]
    assert hours == pytest.approx([3, 6])  # of one machine, one in a thousand moments would have none
    assert "reserved_1y" in reserved.output + reserved.stderr
    assert reserved.exit_code == 2
