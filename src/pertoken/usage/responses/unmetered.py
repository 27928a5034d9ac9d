"""Responses without a count, whose usage is what they hold or what was asked: images, films, text spoken."""

from pertoken.usage.record import Count
from pertoken.usage.responses.invocation import Body, Invocation
from pertoken.usage.responses.scan import amount

PICTURED = ("size", "quality")
"""What the price of an image depends on."""

IMAGES = {
    "data": frozenset({"b64_json", "url", "revised_prompt"}),
    "predictions": frozenset({"bytesBase64Encoded"}),
    "generatedImages": frozenset({"image"}),
    "generated_images": frozenset({"image"}),
}
"""Lists of images that were made, and fields by which an element is known for one."""


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
    told = [word for name in PICTURED if (word := str(body.get(name) or asked.get(name) or "").lower()).isalnum()]
    if body.get("object") == "video" and str(body.get("seconds") or "").isdigit():
        seconds: Count = int(amount(int(body["seconds"]), "seconds"))
        return Invocation({"_".join(["video_seconds", *told]): seconds})
    images = sum(len(body[name]) for name, fields in IMAGES.items() if made(body.get(name), fields))
    return Invocation({"_".join(["images", *told]): images}) if images else None


def made(found: object, fields: frozenset[str]) -> bool:
    """Tell whether a list is one of images that were made."""
    return isinstance(found, list) and bool(found) and isinstance(found[0], dict) and not fields.isdisjoint(found[0])
