"""Formats that logs come in, one module for each family; the most particular first."""

from pertoken.usage.layout import Layout
from pertoken.usage.layouts import (
    aider,
    anthropic,
    focus,
    helicone,
    langfuse,
    litellm,
    openai,
    openrouter,
    otel,
    portkey,
    responses,
)

LAYOUTS: tuple[Layout, ...] = (
    *openai.LAYOUTS,
    *anthropic.LAYOUTS,
    *litellm.LAYOUTS,
    *helicone.LAYOUTS,
    *openrouter.LAYOUTS,
    *portkey.LAYOUTS,
    *aider.LAYOUTS,
    *focus.LAYOUTS,
    *langfuse.LAYOUTS,
    *otel.LAYOUTS,
    *responses.LAYOUTS,
)
"""All formats that are recognised."""
