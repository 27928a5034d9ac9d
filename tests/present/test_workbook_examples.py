"""The shipped models as workbooks: every cell recalculated is what Python found."""

from datetime import date

import pytest

from pertoken.present.workbook import model_workbook
from pertoken.scenario.print_out import printed
from pertoken.workbench.modelling import model
from pertoken.workbench.models import model_example, model_examples
from tests.present.test_workbook import MASTER, UNTIL_CALCULATED, differing
from tests.present.workbook_engine import live, recalculated


@pytest.mark.parametrize("name", sorted(model_examples()))
def test_a_shipped_model_recalculated_is_what_python_found(name, tmp_path):
    path = tmp_path / f"{name}.yaml"
    path.write_text(model_example(name))
    paper = printed(model(path), on=date(2026, 11, 22), version="0", worlds=5)
    data = model_workbook(paper)
    found = recalculated(data)
    assert len(found) > 4_000
    assert differing(found, live(data)).keys() == UNTIL_CALCULATED
    failing = found[MASTER]
    promised = sum(paper.values["base"][check].min() != 1 for check in paper.checks)
    assert failing == promised  # only what the modeller's own checks say
