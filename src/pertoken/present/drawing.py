"""Chart specifications made into pictures, offline."""

import json
from collections.abc import Mapping
from typing import Any

import vl_convert

INK = "#1b1f24"
"""Text and axes of a chart; the page puts its own text colour in its place."""
PAPER = "#fefefe"
"""Gaps between bars; the page puts its own background in its place."""
NOWHERE: list[str] = []
"""Addresses that a chart may load data from."""


def svg(spec: Mapping[str, Any], *, name: str = "chart") -> str:
    """Return a chart as SVG that takes its text colour and its background from the page around it.

    Args:
        spec: Vega-Lite specification; its data must be inside it, nothing is fetched.
        name: Keeps the identifiers of several charts on one page apart.
    """
    text = vl_convert.vegalite_to_svg(json.dumps(spec), allowed_base_urls=NOWHERE)
    text = text.replace(INK, "currentColor").replace(PAPER, "var(--paper, #fff)")
    return text.replace(' id="', f' id="{name}-').replace("url(#", f"url(#{name}-")


def png(spec: Mapping[str, Any], *, scale: float = 2.0) -> bytes:
    """Return a chart as PNG on white, for places that draw no SVG.

    Args:
        spec: Vega-Lite specification; its data must be inside it, nothing is fetched.
        scale: Pixels per unit of the drawing.
    """
    config = {**spec.get("config", {}), "background": "#ffffff"}
    text = json.dumps({**spec, "config": config})
    return vl_convert.vegalite_to_png(text, scale=scale, allowed_base_urls=NOWHERE)
