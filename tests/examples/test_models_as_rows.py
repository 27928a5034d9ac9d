"""The shipped models as one program of rows come to what rating makes of them, in every case and with every lever."""

from importlib.resources import as_file, files

import numpy as np
import pytest

from pertoken.connect.models import read_model
from pertoken.scenario.compile import compiled
from pertoken.scenario.evaluate import evaluate
from pertoken.scenario.run import run
from pertoken.scenario.whole import whole
from pertoken.scenario.worlds import cases, named

EXAMPLES = sorted(each.name for each in (files("pertoken") / "examples").iterdir() if each.name.endswith(".yaml"))


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_shipped_model_in_rows_comes_to_what_rating_makes_of_it(name):
    with as_file(files("pertoken") / "examples" / name) as path:
        model = compiled(read_model(path))
    program = whole(model)
    levers = [f"levers.{lever.name}.on" for lever in model.spec.levers]
    worlds: list[tuple[str, dict[str, float]]] = [(case, {}) for case in cases(model)]
    worlds += [("base", {lever: 1.0}) for lever in levers]
    for case, but in [*worlds, ("base", dict.fromkeys(levers, 1.0))]:
        wanted = run(model, named(model, case, but))
        known = {**wanted.worlds.given, **wanted.values}
        found = evaluate(program, {row.name: known[row.name] for row in program.rows if row.node is None})
        for row in model.after.rows:
            np.testing.assert_allclose(
                found[row.name], wanted.values[row.name], rtol=1e-9, atol=1e-6, err_msg=f"{row.name}, {case}, {but}"
            )
