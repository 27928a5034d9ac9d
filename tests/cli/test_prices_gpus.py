"""`pertoken prices gpus`: the cheapest GPU-hour first, each with its source and day."""

import json
from decimal import Decimal

import pytest
from click.testing import CliRunner

import pertoken as pt
from pertoken.cli.prices_gpus import command
from pertoken.core.errors import InputError


def told(*words):
    result = CliRunner().invoke(command, [*words, "--format", "json"], catch_exceptions=False)
    assert result.exit_code == 0
    return json.loads(result.stdout)["tables"]


def rows(tables, name):
    table = next(each for each in tables if each["name"] == name) if isinstance(tables, list) else tables[name]
    return table["rows"] if isinstance(table, dict) else table


def test_all_offers_are_listed_the_cheapest_first_with_source_and_day():
    offers = rows(told(), "offers")
    prices = [Decimal(str(row["usd_per_gpu_hour"])) for row in offers]
    assert prices == sorted(prices)
    assert all(row["source"].startswith("https://") for row in offers)
    assert len(offers) == len(pt.gpus().offers)


@pytest.mark.parametrize("words", [("h100",), ("--gpu", "H100-80GB-SXM")])
def test_one_gpu_comes_with_what_it_can_do(words):
    tables = told(*words)
    assert {row["gpu"] for row in rows(tables, "offers")} == {"H100-80GB-SXM"}
    (gpu,) = rows(tables, "gpus")
    assert (gpu["memory_gb"], gpu["bandwidth_gb_s"]) == (80, 3350)


def test_a_discount_of_your_own_is_shown_as_the_purchase_that_you_say():
    offers = rows(told("l40s", "--discount", "30%", "--purchase", "reserved_1y", "--provider", "aws"), "offers")
    assert [(row["purchase"], row["usd_per_hour"]) for row in offers] == [("reserved_1y", 1.3027)]  # 1.861 x 0.7


def test_a_catalog_of_the_users_own_is_listed(tmp_path):
    (tmp_path / "mycloud").mkdir()
    path = tmp_path / "mycloud" / "vms.csv"
    path.write_text("InstanceType,AcceleratorName,AcceleratorCount,Price,SpotPrice,Region\nbig,X9000,4,8.0,,eu\n")
    (row,) = rows(told("x9000", "--catalog", str(path)), "offers")
    assert (row["provider"], row["usd_per_gpu_hour"], row["as_of"]) == ("mycloud", 2, "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("h101",), "unknown GPU 'h101'"),
        (("h100", "--gpu", "a100"), "two GPUs, h100 and a100"),
        (("h100", "--provider", "nobody"), "no price for H100-80GB-SXM of nobody"),
        (("h100", "--discount", "30"), "is no share of the price"),
    ],
)
def test_what_is_not_there_is_refused(words, said):
    with pytest.raises(InputError, match=said):
        CliRunner().invoke(command, list(words), catch_exceptions=False)


def test_a_share_that_is_no_number_is_misuse():
    result = CliRunner().invoke(command, ["--discount", "much"])
    assert result.exit_code == 2
    assert "expected for example 0.3 or 30%" in result.output
