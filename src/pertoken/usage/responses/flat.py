"""Counts that stand in the response itself, not in a record of usage: Llama, Titan, Ollama, watsonx, OCR, headers."""

from collections.abc import Iterator, Mapping
from typing import Any

from pertoken.usage.record import Count
from pertoken.usage.responses.invocation import Invocation, Response, record, records
from pertoken.usage.responses.openai import lasted
from pertoken.usage.responses.scan import Table, scan, whole


def _listed(names: Mapping[str, str]) -> Any:  # noqa: ANN401  a reader of a list
    def read_each(found: Any, place: str) -> Iterator[tuple[str, int]]:  # noqa: ANN401  whatever stands there
        for i, each in enumerate(records(found)):
            for name, meter in names.items():
                if each.get(name) is not None:
                    yield meter, whole(each[name], f"{place}[{i}].{name}")

    return read_each


def _embedded(found: Any, place: str) -> Iterator[tuple[str, int]]:  # noqa: ANN401  whatever stands there
    """Read the statistics of Vertex' embeddings."""
    for i, each in enumerate(records(found)):
        told = record(record(each.get("embeddings")).get("statistics"))
        if told.get("token_count") is not None:
            yield "input_tokens", whole(told["token_count"], f"{place}[{i}].embeddings.statistics.token_count")


def _header(meter: str) -> Any:  # noqa: ANN401  a reader of a text
    def read_text(found: Any, place: str) -> Iterator[tuple[str, int]]:  # noqa: ANN401  whatever stands there
        yield meter, whole(int(found) if isinstance(found, str) and found.isdigit() else found, place)

    return read_text


HEADERS: Table = {
    "x-amzn-bedrock-input-token-count": _header("input_tokens"),
    "x-amzn-bedrock-output-token-count": _header("output_tokens"),
    "x-amzn-bedrock-cache-read-input-token-count": _header("cache_read_tokens"),
    "x-amzn-bedrock-cache-write-input-token-count": _header("cache_write_tokens"),
}
USAGE: Table = {
    "prompt_token_count": "input_tokens",
    "generation_token_count": "output_tokens",
    "inputTextTokenCount": "input_tokens",
    "prompt_eval_count": "input_tokens",
    "eval_count": "output_tokens",
    "results": _listed(
        {"tokenCount": "output_tokens", "input_token_count": "input_tokens", "generated_token_count": "output_tokens"}
    ),
    "predictions": _embedded,
    "pages_processed": "pages",
    "duration": lasted,
    "audio_duration": lasted,
    "HTTPHeaders": HEADERS,
}
"""Fields of a response, and the meter that counts what they say."""

FIELDS = frozenset(USAGE) - {"results", "predictions"}


def read(response: Response) -> tuple[Invocation, ...]:
    """Read counts that stand in the response itself.

    Raises:
        InputError: A count is no count.
    """
    found: dict[str, Count] = scan(response.usage, USAGE, "body")
    return (Invocation({name: n for name, n in found.items() if n}),)
