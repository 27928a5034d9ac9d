"""OpenRouter: single generations, the activity by day, and the export of the activity page."""

from pertoken.usage.layout import Derived, Layout
from pertoken.usage.layouts.rows import of_rows
from pertoken.usage.schema import LogMapping

SELLER = {"provider": "openrouter"}

BYOK = "With a key of one's own the cost is OpenRouter's fee, and the vendor bills the rest"
"""What is said of costs."""

GENERATION = of_rows(
    name="openrouter-generation",
    title="OpenRouter generations",
    columns=("id", "model", "total_cost", "native_tokens_prompt", "native_tokens_completion"),
    derived={
        "reported_cost": Derived(of=(("total_cost", ""), ("usage", ""))),
        "read_tokens": Derived(of=(("native_tokens_cached", ""),)),
        "thought_tokens": Derived(of=(("native_tokens_reasoning", ""),)),
        "drawn_tokens": Derived(of=(("native_tokens_completion_images", ""),)),
        "made_at": Derived(of=(("created_at", ""),)),
        "upstream": Derived(of=(("provider_name", ""),)),
        "customer": Derived(of=(("external_user", ""),)),
        "own_key": Derived(of=(("is_byok", ""),)),
    },
    mapping=LogMapping(
        time="made_at",
        request_id="id",
        keys={"model": "model", "upstream": "upstream", "customer": "customer", "byok": "own_key"},
        constants=SELLER,
        meters={
            "input_tokens": "native_tokens_prompt",
            "cache_read_tokens": "read_tokens",
            "output_tokens": "native_tokens_completion",
            "reasoning_tokens": "thought_tokens",
            "output_image_tokens": "drawn_tokens",
        },
        includes={
            "input_tokens": ("cache_read_tokens",),
            "output_tokens": ("reasoning_tokens", "output_image_tokens"),
        },
    ),
    paged=True,
    says=(
        "Tokens are the vendor's own (native); `tokens_prompt` and `tokens_completion` are OpenRouter's estimate",
        "Writes to a cache are not told apart from input",
        BYOK,
    ),
)

EXPORT = of_rows(
    name="openrouter-export",
    title="OpenRouter activity export",
    columns=("generation_id", "created_at", "cost_total", "tokens_prompt", "tokens_completion", "model_permaslug"),
    derived={
        "reported_cost": Derived(of=(("cost_total", ""),)),
        "read_tokens": Derived(of=(("tokens_cached", ""),)),
        "thought_tokens": Derived(of=(("tokens_reasoning", ""),)),
        "upstream": Derived(of=(("provider_name", ""),)),
        "customer": Derived(of=(("user", ""),)),
        "app": Derived(of=(("app_name", ""),)),
        "api_key": Derived(of=(("api_key_name", ""),)),
    },
    mapping=LogMapping(
        time="created_at",
        request_id="generation_id",
        keys={
            "model": "model_permaslug",
            "upstream": "upstream",
            "customer": "customer",
            "app": "app",
            "api_key": "api_key",
        },
        constants=SELLER,
        meters={
            "input_tokens": "tokens_prompt",
            "cache_read_tokens": "read_tokens",
            "output_tokens": "tokens_completion",
            "reasoning_tokens": "thought_tokens",
        },
        includes={"input_tokens": ("cache_read_tokens",), "output_tokens": ("reasoning_tokens",)},
    ),
    says=("Prompt tokens are read as containing cached ones, completion tokens as containing reasoning", BYOK),
)

ACTIVITY = of_rows(
    name="openrouter-activity",
    title="OpenRouter activity by day",
    columns=("date", "model", "model_permaslug", "usage", "requests", "prompt_tokens", "completion_tokens"),
    derived={
        "reported_cost": Derived(of=(("usage", ""),)),
        "thought_tokens": Derived(of=(("reasoning_tokens", ""),)),
        "upstream": Derived(of=(("provider_name", ""),)),
        "endpoint": Derived(of=(("endpoint_id", ""),)),
    },
    mapping=LogMapping(
        time="date",
        keys={"model": "model", "upstream": "upstream", "endpoint": "endpoint"},
        constants=SELLER,
        meters={
            "input_tokens": "prompt_tokens",
            "output_tokens": "completion_tokens",
            "reasoning_tokens": "thought_tokens",
            "requests": "requests",
        },
        includes={"output_tokens": ("reasoning_tokens",)},
    ),
    paged=True,
    says=(
        "A row adds up a day and does not tell cached tokens, which are priced as input; the reported cost knows them",
        BYOK,
    ),
)

LAYOUTS: tuple[Layout, ...] = (GENERATION, EXPORT, ACTIVITY)
"""OpenRouter's formats, the most particular first."""
