"""Prompts in a file: plain text, or requests in the form of OpenAI's chat, one or many."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pertoken.core.errors import Fault, InputError

LISTS = ("messages", "input", "prompt")
"""Where a request holds what is said."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat.

    Args:
        texts: Its words, also those that say who speaks.
        named: Whether it says a name.
    """

    texts: tuple[str, ...]
    named: bool = False


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is sent to a model in one request.

    Args:
        messages: Messages of a chat; empty for plain text.
        text: The text, if it is no chat.
        left_out: What is sent but not counted, by kind and number.
    """

    messages: tuple[Message, ...] = ()
    text: str = ""
    left_out: Mapping[str, int] | None = None


def read_prompts(text: str, source: str) -> tuple[Prompt, ...]:
    """Read prompts: JSON lines, a JSON document, or plain text, whichever it is.

    A JSON document is one request (`{"messages": [...]}`), or a list of messages. In JSON lines each line is a request,
    or has it in `body`, as the files for batches do.

    Args:
        text: What stands in the file.
        source: Its name; one that ends in `.json` or `.jsonl` is JSON or is refused.

    Raises:
        InputError: It should be JSON and is not, or it is JSON without messages; with file and line.
    """
    kind = Path(source).suffix.lower()
    if kind == ".jsonl" or (kind != ".json" and _lines_of_json(text)):
        return tuple(_prompt(value, f"{source}:{line}") for line, value in _lines(text, source))
    if kind == ".json" or text.lstrip()[:1] in ("{", "["):
        try:
            return (_prompt(json.loads(text), source),)
        except ValueError as error:
            if kind == ".json":
                raise InputError.of(
                    [Fault(source, f"not JSON: {error}", "a request, or a list of messages")]
                ) from error
    return (Prompt(text=text),)


def _lines_of_json(text: str) -> bool:
    lines = [line for line in text.splitlines() if line.strip()]
    return len(lines) > 1 and all(line.lstrip().startswith("{") and line.rstrip().endswith("}") for line in lines)


def _lines(text: str, source: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except ValueError as error:
                raise InputError.of(
                    [Fault(f"{source}:{number}", f"not JSON: {error}", "one request a line")]
                ) from error


def _prompt(value: Any, where: str) -> Prompt:  # noqa: ANN401  unchecked input
    body = value.get("body", value) if isinstance(value, dict) else value
    said = next((body[name] for name in LISTS if body.get(name) is not None), None) if isinstance(body, dict) else body
    left_out: dict[str, int] = {}
    if isinstance(body, dict) and body.get("tools"):
        left_out["definitions of tools"] = len(body["tools"])
    if isinstance(said, str):
        return Prompt(text=said, left_out=left_out)
    if not isinstance(said, list) or not all(isinstance(each, dict) for each in said):
        found = f"a {type(said).__name__}" if said is not None else f"no {', '.join(LISTS)}"
        raise InputError.of([Fault(where, found, 'messages, as {"messages": [{"role": "user", "content": "..."}]}')])
    return Prompt(messages=tuple(_message(each, left_out) for each in said), left_out=left_out)


def _message(said: Mapping[str, Any], left_out: dict[str, int]) -> Message:
    texts = [value for value in said.values() if isinstance(value, str)]
    parts = [value for value in said.values() if isinstance(value, list)]
    for part in (each for several in parts for each in several):
        words = _words(part)
        if words is None:
            kind = f"parts of type {part.get('type', 'unknown') if isinstance(part, dict) else type(part).__name__}"
            left_out[kind] = left_out.get(kind, 0) + 1
        else:
            texts += words
    return Message(texts=tuple(texts), named="name" in said)


def _words(part: Any) -> list[str] | None:  # noqa: ANN401  unchecked input
    """Take the text of a part of a message; None for what is no text, as an image."""
    if isinstance(part, str):
        return [part]
    if not isinstance(part, dict):
        return None
    if isinstance(part.get("text"), str):
        return [part["text"]]
    call = part.get("function")
    return [str(call.get("name", "")), str(call.get("arguments", ""))] if isinstance(call, dict) else None
