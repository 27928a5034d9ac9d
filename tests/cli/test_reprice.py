"""The same usage at other prices; what costs nothing now or then for want of a price is told, not counted."""

import pytest

from tests.desk import result, write

LOG = (
    {"time": "2026-03-31T23:59:59Z", "model": "small", "customer": "acme", "input_tokens": 1_000, "output_tokens": 100},
    {"time": "2026-04-01T00:00:00Z", "model": "small", "customer": "acme", "input_tokens": 1_000, "output_tokens": 100},
    {"time": "2026-04-02T00:00:00Z", "model": "large", "customer": "zeta", "input_tokens": 1_000, "output_tokens": 0},
)
DATED = """\
card: vendor
rates:
  - {model: small, input_tokens: 0.002, output_tokens: 0.010}
  - {model: small, input_tokens: 0.001, output_tokens: 0.004, from: 2026-04-01}
  - {model: large, input_tokens: 0.020, output_tokens: 0.100}
  - {model: huge, input_tokens: 0.050}
"""


@pytest.fixture
def log(desk):
    (desk / "dated.yaml").write_text(DATED)
    return write("log.csv", LOG)


def lines(answer):
    return {(row["model"], row["meter"]): row for row in result(answer)["tables"]["repriced"]["rows"]}


def figures(answer):
    return {name: each["value"] for name, each in result(answer)["figures"].items()}


def test_history_is_not_repriced_at_todays_rates(ask, log):
    """Before 1 April 1,000 x 0.002 + 100 x 0.010 = 3, from then on 1.4; a naive count at today's rates says 2.8."""
    words = (log, "--cost", "dated.yaml", "--format", "json")
    assert float(figures(ask("statement", *words, "--by", "model"))["cost"]) == pytest.approx(3 + 1.4 + 20)
    today = figures(ask("reprice", *words, "--at", "2026-11-22"))
    assert float(today["before"]) == pytest.approx(3 + 1.4 + 20)
    assert float(today["after"]) == pytest.approx(1.4 + 1.4 + 20)
    march = figures(ask("reprice", *words, "--at", "2026-03-01"))
    assert [float(march[name]) for name in ("before", "after", "difference")] == pytest.approx([24.4, 26, 1.6])


def test_requests_are_priced_as_another_model_at_their_own_day(ask, log):
    """Large as small on 2 April: 1,000 x 0.001 instead of 20."""
    found = lines(ask("reprice", log, "--cost", "dated.yaml", "--model", "large=small", "--format", "json"))
    moved = found["large", "Input"]
    assert (moved["to"], float(moved["before"]), float(moved["after"])) == ("small", 20.0, 1.0)
    kept = found["small", "Input"]
    assert (kept["to"], float(kept["before"]), float(kept["after"])) == ("small", 3.0, 3.0)


def test_a_star_is_all_other_models(ask, log):
    words = ("--cost", "dated.yaml", "--model", "large=small", "--model", "*=large", "--by", "model")
    made = result(ask("reprice", log, *words, "--format", "json"))
    assert {row["model"]: row["to"] for row in made["tables"]["repriced"]["rows"]} == {
        "small": "large",
        "large": "small",
    }


def test_what_the_other_model_has_no_price_for_is_set_apart(ask, log):
    """Huge has no price for output: 1 + 0.4 of now is left out, and 2 + 1 of input is compared with 100."""
    answer = ask("reprice", log, "--cost", "dated.yaml", "--model", "small=huge", "--format", "json")
    made = result(answer)
    (apart,) = made["tables"]["unpriced"]["rows"]
    assert (apart["model"], apart["to"], apart["meter"], apart["lacks"]) == ("small", "huge", "Output", "after")
    assert [float(apart["quantity"]), float(apart["before"])] == pytest.approx([200, 1.4])
    assert apart["after"] is None
    assert [float(made["figures"][name]["value"]) for name in ("before", "after")] == [23.0, 120.0]
    assert any("1.40 USD of what is spent now" in note["text"] for note in made["notes"])


def test_other_keys_than_the_model_can_be_asked_for(ask, log):
    words = ("--cost", "dated.yaml", "--at", "2026-11-22", "--by", "customer", "--format", "json")
    rows = result(ask("reprice", log, *words))["tables"]["repriced"]["rows"]
    assert {row["customer"]: float(row["after"]) for row in rows} == pytest.approx({"acme": 2.8, "zeta": 20})


CATALOG_LOG = (
    {"model": "gpt-4o", "provider": "openai", "input_tokens": 1_000_000, "output_tokens": 100_000},
    {"model": "gpt-4o-mini", "provider": "openai", "input_tokens": 1_000_000, "output_tokens": 100_000},
)


def test_list_prices_of_a_model_that_the_log_never_asked_are_looked_up(ask, desk):
    """gpt-4o-mini at 0.15 and 0.60 for a million: 0.15 + 0.06."""
    assert desk.exists()
    log = write("log.csv", CATALOG_LOG[:1])
    made = result(ask("reprice", log, "--period", "2026-10", "--model", "gpt-4o=gpt-4o-mini", "--format", "json"))
    assert float(made["figures"]["before"]["value"]) == pytest.approx(2.5 + 1)
    assert float(made["figures"]["after"]["value"]) == pytest.approx(0.15 + 0.06)
    assert not any("Tokenisers" in note["text"] for note in made["notes"])


def test_another_makers_tokeniser_is_told(ask, desk):
    assert desk.exists()
    log = write("log.csv", CATALOG_LOG)
    answer = ask("reprice", log, "--period", "2026-10", "--model", "gpt-4o=claude-sonnet-4-5", "--format", "json")
    (note,) = [note["text"] for note in result(answer)["notes"] if "Tokenisers" in note["text"]]
    assert note.endswith("gpt-4o to claude-sonnet-4-5.")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "reprice at what?"),
        (("--model", "small"), "says no two models"),
        (("--model", "small=large", "--model", "small=huge"), "names small twice"),
        (("--model", "smal=large"), "the log has no requests to smal; it has large, small"),
        (("--model", "small=gpt-4oo", "--cost", "catalog"), "did you mean"),
    ],
)
def test_wrong_words_are_refused_with_the_mend(ask, log, words, said):
    answer = ask("reprice", log, *(() if "--cost" in words else ("--cost", "dated.yaml")), *words)
    assert answer.code == 2
    assert said in answer.err


def test_nothing_to_compare_is_an_error_and_not_zero(ask, log):
    answer = ask("reprice", log, "--cost", "dated.yaml", "--model", "*=nobody")
    assert answer.code == 1
    assert "nothing of the log has a price both now and then" in answer.err
