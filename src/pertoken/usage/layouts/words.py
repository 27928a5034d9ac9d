"""What vendors and gateways call a label, to what we call it."""

from collections.abc import Mapping

TIERS: Mapping[str, str] = {
    "default": "standard",
    "auto": "standard",
    "on_demand": "standard",
    "flex_discount": "flex",
    "priority_on_demand": "priority",
}
"""Service tiers; those called as we call them are left out."""

TRUTH: Mapping[str, str] = {"True": "true", "False": "false", "None": "", "1": "true", "0": "false", "null": ""}
"""Yes and no, as text columns hold them."""

REGIONS: Mapping[str, str] = {"not_available": "", "global": ""}
"""Places of inference that are no place."""
