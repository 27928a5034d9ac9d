"""Catalogs kept in files: the same numbers later, and an update that never rewrites the past unasked."""

import json
from decimal import Decimal

import pytest

from tests.desk import result

LOG = """\
model,input_tokens,output_tokens,timestamp
gpt-4o,1000,500,2026-11-20T10:00:00Z
o3,70,30,2025-01-01T10:00:00Z
"""


def provider(*prices):
    """Data as genai-prices publishes them: one provider with one model."""
    model = {"id": "m-1", "match": {"equals": "m-1"}, "prices": [*prices] if len(prices) > 1 else prices[0]["prices"]}
    return json.dumps([{"id": "acme", "name": "Acme", "api_pattern": "acme", "models": [model]}])


def price(usd, start=None):
    limit = {"constraint": {"start_date": start}} if start else {}
    return {**limit, "prices": {"input_mtok": usd, "output_mtok": 4}}


@pytest.fixture
def cache(desk, monkeypatch):
    monkeypatch.setenv("PERTOKEN_CACHE", str(desk / "cache"))
    return desk / "cache"


@pytest.fixture
def old(ask, desk, cache):
    """A frozen catalog in which a million tokens cost 3."""
    (desk / "old.json").write_text(provider(price(3)))
    assert ask("prices", "export", "old.catalog", "--catalog", "old.json").code == 0
    assert not (cache / "updated.catalog").exists()
    return "old.catalog"


def test_a_statement_under_a_kept_catalog_gives_the_same_numbers(ask, desk):
    (desk / "log.csv").write_text(LOG)
    words = ("statement", "log.csv", "--cost", "catalog", "--by", "model", "--format", "json")
    said = result(ask("prices", "export", "kept.catalog", "--format", "json"))
    now, later = result(ask(*words)), result(ask(*words, "--catalog", "kept.catalog"))
    assert now["figures"] == later["figures"]
    assert now["tables"] == later["tables"]
    kept = said["meta"]["hash"]
    assert f"#{kept[:8]}" in later["meta"]["cost cards"]


def test_a_list_from_the_web_is_kept_and_used_only_when_said(ask, old, cache, serve):
    place = serve({"/data.json": provider(price(3), price(2, "2026-11-01")).encode()}) + "/data.json"
    answer = ask("prices", "update", "--from", place, "--catalog", old, "--format", "json")
    rows = result(answer)["tables"]["prices"]["rows"]
    assert [(row["offer"], row["meter"], row["change"], row["start"]) for row in rows] == [
        ("acme/m-1", "Input", "Changed", "2026-11-01"),
    ]  # fmt: skip
    assert (Decimal(rows[0]["old"]), Decimal(rows[0]["new"])) == (Decimal(3), Decimal(2))
    assert (cache / "updated.catalog").is_file()
    shown = result(ask("prices", "show", "m-1", "--on", "2026-11-20", "--catalog", "updated", "--format", "json"))
    rates = shown["tables"]["rates"]["rows"]
    assert [Decimal(row["price"]) for row in rates if row["meter"] == "input_tokens"] == [2]
    assert ask("prices", "show", "m-1").code == 2, "the bundled prices stay those in use"


def test_a_list_that_rewrites_the_past_is_refused_and_each_price_shown(ask, desk, old, cache):
    (desk / "new.json").write_text(provider(price(2)))
    words = ("prices", "update", "--from", "new.json", "--catalog", old)
    answer = ask(*words, "--format", "json")
    assert answer.code == 1
    rows = json.loads(answer.out)["tables"]["prices"]["rows"]
    assert [(row["meter"], row["change"], row["old"], row["new"]) for row in rows] == [
        ("Input", "Changed in the past", 3, 2),
    ]  # fmt: skip
    assert "nothing was kept; --accept" in ask(*words).out.replace("\n", " ")
    assert not (cache / "updated.catalog").exists()
    assert ask(*words, "--accept").code == 0
    assert (cache / "updated.catalog").is_file()


def test_what_supplements_the_bundled_prices_also_supplements_newer_ones(ask, desk, cache):
    (desk / "new.json").write_text(provider(price(3)))
    said = result(ask("prices", "update", "--from", "new.json", "--catalog", "supplements", "--format", "json"))
    assert [row["offer"] for row in said["tables"]["models"]["rows"]] == ["acme/m-1"]
    assert (cache / "updated.catalog").is_file()
    assert "supplements" in ask("prices", "find", "m-1", "--catalog", "updated").out


def test_a_list_that_lost_a_model_is_refused(ask, desk, old):
    (desk / "new.json").write_text("[]")
    answer = ask("prices", "update", "--from", "new.json", "--catalog", old)
    assert answer.code == 1
    assert "acme/m-1" in answer.out


def test_the_next_update_is_held_against_the_one_that_is_kept(ask, desk, old):
    (desk / "first.json").write_text(provider(price(3), price(2, "2026-11-01")))
    assert ask("prices", "update", "--from", "first.json", "--catalog", old).code == 0
    (desk / "second.json").write_text(provider(price(3), price(1, "2026-11-01")))
    answer = ask("prices", "update", "--from", "second.json")
    assert answer.code == 1
    assert "Changed in the past" in answer.out


def test_an_update_may_be_kept_in_a_file_of_ones_own(ask, old, cache):
    assert ask("prices", "update", "--from", "old.json", "--catalog", old, "--to", "mine.catalog").code == 0
    assert not (cache / "updated.catalog").exists()
    assert ask("prices", "find", "m-1", "--catalog", "mine.catalog").code == 0


@pytest.mark.usefixtures("cache")
def test_an_update_without_a_connection_says_what_to_do(ask):
    answer = ask("prices", "update", "--from", "http://127.0.0.1:1/data.json")
    assert (answer.code, answer.out) == (2, "")
    assert "see whether you are connected, or fetch the file by other means and say --from FILE" in answer.err


def test_what_is_no_price_list_is_not_kept(ask, desk, cache):
    (desk / "page.json").write_text('{"message": "moved"}')
    answer = ask("prices", "update", "--from", "page.json")
    assert (answer.code, answer.out) == (2, "")
    assert not (cache / "updated.catalog").exists()


@pytest.mark.usefixtures("cache")
def test_a_catalog_that_was_never_updated_is_not_there(ask):
    answer = ask("prices", "find", "gpt-4o", "--catalog", "updated")
    assert (answer.code, answer.out) == (2, "")
    assert "make one with `pertoken prices update`" in answer.err


def test_two_catalogs_are_told_apart_price_by_price(ask, desk, old):
    (desk / "new.json").write_text(provider(price(3), price(3000, "2026-11-01")))
    words = ("prices", "diff", old, "new.json")
    assert ask(*words).code == 0
    answer = ask(*words, "--fail-on-change")
    assert answer.code == 1
    assert "acme/m-1 input changes a thousand-fold" in answer.out
    assert ask("prices", "diff", old, "old.json", "--fail-on-change").code == 0


def test_two_days_of_a_catalog_are_told_apart(ask):
    words = ("prices", "diff", "--from", "2025-06-09", "--to", "2025-06-10", "--format", "json")
    rows = result(ask(*words))["tables"]["prices"]["rows"]
    found = {row["meter"]: [Decimal(row["old"]), Decimal(row["new"])] for row in rows if row["offer"] == "openai/o3"}
    # OpenAI cut the price of o3 by four fifths on 2025-06-10
    assert found == {"Input": [Decimal(10), Decimal(2)], "Output": [Decimal(40), Decimal(8)]}


@pytest.mark.parametrize("words", [("old.json",), (), ("--from", "2026-01-01"), ("a", "b", "--from", "2026-01-01")])
def test_a_difference_is_of_two_catalogs_or_of_two_days(ask, words):
    answer = ask("prices", "diff", *words)
    assert (answer.code, answer.out) == (2, "")
    assert "say two catalogs" in answer.err


def test_a_catalog_is_never_written_over(ask, desk, old):
    before = (desk / old).read_bytes()
    answer = ask("prices", "export", "kept.catalog", "--catalog", old, "--html", old)
    assert answer.code == 2
    assert (desk / old).read_bytes() == before
