"""Columns of tables about machines and what they serve: each said once, taken by name."""

from dataclasses import replace

from pertoken.present.sheet import Column

SAID = (
    Column("gpu", "GPU", "text"),
    Column("gpus", "GPUs", "count"),
    Column("precision", "Weights", "text"),
    Column("attention_groups", "Attention groups", "count"),
    Column("purchase", "Bought", "text"),
    Column("provider", "Provider", "text"),
    Column("instance", "Instance", "text"),
    Column("region", "Region", "text"),
    Column("as_of", "As of", "text"),
    Column("source", "Source", "text"),
    Column("usd_per_hour", "Per hour", "unit_money", "USD"),
    Column("best_rate", "Best rate", "estimate", "1/s"),
    Column("binds", "Binds", "text"),
    Column("basis", "Basis", "text"),
    Column("notes", "Notes", "text"),
    Column("machines", "Machines", "estimate"),
    Column("machines_least", "Least", "count"),
    Column("machines_most", "Peak", "count"),
    Column("utilisation", "Used", "share"),
    Column("monthly", "Month", "money", "USD"),
    Column("per_thousand", "1,000 requests", "estimate", "USD"),
    Column("input_per_million", "Input", "estimate", "USD/M"),
    Column("output_per_million", "Output", "estimate", "USD/M"),
)
"""What tables have in common; `basis` says whether such runs were measured, `USD/M` is for a million tokens."""

COLUMNS = {column.name: column for column in SAID}


def columns(*names: str, **labels: str) -> tuple[Column, ...]:
    """Take columns by name.

    Args:
        names: Which.
        labels: Other headers for people, by name.

    >>> [each.label for each in columns("gpu", "machines", machines="Mean")]
    ['GPU', 'Mean']
    """
    return tuple(replace(COLUMNS[name], label=labels.get(name, COLUMNS[name].label)) for name in names)
