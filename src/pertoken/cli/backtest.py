"""`pertoken backtest`: how good forecasts of a log's usage were, as of earlier days."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import click

from pertoken import workbench
from pertoken.cli.books import AS_IT_IS, BETWEEN, REJECTS, progress, rejected
from pertoken.cli.forecast import DEPTH
from pertoken.cli.options import Delivery, deliver, gathered, keys, outputs
from pertoken.cli.voices import VOICES
from pertoken.cli.worlds import SEED
from pertoken.core.errors import InputError
from pertoken.workbench.backtesting import PLAIN


def _lengths(text: str | None) -> tuple[int, ...] | None:
    """Read `30,60,90`."""
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts or not all(part.isdecimal() and int(part) for part in parts):
        raise InputError(f"{text!r} are no lengths of history; expected for example --history 30,60,90")
    return tuple(int(part) for part in parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A log, how it is read and which time of it is looked at."""

    log: str
    mapping: str | None
    layout: str
    timezone: str
    start: date | None
    end: date | None
    rejects: str | None

    def said(self) -> dict[str, Any]:
        """What was said, as the workbench takes it."""
        return {**asdict(self), "rejects": self.rejects is not None}


def history_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say what to read; the command is given them as one `reading`."""
    return gathered(command, (click.argument("log"), *AS_IT_IS, *BETWEEN, REJECTS), "reading", History)


@click.command()
@history_options
@click.option(
    "--horizon",
    type=click.IntRange(min=1),
    metavar="N",
    help="Periods ahead whose total is forecast; 28 days if not said.",
)
@click.option("--history", metavar="LENGTHS", help="Of how many periods forecasts are made; 30,60,90 if not said.")
@click.option(
    "--origins",
    type=click.IntRange(min=1),
    default=4,
    show_default=True,
    metavar="N",
    help="How many earlier days forecasts are made on, at most.",
)
@click.option(
    "--peers",
    default=",".join(PLAIN),
    show_default=True,
    metavar="NAMES",
    help="Whom to beat; also `ensemble`, and models of statsforecast such as AutoETS where it is installed.",
)
@click.option(
    "--card", multiple=True, metavar="CARD", help="Card of what we are paid: scores revenue too. May be given again."
)
@VOICES
@click.option("--by", metavar="KEYS", help="What to report by: keys such as tier, or `behaviour`.")
@DEPTH
@click.option("--meter", default="", metavar="METER", help="What is forecast; all tokens added up if not said.")
@click.option(
    "--grain",
    type=click.Choice(["hour", "day", "month", "quarter"]),
    default="day",
    show_default=True,
    help="Periods of the forecast; a plain table has its own.",
)
@click.option(
    "--draws",
    type=click.IntRange(min=20),
    default=500,
    show_default=True,
    metavar="N",
    help="Samples of each forecast.",
)
@SEED
@outputs
def command(
    reading: History,
    horizon: int | None,
    history: str | None,
    origins: int,
    peers: str,
    card: tuple[str, ...],
    experts: str | None,
    outside: tuple[str, ...],
    outside_weight: Decimal | None,
    by: str | None,
    depth: str,
    meter: str,
    grain: str,
    draws: int,
    seed: int,
    delivery: Delivery,
) -> None:
    """How good were forecasts of the usage in LOG, as of earlier days?

    Each forecast is made with what was known on its day and held against what came. LOG may be a plain CSV or Parquet
    table of customer, period and value too. Scores: CRPS (how far off a range is, over all that came), WAPE, bias, and
    how often the ranges held what they say.

    Example: pertoken backtest log.parquet --horizon 28 --history 30,60,90 --by tier
    """
    from pertoken.present.backtest import sheet

    with progress(quiet=delivery.quiet) as watch:
        made = workbench.backtest(
            **reading.said(),
            horizon=horizon,
            history=_lengths(history),
            origins=origins,
            peers=keys(peers) if peers else (),
            card=card,
            experts=keys(experts) if experts else (),
            outside=outside,
            outside_weight=None if outside_weight is None else float(outside_weight),
            by=() if by is None else keys(by),
            depth=depth,
            meter=meter,
            grain=grain,
            draws=draws,
            seed=seed,
            progress=watch,
        )
    deliver(sheet(made), delivery, also=rejected(made.report, reading.rejects, quiet=delivery.quiet))
