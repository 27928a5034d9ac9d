"""Responses without a count, whose usage is what they hold or what was asked: images made, text spoken."""

from collections.abc import Mapping

from pertoken.usage.responses.invocation import Body, Invocation

PICTURED = ("size", "quality")
"""What the price of an image depends on."""


def read(body: Body, api: str, asked: Body) -> Invocation | None:
    """Read what is billed of a response that has no usage; None if nothing is.

    Args:
        body: The response.
        api: Flavour of the interface; `speech` bills the text that was asked to be spoken.
        asked: What was asked.

    >>> read({"data": [{"url": "a"}, {"url": "b"}]}, "", {"size": "1024x1024", "quality": "hd"}).meters
    {'images_1024x1024_hd': 2}
    """
    if api == "speech" and isinstance(asked.get("input"), str):
        return Invocation({"characters": len(asked["input"])})
    data = body.get("data")
    if isinstance(data, list) and data and (api == "images" or _made(data[0])):
        told = [str(body.get(name) or asked.get(name) or "").lower() for name in PICTURED]
        return Invocation({"_".join(["images", *(each for each in told if each.isalnum())]): len(data)})
    return None


def _made(item: object) -> bool:
    return isinstance(item, Mapping) and bool(item.keys() & {"b64_json", "url", "revised_prompt"})
