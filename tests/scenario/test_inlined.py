"""A program in fewer rows comes to the same, in every example and every case."""

from importlib.resources import files

import numpy as np
import pytest

from pertoken.connect.models import read_model
from pertoken.scenario.compile import compiled
from pertoken.scenario.evaluate import evaluate
from pertoken.scenario.inlined import inlined, only
from pertoken.scenario.whole import whole
from pertoken.scenario.worlds import cases, side_by_side

EXAMPLES = ("chatbot", "hybrid", "summary", "tiers", "training", "workloads")


@pytest.mark.parametrize("name", EXAMPLES)
def test_fewer_rows_come_to_the_same_to_the_last_digit(name):
    model = compiled(read_model(str(files("pertoken") / "examples" / f"{name}.yaml")))
    program, given = whole(model), side_by_side(model, cases(model)).given
    short = inlined(only(program, model.headline), model.headline)
    assert len(short.rows) < len(program.rows)
    found, truth = evaluate(short, given), evaluate(program, given)
    for row in short.rows:
        np.testing.assert_array_equal(found[row.name], truth[row.name], err_msg=row.name)
