"""What a reader must have beside a model's numbers: which checks hold, how likely a loss is, how well that is known."""

from collections.abc import Iterator

import numpy as np

from pertoken.core.summary import known
from pertoken.present.model_words import amount, earns, label_of
from pertoken.present.numbers import show
from pertoken.present.sheet import Note
from pertoken.scenario.answer import Ran
from pertoken.scenario.run import Outcome
from pertoken.scenario.spec import Promise

FORMULA = 34
"""Letters of a formula beside the dozen lines that lead."""
NAMED = 3
"""Names that a list says before it counts the others."""


def failed(answer: Ran) -> list[str]:
    """Name the checks that do not hold in the case that leads."""
    first = next(iter(answer.cases.values()))
    return [check.name for check in answer.model.spec.checks if not _holds(first, check)]


def _holds(case: Outcome, check: Promise) -> bool:
    return bool((case.values[f"checks.{check.name}"] > 0).all())


def checks(answer: Ran, *, brief: bool) -> list[Note]:
    """Say which of the modeller's checks hold, those first that do not, in the cases and in how many worlds."""
    said = [(check, _broken(answer, check)) for check in answer.model.spec.checks]
    said.sort(key=lambda each: not each[1])
    worlds = next(iter(answer.simulated.values()), None)
    out = []
    for check, bad in said:
        held = worlds.held[f"checks.{check.name}"] if worlds is not None else 1.0
        share = "" if worlds is None or (held == 1 and not bad) else f", {show(held, 'share')} of worlds"
        text = check.formula if not brief or len(check.formula) <= FORMULA else f"{check.formula[: FORMULA - 1]}…"
        if bad:
            out.append(Note(f"{check.name} fails in {_listed(bad)}{share}: {text}", "warning"))
        else:
            out.append(Note(f"{check.name} holds{share}: {text}"))
    return out


def _broken(answer: Ran, check: Promise) -> list[str]:
    """Cases in which a check does not hold; of one case alone, the months."""
    bad = [name for name, case in answer.cases.items() if not _holds(case, check)]
    if len(answer.cases) > 1 or not bad:
        return bad
    values = answer.cases[bad[0]].values[f"checks.{check.name}"]
    if values.shape[-1] != len(answer.model.months):
        return bad
    return [answer.model.months[i] for i in np.flatnonzero(~(values > 0))]


def _listed(names: list[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def odds(answer: Ran) -> Iterator[Note]:
    """Say what the worst worlds come to, how likely margins are as asked, and how well the range is known."""
    pays = earns(answer)
    of = "operating_result" if pays else "total_cost"
    unit = answer.model.spec.currency
    label = label_of(next(iter(answer.cases.values())).row(of))
    for worlds in answer.simulated.values():
        said = worlds.totals[of]
        if worlds.above is not None:
            level, share, always = worlds.above
            yield Note(
                f"The gross margin is above {show(level, 'share')} in {show(share, 'share')} of the worlds over all "
                f"months, in each month in {show(always, 'share')}."
            )
        if not float(said["sd"]) > 0:
            continue
        shortfall = amount(float(said["shortfall"]))
        worst = "worst" if pays else "dearest"
        yield Note(
            f"{label}: the {worst} tenth of the worlds comes to {shortfall} {unit} on average; {known(said, 'p10')}; "
            f"{known(said, 'p90')}."
        )
