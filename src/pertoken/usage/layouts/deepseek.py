"""DeepSeek: what its platform exports of usage."""

from pertoken.usage.layout import Derived, Layout
from pertoken.usage.layouts.rows import of_rows
from pertoken.usage.schema import LogMapping

METERS = {
    "input_cache_miss_tokens": "input_tokens",
    "input_cache_hit_tokens": "cache_read_tokens",
    "output_tokens": "output_tokens",
    "request_count": "requests",
}
"""Types of what is counted, and our meters."""

LAYOUTS: tuple[Layout, ...] = (
    of_rows(
        name="deepseek-export",
        title="DeepSeek usage export",
        columns=("start_time_iso", "end_time_iso", "model", "type", "price", "amount"),
        derived={
            "meter": Derived(of=(("type", ""),), words=METERS),
            "quantity": Derived(of=(("amount", ""),)),
            "user": Derived(of=(("user_id", ""),)),
            "key_name": Derived(of=(("api_key_name", ""), ("api_key", ""))),
        },
        mapping=LogMapping(
            time="start_time_iso",
            keys={"model": "model", "user": "user", "api_key": "key_name"},
            constants={"provider": "deepseek"},
        ),
        keep={"meter": tuple(METERS.values())},
        says=("A row adds up one meter of a bucket; what it cost stands in a file of its own",),
    ),
)
"""DeepSeek's formats."""
