"""A market from above: how many adopt, what they use and pay."""

from pathlib import Path
from typing import TYPE_CHECKING

from pertoken.core.errors import InputError
from pertoken.core.period import check

if TYPE_CHECKING:
    from pertoken.forecast.market import Market
    from pertoken.forecast.topdown import TopDown

MOST = 600
"""Months at most."""


def topdown(
    market: "Market | str | Path", *, months: int = 24, start: str = "", draws: int = 10_000, seed: int = 1
) -> "TopDown":
    """Say what a market comes to: adopters, usage and revenue month by month, in many worlds.

    Args:
        market: What is believed, or its file.
        months: How many months.
        start: The first of them; the one after the last month of adopters if empty, or that of the launch.
        draws: How many worlds.
        seed: Same seed, same digits.

    Raises:
        InputError: What is wrong with the file, or with the months.
    """
    import numpy as np  # noqa: PLC0415  the calculator must start fast

    from pertoken.connect.model_file.months import after  # noqa: PLC0415
    from pertoken.forecast import topdown as above  # noqa: PLC0415

    if isinstance(market, (str, Path)):
        from pertoken.connect.markets import read_market  # noqa: PLC0415  a market that is there needs no door

        market = read_market(market)
    if not 0 < months <= MOST:
        raise InputError(f"{months} months; expected 1 to {MOST}")
    first = check(start, "month") if start else after(market.last) if market.last else market.launch
    labels = [after(first, i) for i in range(months)]
    return above.topdown(market, labels, draws=draws, rng=np.random.default_rng(seed))
