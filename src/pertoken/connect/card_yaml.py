"""Cards go out by this door: dictionaries in the words of a card become YAML that is nice to read."""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

Path = tuple[str, ...]

WIDTH = 110
"""Columns that a part may take to stand on one line."""

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*([ .=!+*/()<>\"-]+[A-Za-z0-9_\"]+)*[)\"]*")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


def card_yaml(cards: Sequence[Mapping[str, Any]], origins: Mapping[Path, str], head: str = "") -> str:
    """Write cards as one YAML file: one at the top, several under `plans`.

    Args:
        cards: Cards in the words of the file.
        origins: A comment for a part, by its path (card, `prices`, charge).
        head: A comment at the top.

    >>> print(card_yaml([{"plan": "pro", "prices": {"base": {"curve": [{"flat": Decimal("20.00")}]}}}], {}), end="")
    plan: pro
    prices:
      base:
        curve: [{flat: 20}]
    """
    lines = [f"# {line}" for line in head.splitlines()]
    if len(cards) == 1:
        lines += _block(cards[0], origins, (str(cards[0]["plan"]),), "")
    else:
        lines.append("plans:")
        for card in cards:
            lines.append(f"  {scalar(card['plan'])}:")
            rest = {key: value for key, value in card.items() if key != "plan"}
            lines += _block(rest, origins, (str(card["plan"]),), "    ")
    return "\n".join(lines) + "\n"


def _block(value: Mapping[str, Any], origins: Mapping[Path, str], path: Path, indent: str) -> Iterator[str]:
    """Write a map, its parts on one line where they fit."""
    for key, held in value.items():
        here = (*path, key)
        if here in origins:
            yield f"{indent}# {origins[here]}"
        line = f"{indent}{_key(key)}: {flow(held)}"
        if not _opened(key, path, held) and len(line) <= WIDTH:
            yield line
        else:
            yield f"{indent}{_key(key)}:"
            yield from _inner(held, origins, here, indent + "  ")


def _opened(key: str, path: Path, value: Any) -> bool:  # noqa: ANN401  any plain value
    """Whether a part stands on lines of its own even where it would fit: charges, phases and several tiers."""
    if not isinstance(value, (Mapping, list)) or not value:
        return False
    return (
        key in ("prices", "phases")
        or path[-1] == "prices"
        or (key in ("tiers", "clamp") and isinstance(value, list) and len(value) > 1)
        or (key == "curve" and isinstance(value, Mapping) and len(value.get("tiers", ())) > 1)
    )


def _inner(value: Any, origins: Mapping[Path, str], path: Path, indent: str) -> Iterator[str]:  # noqa: ANN401  any plain value
    if isinstance(value, Mapping):
        yield from _block(value, origins, path, indent)
        return
    for i, each in enumerate(value):
        line = f"{indent}- {flow(each)}"
        if len(line) <= WIDTH and not (isinstance(each, Mapping) and path[-1] == "phases"):
            yield line
        else:
            first, *rest = _inner(each, origins, (*path, str(i)), indent + "  ")
            yield f"{indent}- {first.lstrip()}"
            yield from rest


def flow(value: Any) -> str:  # noqa: ANN401  any plain value
    """Write a value on one line.

    >>> flow({"up_to": Decimal("1E+3"), "on": ["a b"]})
    '{up_to: 1000, on: [a b]}'
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(key)}: {flow(held)}" for key, held in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(flow(each) for each in value) + "]"
    return scalar(value)


def scalar(value: Any) -> str:  # noqa: ANN401  any plain value
    """Write one value so that it is read back as it is."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, Decimal)):
        return _number(Decimal(value))
    text = str(value)
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return "'" + text.replace("'", "''") + "'"


def _key(name: str) -> str:
    return name if name == "on" else scalar(name)


def _number(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
