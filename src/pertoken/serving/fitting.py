"""Fitting: a book of engines from measured runs, with the errors of runs that were held out."""

from datetime import date

from pertoken.serving.book import NEW_NUMBERS, NEW_SOURCE, SEEN, Book, Engine
from pertoken.serving.calibrate import Fitted, fit, weighed
from pertoken.serving.constants import TABLE, profile
from pertoken.serving.eras import COMMON, ERAS, OTHERS
from pertoken.serving.heldout import bands, elsewhere, held_out, residuals
from pertoken.serving.profile import Profile, aligned
from pertoken.serving.runs import Runs, steadied
from pertoken.serving.steady import seats


def calibrated(runs: Runs, *, on: date, source: str, note: str = "") -> Book:
    """Fit the profiles of all eras, and hold runs out to tell how good they are.

    Runs whose weights don't fit on the stated GPUs are left out.

    Args:
        runs: What was measured.
        on: The day.
        source: What the runs are.
        note: What is to be known of it.
    """
    length = runs.input_tokens + runs.output_tokens / 2
    kept = runs.part(seats(runs.model, runs.on, settings(runs, None), length) >= 1)
    start = settings(kept, None)
    whole = fit(steadied(kept, start), start, weighed(kept.words["source"]))
    held = tuple(held_out(kept, settings))
    other = {each.case: elsewhere(kept, each) for each in held if each.case == NEW_SOURCE}
    wide = tuple(
        band for each in held for band in bands(kept, each, other.get(NEW_SOURCE) if each.case == SEEN else None)
    )
    return Book(
        fitted=on,
        source=source,
        runs=len(kept),
        engines=_engines(kept, whole),
        bands=wide,
        residuals=tuple(one for each in held for one in residuals(kept, each, wide)),
        seen={word: tuple(sorted(set(kept.words[word].tolist()))) for word in ("gpu", "model", NEW_NUMBERS)},
        note=note,
    )


def settings(runs: Runs, fitted: Fitted | None) -> Profile:
    """Make the profiles of runs: of constants that were fitted, or of those thought beforehand."""
    known = {each.name: each for each in (*ERAS, OTHERS)}
    made: dict[str, Profile] = {}
    for name in set(runs.words["engine"].tolist()):
        constants = fitted.constants(name) if fitted else {each: c.start for each, c in TABLE.items()}
        era = known[name]
        made[name] = profile(constants, most=era.most, chunk=era.chunk, spare=era.spare, blocking=era.blocking)
    return aligned([made[name] for name in runs.words["engine"].tolist()])


def _engines(runs: Runs, whole: Fitted) -> tuple[Engine, ...]:
    counts = {name: int((runs.words["engine"] == name).sum()) for name in whole.engines}
    named = [(COMMON, len(runs)), *counts.items()]
    return tuple(Engine(name=name, runs=count, constants=whole.constants(name)) for name, count in named)
