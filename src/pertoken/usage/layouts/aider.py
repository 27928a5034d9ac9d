"""Aider: the analytics log that it writes on request."""

from pertoken.usage.layout import Derived, Layout
from pertoken.usage.layouts.rows import of_rows
from pertoken.usage.schema import LogMapping

LAYOUTS: tuple[Layout, ...] = (
    of_rows(
        name="aider",
        title="Aider analytics",
        columns=("event", "properties", "user_id", "time"),
        derived={
            "sent": Derived(of=(("properties", "prompt_tokens"),)),
            "received": Derived(of=(("properties", "completion_tokens"),)),
            "main_model": Derived(of=(("properties", "main_model"),)),
            "edit_format": Derived(of=(("properties", "edit_format"),)),
            "reported_cost": Derived(of=(("properties", "cost"),)),
        },
        mapping=LogMapping(
            time="time",
            keys={"model": "main_model", "user": "user_id", "edit_format": "edit_format"},
            meters={"input_tokens": "sent", "output_tokens": "received"},
        ),
        keep={"event": ("message_send",)},
        tables=False,
        says=(
            "Only the events `message_send` are usage; one may add up several calls to the model",
            "Aider does not tell cached tokens: they are priced as input, and Anthropic's cache writes count twice",
            "Its cost is its own estimate, not the vendor's bill",
        ),
    ),
)
"""Aider's formats."""
