"""`pertoken count`: what the vendor publishes is what is counted; an estimate is called one."""

import json
from datetime import date
from decimal import Decimal

import pytest

import pertoken as pt
from pertoken.connect import tokenisers
from pertoken.core.errors import InputError

counted = pytest.mark.skipif(not tokenisers.installed(), reason="the tokenisers are not installed: the extra `tokens`")
ON = date(2026, 11, 20)

# The example of OpenAI's cookbook, "How to count tokens with tiktoken", with the counts that its API returned.
EXAMPLE = [
    {"role": "system",
     "content": "You are a helpful, pattern-following assistant that translates corporate jargon into plain English."},
    {"role": "system", "name": "example_user", "content": "New synergies will help drive top-line growth."},
    {"role": "system", "name": "example_assistant",
     "content": "Things working well together will increase revenue."},
    {"role": "system", "name": "example_user",
     "content": "Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage."},
    {"role": "system", "name": "example_assistant",
     "content": "Let's talk later when we're less busy about how to do better."},
    {"role": "user",
     "content": "This late pivot means we don't have time to boil the ocean for the client deliverable."},
]  # fmt: skip
PUBLISHED = {"gpt-3.5-turbo": 129, "gpt-4-0613": 129, "gpt-4": 129, "gpt-4o": 124, "gpt-4o-mini": 124}


@pytest.fixture
def chat(desk):
    path = desk / "chat.json"
    path.write_text(json.dumps(EXAMPLE))
    return path


@counted
@pytest.mark.parametrize(("model", "tokens"), PUBLISHED.items())
def test_the_cookbooks_chat_has_the_tokens_that_the_api_counted(chat, model, tokens):
    found = pt.count(chat, model, on=ON)
    assert (found.tokens, found.low, found.high, found.exact) == (tokens, tokens, tokens, True)


@counted
def test_the_input_price_is_that_of_the_tokens(chat):
    found = pt.count(chat, "gpt-4o", on=ON)
    assert found.price == 124 * Decimal("2.50") / 1_000_000
    assert found.prices.startswith("genai-prices")


@counted
def test_each_request_of_a_batch_is_framed_and_priced_by_itself(desk):
    lines = [{"body": {"messages": EXAMPLE}}, {"messages": EXAMPLE[:1]}, {"messages": EXAMPLE}]
    (desk / "batch.jsonl").write_text("\n".join(map(json.dumps, lines)))
    one = desk / "one.json"
    one.write_text(json.dumps(EXAMPLE[:1]))
    found, single = pt.count(desk / "batch.jsonl", "gpt-4o", on=ON), pt.count(one, "gpt-4o", on=ON)
    assert (found.requests, found.tokens) == (3, 124 + single.tokens + 124)
    assert found.price == found.tokens * Decimal("2.50") / 1_000_000


@counted
def test_a_long_prompt_is_priced_as_a_long_one(desk):
    (desk / "long.txt").write_text("word " * 250_000)
    found = pt.count(desk / "long.txt", "gemini-2.5-pro", on=ON)
    assert found.tokens > 200_000
    assert found.price == found.tokens * Decimal("2.50") / 1_000_000  # 1.25 up to 200,000, twice that above


@counted
@pytest.mark.parametrize("model", ["claude-opus-4-7", "gemini-2.5-flash", "gpt-5", "grok-4", "mistral-large-latest"])
def test_a_chat_without_published_framing_is_estimated(ask, chat, model):
    answer = ask("count", "chat.json", "--model", model, "--on", "2026-11-20")
    assert answer.code == 0
    assert "estimated" in answer.out.splitlines()[1] + answer.out.splitlines()[2]
    assert "exact" not in answer.out
    found = pt.count(chat, model, on=ON)
    assert found.low < found.tokens < found.high
    assert found.price_low is not None
    assert found.price is not None
    assert found.price_high is not None
    assert found.price_low < found.price < found.price_high


@counted
def test_text_is_exact_where_a_chat_is_not(desk, chat):
    (desk / "note.txt").write_text("plain words")
    assert pt.count(desk / "note.txt", "gpt-5", on=ON).exact
    assert not pt.count(chat, "gpt-5", on=ON).exact


@counted
def test_what_is_left_out_makes_a_count_an_estimate(desk):
    said = {"messages": [{"role": "user", "content": [{"type": "text", "text": "see"}, {"type": "image_url"}]}]}
    (desk / "picture.json").write_text(json.dumps(said))
    found = pt.count(desk / "picture.json", "gpt-4o", on=ON)
    assert not found.exact
    assert found.notes[0] == "not counted: 1 parts of type image_url"


def test_without_tokenisers_every_count_is_an_estimate_that_says_how_to_better_it(ask, chat, monkeypatch):
    monkeypatch.setattr(tokenisers, "installed", lambda: False)
    monkeypatch.setattr("pertoken.workbench.tokens.installed", lambda: False)
    answer = ask("count", "chat.json", "--model", "gpt-4o", "--on", "2026-11-20")
    assert (answer.code, "Tokens, estimated" in answer.out, "pip install" in answer.out) == (0, True, True)
    assert pt.count(chat, "gpt-4o", on=ON).low <= 124 <= pt.count(chat, "gpt-4o", on=ON).high


def test_standard_input_is_read(ask, monkeypatch):
    import io  # noqa: PLC0415  only here

    monkeypatch.setattr("sys.stdin", io.StringIO("some words"))
    answer = ask("count", "-", "--model", "gpt-4o", "--on", "2026-11-20", "--format", "json")
    assert json.loads(answer.out)["meta"]["file"] == "-"


def test_a_model_that_nobody_knows_is_refused_with_the_nearest_names(ask, chat):
    answer = ask("count", str(chat), "--model", "gpt-4oo", "--on", "2026-11-20")
    assert answer.code == 2
    assert "did you mean gpt-4o" in answer.err


def test_a_known_tokeniser_without_a_price_counts_and_says_so(ask, chat):
    answer = ask("count", str(chat), "--model", "gpt-oss-999b", "--on", "2026-11-20")
    assert answer.code == 0
    assert "not priced: no price for model 'gpt-oss-999b'" in " ".join(answer.out.split())


@pytest.mark.parametrize(
    ("name", "data", "said"), [("none.txt", None, "can't read"), ("b.txt", b"\xff\xfe\x00", "not UTF-8")]
)
def test_a_file_that_cannot_be_read_is_named(desk, name, data, said):
    if data is not None:
        (desk / name).write_bytes(data)
    with pytest.raises(InputError, match=said):
        pt.count(desk / name, "gpt-4o", on=ON)
