"""Profiles of engines: how far off they are, and fitting them to measured runs."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pertoken.connect import engines
from pertoken.connect.measured import read_measured
from pertoken.core.errors import InputError
from pertoken.serving.book import Book, Residual
from pertoken.serving.fitting import calibrated
from pertoken.serving.own import Recalibrated, recalibrate

__all__ = ["EngineReport", "calibrate_all", "calibrate_engine", "engine_report", "profile_text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineReport:
    """Errors of the profiles of the house on runs that their fit had not seen.

    Args:
        fitted: Day of the fit.
        source: What it was fitted to.
        runs: How many runs.
        note: What is known to be unsure.
        residuals: Errors by source, engine, GPU, model and load, for each way of holding out.
    """

    fitted: date
    source: str
    runs: int
    note: str
    residuals: tuple[Residual, ...]


def engine_report(*, by: str = "", case: str = "") -> EngineReport:
    """Say how far off the profiles of engines were on runs that were held out.

    Args:
        by: `source`, `engine`, `gpu`, `model`, `load` or `all`; every one of them if empty.
        case: What was held out: `seen` for configurations, or `source`, `gpu`, `numbers` (bits of weights on a
            GPU), `model`, `engine` as a whole; each if empty.

    Raises:
        InputError: No such word.
    """
    book = engines.book()
    for word, known, said in (
        ("by", {r.by for r in book.residuals}, by),
        ("case", {r.case for r in book.residuals}, case),
    ):
        if said and said not in known:
            raise InputError(f"{word} {said!r}; expected one of {', '.join(sorted(known))}")
    kept = tuple(r for r in book.residuals if by in ("", r.by) and case in ("", r.case))
    return EngineReport(fitted=book.fitted, source=book.source, runs=book.runs, note=book.note, residuals=kept)


def calibrate_engine(rows: str | Path, *, name: str = "own") -> Recalibrated:
    """Fit the profile of one engine to a few runs of your own.

    Args:
        rows: A table with the columns `engine`, `gpu`, `n_gpu`, `model`, `precision`, `isl`, `osl`, `concurrency`,
            `metric`, `value`, one measured number a row.
        name: What to call the profile.

    Returns:
        The profile, and the errors before and after.

    Raises:
        InputError: The table can't be read, has fewer than three runs, or runs of several engines.
    """
    runs = read_measured(rows)
    if len(kinds := sorted(set(runs.words["engine"].tolist()))) > 1:
        raise InputError(f"{rows}: runs of {', '.join(kinds)}; expected those of one engine and era")
    return recalibrate(runs, engines.book().engine(kinds[0]), name=name)


def calibrate_all(rows: str | Path, *, on: date, source: str, note: str = "") -> Book:
    """Fit the profiles of all engines anew, as the house's own were, and hold runs out to tell how good they are.

    Args:
        rows: A table as `calibrate_engine` takes.
        on: The day.
        source: What the rows are.
        note: What is to be known of them.
    """
    return calibrated(read_measured(rows), on=on, source=source, note=note)


def profile_text(made: Book | Recalibrated) -> str:
    """Write profiles as the text of a file that `engine=` takes."""
    return engines.text(made if isinstance(made, Book) else made.engine)
