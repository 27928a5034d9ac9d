"""Panels whose law is known, made from seeds."""

import numpy as np

from pertoken.forecast.panel import Panel, panel_of_rows


def daily(value: np.ndarray, first: str = "2026-01-01", since: np.ndarray | None = None) -> Panel:
    """A panel of days from an array (customer, day)."""
    days = [str(each) for each in np.arange(np.datetime64(first, "D"), np.datetime64(first, "D") + value.shape[1])]
    began = np.zeros(len(value), dtype=int) if since is None else since
    rows = [
        (f"c{i:03}", day, v)
        for i, row in enumerate(value)
        for t, (day, v) in enumerate(zip(days, row, strict=True))
        if t >= began[i]
    ]
    names, periods, values = zip(*rows, strict=True)
    return panel_of_rows(names, periods, values)


def growing(rate: float, *, customers: int = 60, days: int = 91, noise: float = 0.3, seed: int = 1) -> Panel:
    """Log-normal customers who all grow by `rate` a month (log)."""
    rng = np.random.default_rng(seed)
    level = rng.lognormal(8, 1.0, customers)[:, None]
    trend = np.exp(rate * np.arange(days) / 30.4375)
    return daily(level * trend * rng.lognormal(0, noise, (customers, days)))
