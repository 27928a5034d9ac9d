"""Trace: a number of a model in a named case, explained from the whole program, its cards and levers as rows."""

from pertoken.core.errors import InputError, PertokenError
from pertoken.scenario.answer import Traced
from pertoken.scenario.evaluate import evaluate
from pertoken.scenario.explained import DEPTH, explained
from pertoken.scenario.model import Model
from pertoken.scenario.program import Program
from pertoken.scenario.run import ALIASES, run
from pertoken.scenario.whole import whole
from pertoken.scenario.worlds import named


def traced(model: Model, name: str = "", *, month: str | None = None, case: str = "base", depth: int = DEPTH) -> Traced:
    """Explain a number of a model down to its inputs.

    Args:
        model: The model.
        name: The quantity, or an input; `margin` and `profit` stand for results. The operating result if empty.
        month: The month; None for all months together.
        case: Case or scenario.
        depth: Steps down.

    Raises:
        InputError: No such quantity, month or case; or no steps.
    """
    if depth < 0:
        msg = f"a depth of {depth}; expected 0 or more steps down"
        raise InputError(msg)
    worlds, note = named(model, case), ""
    own = ALIASES.get(name, name) or "operating_result"
    try:
        program = whole(model)
        values = evaluate(program, worlds.given)
    except PertokenError as error:
        program = _bare(model)
        values = dict(run(model, worlds).values)
        note = f"What cards charge is not followed: {error}"
    rows = {row.name: row for row in program.rows}
    own = model.entries.get(own, own) if own not in rows else own
    tree = explained(program, values, own, month=month, depth=depth)
    inputs = {row: model.inputs[said] for said, row in model.entries.items()}
    return Traced(model, case, tree, rows, inputs, note)


def _bare(model: Model) -> Program:
    """The rows before and after rating, each once; what was rated is given."""
    before = {row.name for row in model.before.rows}
    return Program(
        rows=(*model.before.rows, *(row for row in model.after.rows if row.name not in before)), months=model.months
    )
