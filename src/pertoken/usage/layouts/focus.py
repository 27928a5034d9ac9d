"""FOCUS: rows of a bill that say how many tokens were used, and what they cost."""

from collections.abc import Mapping

from pertoken.core.meters import METERS, meter
from pertoken.usage.layout import Derived, Layout
from pertoken.usage.layouts.rows import of_rows
from pertoken.usage.layouts.words import TIERS, TRUTH
from pertoken.usage.question import above_key
from pertoken.usage.schema import LogMapping

LEAVES = (
    *(each for each in METERS if each != "requests"),
    "cache_write_5m_tokens",
    "cache_write_30m_tokens",
    "cache_write_1h_tokens",
    "cache_write_12h_tokens",
)
"""Meters that rows may be of."""

PHRASES = {
    "Cached Input Tokens": "cache_read_tokens",
    "GPU Hours": "gpu_hours",
    "Cached Tokens": "cache_read_tokens",
    "Cache Creation Tokens": "cache_write_tokens",
    "Completion Tokens": "output_tokens",
    "Prompt Tokens": "input_tokens",
    "Output Reasoning Tokens": "reasoning_tokens",
}
"""What others call meters."""


def _said(names: Mapping[str, str]) -> dict[str, str]:
    """Write the names as people do: `Input Tokens`, `Input tokens`, `input tokens`, `input_tokens`."""
    return {
        form: ours
        for name, ours in names.items()
        for form in (name, name.capitalize(), name.lower(), name.lower().replace(" ", "_"))
    }


WORDS = _said({name.replace("_", " ").title(): name for name in LEAVES} | PHRASES)
"""Names of meters (`SkuMeter`), and ours."""

UNITS = _said({f"{meter(name).unit.capitalize()}{end}": "one" for name in LEAVES for end in ("", "s", "es")})
"""Units in which one is one; others (`1K Tokens`) are left out."""

SELLERS = {
    "Amazon Web Services": "aws",
    "Amazon Web Services, Inc.": "aws",
    "Anthropic": "anthropic",
    "AWS": "aws",
    "Google": "google",
    "Google Cloud": "google",
    "Microsoft": "azure",
    "OpenAI": "openai",
    "catalog": "",
}
"""Names of providers, and ours; our own export names the card where no provider is known."""


def _own(*names: str) -> Derived:
    """Read a column that the standard does not have, by the names that it goes by, or a detail of the price."""
    columns = [(name, "") for name in names]
    return Derived(of=(*columns, *(("SkuPriceDetails", name) for name in names)))


KEYS = (
    "model",
    "batch",
    "service_tier",
    above_key("prompt_tokens"),
    "customer",
    "team",
    "feature",
    "region",
    "sub_account",
)
"""Keys that are columns of this layout, each under its own name."""

LAYOUTS: tuple[Layout, ...] = (
    of_rows(
        name="focus",
        title="FOCUS cost and usage",
        columns=(
            "BilledCost",
            "BillingCurrency",
            "ChargeCategory",
            "ChargePeriodStart",
            "ConsumedQuantity",
            "ConsumedUnit",
            "SkuId",
        ),
        derived={
            "meter": Derived(of=(("x_Meter", ""), ("SkuMeter", "")), words=WORDS),
            "quantity": Derived(of=(("ConsumedQuantity", ""),)),
            "counted_in": Derived(of=(("ConsumedUnit", ""),), words=UNITS),
            "seller": Derived(of=(("ProviderName", ""), ("ServiceProviderName", "")), words=SELLERS),
            "model": Derived(of=(*_own("x_Model", "x_AIModel").of, ("SkuId", ""))),
            "batch": Derived(of=_own("x_Batch").of, words=TRUTH),
            "service_tier": Derived(of=_own("x_ServiceTier").of, words=TIERS),
            above_key("prompt_tokens"): Derived(
                of=(*_own("x_PromptTokensAbove").of, ("ChargeCategory", "")), words={"Usage": "0"}
            ),
            "customer": _own("x_Customer"),
            "team": _own("x_Team"),
            "feature": _own("x_Feature"),
            "region": Derived(of=(("RegionId", ""),)),
            "sub_account": Derived(of=(("SubAccountName", ""), ("SubAccountId", ""))),
            "reported_cost": Derived(of=(("EffectiveCost", ""), ("BilledCost", ""))),
            "currency": Derived(of=(("BillingCurrency", ""),)),
        },
        mapping=LogMapping(
            time="ChargePeriodStart",
            keys={
                "provider": "seller",
                **{key: key for key in KEYS},
            },
        ),
        keep={"ChargeCategory": ("Usage",), "meter": LEAVES, "counted_in": ("one",)},
        says=(
            "Rows of usage are read whose meter and unit are known; others (purchases, credits) are left out",
            "The reported cost is the effective one; prompts are read as short, unless `x_PromptTokensAbove` says more",
        ),
    ),
)
"""FOCUS' formats."""
