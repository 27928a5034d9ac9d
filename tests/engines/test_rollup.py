"""A roll-up that was kept is rated again to the last digit, and refused where it is too coarse."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertoken.connect.cards import card_from
from pertoken.core.errors import InputError
from pertoken.core.lines import Usage, table
from pertoken.engines.duckdb import fold, keep, opened
from pertoken.usage.question import Question
from pertoken.workbench import statement
from tests.desk import ROWS, snapshot, write

METERS = ("input_tokens", "output_tokens", "requests")
COST = card_from(
    {
        "card": "vendor",
        "rates": [
            {"model": "a", "per": 1_000_000, "input_tokens": "3", "cache_read_tokens": "0.3", "output_tokens": "15"},
            {
                "model": "a",
                "per": 1_000_000,
                "above": 1000,
                "input_tokens": "6",
                "cache_read_tokens": "0.6",
                "output_tokens": "22.5",
            },
            {
                "model": "b",
                "per": 1_000_000,
                "input_tokens": "0.1",
                "cache_read_tokens": "0.01",
                "output_tokens": "0.7",
            },
            {
                "model": "b",
                "per": 1_000_000,
                "from": "2026-02-01",
                "input_tokens": "0.2",
                "cache_read_tokens": "0.02",
                "output_tokens": "0.9",
            },
        ],
    }
)
REVENUE = card_from(
    {
        "plan": "tiered",
        "prices": {
            "tokens": {
                "measure": {"sum": "total_tokens", "window": "month"},
                "convert": {"per": 1000},
                "curve": {"mode": "marginal", "tiers": [{"up_to": 1, "rate": "0.07"}, {"rate": "0.03"}]},
            }
        },
        "clamp": {"min": "0.05", "window": "month"},
    }
)

requests = st.tuples(
    st.integers(0, 120 * 24 * 60),  # minutes since the year began
    st.sampled_from(["acme", "zeta", "nova"]),
    st.sampled_from("ab"),
    st.integers(0, 3000),
    st.integers(0, 3000),
    st.integers(0, 999),
)


def raw_log(folder, rows):
    lines = ["timestamp,customer,model,prompt_tokens,cached_tokens,completion_tokens"]
    for minutes, customer, model, fresh, cached, said in rows:
        when = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
        lines.append(f"{when.isoformat()},{customer},{model},{fresh + cached},{cached},{said}")
    path = folder / "log.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def everything(books):
    """The statement and both ledgers, line by line."""
    ledgers = {side: sorted(map(str, ledger.records())) for side, ledger in books.ledgers.items()}
    return books.statement.lines.records(), ledgers


@settings(max_examples=8)
@given(st.lists(requests, min_size=1, max_size=40), st.sampled_from(["UTC", "Europe/Berlin"]))
def test_a_roll_up_is_rated_as_the_log_itself(tmp_path_factory, rows, zone):
    folder = tmp_path_factory.mktemp("log")
    asked = {"cost": [COST], "revenue": [REVENUE], "by": ("customer", "model", "month"), "timezone": zone}
    raw = statement(raw_log(folder, rows), rollup=folder / "kept.parquet", **asked)
    kept = statement(folder / "kept.parquet", **asked)
    assert everything(kept) == everything(raw)
    assert kept.statement.total("cost") == raw.statement.total("cost")
    assert isinstance(kept.statement.total("cost"), Decimal)


@pytest.fixture
def kept(desk):
    """A roll-up by customer and month, with the bands and days of the vendor's card, in UTC."""
    log = raw_log(desk, [(i * 999, "acme", "ab"[i % 2], 700, 400, 100) for i in range(70)])
    statement(log, cost=[COST], revenue=[REVENUE], by=("customer", "month"), rollup="kept.parquet")
    return "kept.parquet"


def test_a_roll_up_by_month_gives_quarters_and_years(kept):
    by_month = statement(kept, cost=[COST], by=("month",)).statement.total("cost")
    assert statement(kept, cost=[COST], by=("quarter",)).statement.total("cost") == by_month
    assert statement(kept, cost=[COST], by=("year",)).statement.total("cost") == by_month


COARSE: dict[str, Any] = {
    "another bound": ({"above": 1500, "input_tokens": 9}, {}, "prompt_tokens above 1500"),
    "another day": ({"from": "2026-01-15", "input_tokens": 9}, {}, "prices from 2026-01-15"),
    "another zone": ({}, {"timezone": "Europe/Berlin"}, "time zone Europe/Berlin"),
    "a finer period": ({}, {"by": ("day",)}, "day"),
    "a key that was folded away": ({}, {"by": ("feature",)}, "feature"),
}


@pytest.mark.parametrize("case", COARSE)
def test_a_roll_up_that_is_too_coarse_is_refused(kept, case):
    rate, asked, missing = COARSE[case]
    more = [card_from({"card": "more", "rates": [{"model": "c", **rate}]})] if rate else []
    with pytest.raises(InputError, match=missing):
        statement(kept, cost=[COST, *more], **asked)


def test_a_roll_up_without_batches_is_not_taken_for_one_without_batch_work(desk):
    Path("log.csv").write_text("customer,month,model,batch,input_tokens\nacme,2026-01,m,true,1000\n")
    statement("log.csv", revenue=[REVENUE], rollup="kept.parquet")
    card = card_from(
        {"card": "v", "rates": [{"model": "m", "input_tokens": 4}, {"model": "m", "batch": True, "input_tokens": 2}]}
    )
    with pytest.raises(InputError, match=r"kept\.parquet was folded without .*key batch"):
        statement("kept.parquet", cost=[card])
    assert (desk / "kept.parquet").exists()


def roll(name, by, **asked):
    """Keep a roll-up of the raw log beside this, by some keys, in a folder of roll-ups."""
    Path("rolls").mkdir(exist_ok=True)
    log = raw_log(Path(), [(i * 999, "acme", "ab"[i % 2], 700, 400, 100) for i in range(70)])
    return statement(log, cost=[COST], by=by, rollup=f"rolls/{name}.parquet", **asked).statement.total("cost")


@pytest.mark.usefixtures("desk")
def test_roll_ups_of_a_folder_add_up():
    one = roll("a", ("customer", "month"))
    two = roll("b", ("customer", "month", "model"))
    assert statement("rolls", cost=[COST], by=("customer",)).statement.total("cost") == one + two


@pytest.mark.parametrize(
    ("by", "more", "missing"),
    [
        (("customer",), {"timezone": "Europe/Berlin"}, "rolls was folded without time zone UTC"),
        (("model", "month"), {}, "rolls was folded without key customer"),
    ],
)
@pytest.mark.usefixtures("desk")
def test_each_roll_up_of_a_folder_must_be_fine_enough(by, more, missing):
    roll("a", ("customer", "month"))
    roll("b", tuple(dict.fromkeys((*by, "month"))), **more)
    kept = Path("rolls/b.parquet")
    if "customer" not in by:
        without_customer(kept)
    with pytest.raises(InputError, match=missing):
        statement("rolls", cost=[COST], by=("customer",))


def without_customer(path):
    """Take the customer out of a roll-up, as if its log had none."""
    with duckdb.connect() as con:
        said = con.execute(f"SELECT decode(value) FROM parquet_kv_metadata('{path}') WHERE decode(key) = 'pertoken'")
        told = said.fetchall()[0][0].replace('"customer"', '"team"')
        con.execute(f"CREATE TABLE kept AS SELECT * EXCLUDE (customer) FROM '{path}'")
        con.execute(f"COPY kept TO '{path}' (FORMAT parquet, KV_METADATA {{pertoken: '{told}'}})")


@pytest.mark.usefixtures("desk")
def test_roll_ups_by_several_periods_do_not_mix():
    roll("a", ("customer", "month"))
    roll("b", ("customer", "day"))
    with pytest.raises(
        InputError, match=r"mixes roll-ups by several periods, .*a\.parquet by month and .*b\.parquet by"
    ):
        statement("rolls", cost=[COST], by=("month",))


@pytest.mark.usefixtures("desk")
def test_roll_ups_and_logs_do_not_mix():
    roll("b", ("customer", "month"))
    write("rolls/a.parquet", ROWS)
    with pytest.raises(InputError, match=r"mixes roll-ups, as rolls/b\.parquet, with logs, as rolls/a\.parquet"):
        statement("rolls", cost=[COST])


def test_a_roll_up_is_small_and_says_how_it_was_made(kept):
    with duckdb.connect() as con:
        lines = con.execute(f"SELECT count(*) FROM '{kept}'").fetchone()
        told = con.execute(
            f"SELECT decode(value) FROM parquet_kv_metadata('{kept}') WHERE decode(key) = 'pertoken'"
        ).fetchone()
    assert lines is not None
    assert lines[0] < 70
    assert told is not None
    assert '"timezone": "UTC"' in told[0]


def test_a_roll_up_from_the_command_line_gives_the_same_words(ask):
    cards = ("--cost", "vendor.yaml", "--revenue", "plan.yaml", "--by", "customer,month", "--format", "csv")
    raw = ask("statement", write("log.csv", ROWS), *cards, "--rollup", "kept.parquet")
    again = ask("statement", "kept.parquet", *cards)
    assert raw.code == again.code == 0
    assert again.out == raw.out


def test_nothing_is_kept_where_rating_fails(desk):
    log = write("log.csv", [{**ROWS[0], "model": "unknown"}])
    before = snapshot(desk)
    with pytest.raises(Exception, match="no price"):
        statement(log, cost=["vendor.yaml"], rollup="kept.parquet")
    assert snapshot(desk) == before


def test_a_roll_up_that_cannot_be_written_says_so(desk):
    log = write("log.csv", ROWS)
    with pytest.raises(InputError, match=r"can't write nothing/kept\.parquet"):
        statement(log, cost=["vendor.yaml"], rollup="nothing/kept.parquet")
    assert not (desk / "nothing").exists()


@given(
    rows=st.lists(
        st.tuples(
            st.integers(0, 70), st.sampled_from(["2026-01", "2026-02"]), st.sampled_from(METERS), st.integers(1, 99)
        ),
        min_size=1,
        max_size=150,
    )
)
@settings(max_examples=25)
def test_a_roll_up_asked_for_as_it_stands_gives_its_own_lines(tmp_path_factory, rows):
    """More customers than are looked up in a list; lines that stand twice are added up. Oracle: a Counter."""
    path = tmp_path_factory.mktemp("kept") / "kept.parquet"
    question = Question(("customer", "month"))
    labelled = [(f"c{customer:03}", month, meter, quantity) for customer, month, meter, quantity in rows]
    made = table(["customer", "month", "meter"], ["quantity"], labelled)
    keep(Usage(made.keys, made.values), question, path)
    with opened(path) as log:
        usage, report = fold(log, question)
    total = Counter[tuple[str, ...]]()
    for *labels, quantity in labelled:
        total[tuple(labels)] += quantity
    found = {(r["customer"], r["month"], r["meter"]): r["quantity"] for r in usage.records()}
    assert report.rows == len(rows)
    assert found == dict(total)
    assert list(found) == sorted(found)


def test_a_roll_up_with_a_month_that_is_none_is_refused(tmp_path):
    question = Question(("customer", "month"))
    lines = table(["customer", "month", "meter"], ["quantity"], [("a", "2026-13", "requests", 1)] * 3)
    keep(Usage(lines.keys, lines.values), question, tmp_path / "kept.parquet")
    with opened(tmp_path / "kept.parquet") as log, pytest.raises(InputError, match=r"3 of 3 rows.*month in the form"):
        fold(log, question)
