"""Formats that logs come in, one module for each family; the most particular first."""

from pertoken.usage.layout import Layout
from pertoken.usage.layouts import langfuse, otel, responses

LAYOUTS: tuple[Layout, ...] = (*langfuse.LAYOUTS, *otel.LAYOUTS, *responses.LAYOUTS)
"""All formats that are recognised."""
