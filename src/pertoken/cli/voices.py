"""Options that say who forecasts beside our own experts."""

from collections.abc import Callable

import click

from pertoken.cli.options import Percent


def VOICES(command: Callable[..., None]) -> Callable[..., None]:  # noqa: N802  an option like the others, in three words
    """Add further experts, and forecasts that were made elsewhere."""
    experts = click.option(
        "--experts",
        metavar="NAMES",
        help="Further experts, weighed by earlier days: lightgbm, or models of statsforecast such as AutoETS.",
    )
    outside = click.option(
        "--outside",
        multiple=True,
        metavar="FILE",
        help="Usage as others forecast it: CSV or Parquet of customer (or *), period, quantile or draw, value.",
    )
    weight = click.option(
        "--outside-weight", type=Percent(), metavar="SHARE", help="What each of these counts for; 50% if not said."
    )
    return experts(outside(weight(command)))
