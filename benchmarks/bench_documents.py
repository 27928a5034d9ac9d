"""Logs of JSON, from the file to records put down in a table; the floor is to parse the same lines, and no more.

LiteLLM's spend logs, responses of vendors as they came with a customer beside them, and observations of Langfuse; each
line differs in its counts, times and names. Targets, single thread: 30,000 documents a second, and of the extraction
alone 100,000 plain responses a second. Rates are by the processor's time, so that others on the machine count less.
"""

import json
import random
from datetime import datetime, timedelta
from statistics import median
from time import process_time

import duckdb
import pytest

from pertoken.connect.documents import documents, first_of_each
from pertoken.engines.staged import stage
from pertoken.usage.layouts import LAYOUTS
from pertoken.usage.recognise import recognised, records
from pertoken.usage.response import usage_of

MODELS = (("openai", "gpt-4o"), ("openai", "gpt-5"), ("openai", "gpt-4.1-mini"), ("anthropic", "claude-sonnet-4-5"))
BEGIN = datetime.fromisoformat("2026-05-01T00:00:00")
OLDEST = 1_777_600_000


def _counts(draw):
    whole, said = draw.randrange(20, 90_000), draw.randrange(1, 4_000)
    return whole, draw.randrange(whole), said, draw.randrange(said)


def spend(number, draw):
    """A row of LiteLLM's spend logs, with its metadata as an object."""
    whole, cached, said, thought = _counts(draw)
    provider, model = draw.choice(MODELS)
    begin = BEGIN + timedelta(seconds=number * 7)
    usage = {
        "prompt_tokens": whole,
        "completion_tokens": said,
        "total_tokens": whole + said,
        "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": thought, "audio_tokens": 0},
    }
    return {
        "request_id": f"chatcmpl-{number:012d}",
        "call_type": "acompletion",
        "api_key": f"{number % 40:064x}",
        "spend": whole * 1.25e-06 + said * 1e-05,
        "total_tokens": whole + said,
        "prompt_tokens": whole,
        "completion_tokens": said,
        "startTime": f"{begin:%Y-%m-%dT%H:%M:%S}.{number % 1000:03d}000Z",
        "endTime": f"{begin + timedelta(seconds=4):%Y-%m-%dT%H:%M:%S}.000000Z",
        "model": model,
        "model_group": model,
        "custom_llm_provider": provider,
        "user": f"user-{number % 90}",
        "end_user": f"customer-{number % 300}",
        "team_id": f"team-{number % 12}",
        "cache_hit": "False",
        "request_tags": ["chat", "prod"],
        "status": "success",
        "metadata": {"user_api_key_alias": "prod", "status": "success", "usage_object": usage},
    }


def response(number, draw):
    """A response of OpenAI's Chat interface, with the customer beside it."""
    whole, cached, said, thought = _counts(draw)
    body = {
        "id": f"chatcmpl-{number:012d}",
        "object": "chat.completion",
        "created": OLDEST + number * 7,
        "model": draw.choice(MODELS)[1],
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Yes."}, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": whole,
            "completion_tokens": said,
            "total_tokens": whole + said,
            "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": thought, "audio_tokens": 0},
        },
        "service_tier": "default",
        "system_fingerprint": "fp_1",
    }
    return {"customer": f"customer-{number % 300}", "feature": "chat", "response": body}


def plain(number, draw):
    """A response of OpenAI's Chat interface alone."""
    return response(number, draw)["response"]


def observation(number, draw):
    """An observation of Langfuse's export."""
    whole, cached, said, thought = _counts(draw)
    begin = BEGIN + timedelta(seconds=number * 7)
    usage = {
        "input": whole - cached,
        "input_cached_tokens": cached,
        "output": said - thought,
        "output_reasoning_tokens": thought,
        "total": whole + said,
    }
    return {
        "id": f"obs-{number:012d}",
        "trace_id": f"trace-{number // 3}",
        "type": "GENERATION",
        "name": "answer",
        "start_time": f"{begin:%Y-%m-%dT%H:%M:%S}.{number % 1000:03d}Z",
        "end_time": f"{begin + timedelta(seconds=4):%Y-%m-%dT%H:%M:%S}.000Z",
        "environment": "production",
        "provided_model_name": draw.choice(MODELS)[1],
        "usage_details": usage,
        "cost_details": {"input": 0.001, "output": 0.002, "total": 0.003},
        "total_cost": whole * 1.25e-06 + said * 1e-05,
        "user_id": f"customer-{number % 300}",
        "session_id": f"session-{number // 9}",
        "trace_name": "chat",
    }


FORMS = {"LiteLLM spend logs": spend, "responses with a customer": response, "responses alone": plain,
         "Langfuse observations": observation}  # fmt: skip


def _taken(work):
    begin = process_time()
    work()
    return process_time() - begin


def _put_down(file):
    """Read a file to its records in a table, as each command does."""
    layout = recognised(first_of_each([file]), LAYOUTS)
    assert layout is not None
    with duckdb.connect() as con:
        con.execute("SET threads = 1")
        return stage(con, records(documents([file]), layout, LAYOUTS)).rows


def _parsed(file):
    with open(file, "rb") as lines:  # noqa: PTH123  the least that reading can cost
        return sum(1 for line in lines if json.loads(line))


@pytest.mark.parametrize("form", FORMS)
def test_documents_become_records(form, tmp_path, size, full, note):
    rows, draw = size(smoke=307, full=20_000), random.Random(5)  # noqa: S311  the same lines each time
    file = tmp_path / "log.jsonl"
    with file.open("w") as out:
        out.writelines(f"{json.dumps(FORMS[form](number, draw))}\n" for number in range(rows))
    assert _put_down(str(file)) == _parsed(str(file)) == rows
    if full:
        pairs = [(_taken(lambda: _put_down(str(file))), _taken(lambda: _parsed(str(file)))) for _ in range(5)]
        ours, ratio = median(one for one, _ in pairs), median(one / two for one, two in pairs)
        verdict = "met" if rows / ours >= 30_000 else "MISSED"
        note(f"{form:<28} {rows / ours:>10,.0f} a second  {ratio:>5.1f}x json.loads  target 30,000  {verdict}")


def test_responses_are_read_alone(size, full, note):
    draw = random.Random(5)  # noqa: S311  the same bodies each time
    bodies = [plain(number, draw) for number in range(size(smoke=101, full=100_000))]
    assert all(len(usage_of(body, provider="openai")) == 1 for body in bodies)
    if full:
        rate = len(bodies) / median(
            _taken(lambda: [usage_of(body, provider="openai") for body in bodies]) for _ in "12345"
        )
        note(f"usage_of, plain bodies of OpenAI {rate:>10,.0f} a second  target 100,000  {_said(rate)}")


def _said(rate):
    return "met" if rate >= 100_000 else "MISSED"
