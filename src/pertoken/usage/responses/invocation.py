"""One response as it was found, and one invocation of a model as it is read from it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from pertoken.usage.record import Count

Body = Mapping[str, Any]
"""A JSON object of a vendor: a response, or a part of one."""


def record(found: object) -> Body:
    """Take what stands somewhere for a record; an empty one if it is none."""
    return found if isinstance(found, Mapping) else {}


def records(found: object) -> list[Body]:
    """Take the records of a list; none if it is no list."""
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list | tuple) else []


class Response(NamedTuple):
    """One response of a vendor, unwrapped.

    Args:
        body: The response.
        usage: The part of it that holds the counts.
        around: What it was wrapped in, from the outside in: events, lines of a batch, envelopes of a cloud.
        provider: Who sold it, by the name that the conventions go by; empty if not known.
        api: Flavour of the interface; empty if not known.
        model: The model, where the caller knows it.
        batch: True for a line of a batch's output.
    """

    body: Body
    usage: Body
    around: tuple[Body, ...] = ()
    provider: str = ""
    api: str = ""
    model: str = ""
    batch: bool = False


class Invocation(NamedTuple):
    """What one invocation of a model consumed.

    Args:
        meters: Leaf meter to how much; none of nothing.
        notes: What is not sure of the counts.
        model: The model, where it is not the response's own.
    """

    meters: dict[str, Count]
    notes: tuple[str, ...] = ()
    model: str = ""
