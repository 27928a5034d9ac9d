"""Formats that logs come in, one module for each family; the most particular first."""

from pertoken.usage.layout import Layout
from pertoken.usage.layouts import (
    aider,
    anthropic,
    anthropic_exports,
    deepseek,
    focus,
    helicone,
    langfuse,
    litellm,
    litellm_activity,
    openai,
    openai_costs,
    openrouter,
    otel,
    portkey,
    responses,
)

LAYOUTS: tuple[Layout, ...] = (
    *openai_costs.LAYOUTS,
    *openai.LAYOUTS,
    *anthropic.LAYOUTS,
    *anthropic_exports.LAYOUTS,
    *litellm.LAYOUTS,
    *litellm_activity.LAYOUTS,
    *deepseek.LAYOUTS,
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
