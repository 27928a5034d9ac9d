"""Counts are whole and exact; keys of a log don't take the names of a ledger's own."""

from pathlib import Path

import numpy as np
import pytest

from pertoken.books.allocate import allocate
from pertoken.connect.cards import card_from
from pertoken.core.errors import InputError
from pertoken.core.lines import Key, Usage
from pertoken.core.meters import METERS, meter
from pertoken.engines.duckdb import fold, opened
from pertoken.engines.refusals import LEDGER_KEYS
from pertoken.rating.rate import rate
from pertoken.usage.question import Question
from pertoken.usage.schema import LogMapping
from tests.desk import parquet

pytestmark = pytest.mark.usefixtures("desk")

PARTED = {
    "audio_seconds", "cache_storage_token_hours", "gpu_hours", "hosting_hours", "provisioned_unit_hours", "seats",
    "container_hours", "storage_gb_days", "training_hours", "video_seconds",
}  # fmt: skip


def leaves(text, mapping=None, keys=()):
    """Fold a CSV file to its leaf meters."""
    Path("log.csv").write_text(text)
    with opened("log.csv", mapping) as log:
        usage, _ = fold(log, Question(tuple(keys)))
    return {line["meter"]: line["quantity"] for line in usage.records() if line["meter"] != "requests"}


def test_only_time_seats_and_meters_of_ones_own_have_fractions():
    assert {name for name, each in METERS.items() if not each.whole} == PARTED
    assert not meter("x_credits").whole
    assert meter("cache_write_1h_tokens").whole


@pytest.mark.parametrize("name", sorted(PARTED))
def test_fractions_are_kept_where_they_may_be(name):
    assert leaves(f"{name}\n12.4\n2.5\n") == {name: 14.9}


@pytest.mark.parametrize("name", sorted(set(METERS) - PARTED))
def test_a_part_of_what_is_whole_is_a_bad_row(name):
    with pytest.raises(InputError, match=rf"log\.csv row 1: found 2\.5; {name} as a whole number was expected"):
        leaves(f"{name},x_own\n2.5,1\n", LogMapping(meters={"x_own": "x_own"}))


def test_a_part_of_what_is_whole_is_a_bad_line_of_a_meter():
    with pytest.raises(InputError, match=r"log\.csv row 2: found 2\.5; a whole number was expected for such a meter"):
        leaves("meter,quantity\nseats,2.5\nimages,2.5\n")
    assert leaves("meter,quantity\nseats,2.5\nx_own,0.25\nimages,3\n") == {"seats": 2.5, "x_own": 0.25, "images": 3}


def test_counts_beside_fractions_are_exact_up_to_what_floats_hold():
    most = 10**15
    row = f"{most},0.5\n"
    assert leaves(f"input_tokens,gpu_hours\n{row * 9}")["input_tokens"] == 9 * most
    with pytest.raises(InputError, match=r"counts more than 9,007,199,254,740,992 of a meter in one line"):
        leaves(f"input_tokens,gpu_hours\n{row * 10}")


def test_counts_without_fractions_are_exact_beyond_that():
    rows = "\n".join([str(10**15)] * 10)
    assert leaves(f"input_tokens\n{rows}\n1\n")["input_tokens"] == 10**16 + 1


@pytest.mark.parametrize("value", ["'nan'::DOUBLE", "uuid()", "DATE '2026-01-01'", "NULL::BIGINT", "0::UBIGINT"])
def test_what_counts_nothing_may_stand_under_the_name_of_a_meter(value):
    log = parquet("log.parquet", f"SELECT 5 AS input_tokens, {value} AS session_token")
    with opened(log) as found:
        usage, _ = fold(found, Question(()))
    assert usage.where(meter="input_tokens").values["quantity"].sum() == 5


def test_counts_that_nobody_reads_are_found_in_any_type():
    for kind in ("UBIGINT", "DOUBLE", "DECIMAL(9, 2)", "VARCHAR"):
        log = parquet("log.parquet", f"SELECT 5 AS input_tokens, 7::{kind} AS citation_tokens")
        with opened(log) as found, pytest.raises(InputError, match=r"citation_tokens looks like a meter \(it holds 7"):
            fold(found, Question(()))


def test_a_column_that_is_not_there_cannot_be_ignored():
    with pytest.raises(InputError, match="takes nothing from the column 'idle', which the log doesn't have"):
        leaves("input_tokens\n5\n", LogMapping(ignore=("idle",)))


@pytest.mark.parametrize("name", ["account", "amount", "card", "charge", "meter", "origin", "quantity", "stage"])
def test_a_key_with_the_name_of_a_ledgers_own_is_refused(name):
    text = f"{name},input_tokens\n7,5\n"
    with pytest.raises(InputError, match=rf"the key '{name}' has another meaning.*keys: {{log_{name}: {name}}}"):
        leaves(text, keys=[name])
    assert leaves(text) == {"input_tokens": 5}
    assert leaves(text, LogMapping(keys={f"log_{name}": name}), keys=[f"log_{name}"]) == {"input_tokens": 5}


def test_all_keys_that_a_ledger_adds_are_kept_free_of_the_log():
    card = card_from({"card": "v", "prices": {"t": {"measure": {"sum": "input_tokens"}, "curve": [{"rate": 1}]}}})
    keys = {"month": Key.of(["2026-01"]), "meter": Key.of(["input_tokens"])}
    ledger = allocate(rate(Usage(keys, {"quantity": np.array([1])}), card).parts, ["month"])
    assert {*ledger.keys, *ledger.values} - {"month"} == set(LEDGER_KEYS)
