"""Models made at random as workbooks: every cell recalculated is what Python found."""

from datetime import date

from hypothesis import HealthCheck, given, settings

from pertoken.connect.models import model_from
from pertoken.present.workbook import model_workbook
from pertoken.scenario.compile import compiled
from pertoken.scenario.print_out import printed
from tests.present.test_workbook import UNTIL_CALCULATED, differing
from tests.present.workbook_engine import live, recalculated
from tests.scenario.models import models


@given(models())
@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_a_random_model_recalculated_is_what_python_found(said):
    model = compiled(model_from(said))
    data = model_workbook(printed(model, on=date(2026, 11, 22), version="0", worlds=4))
    assert differing(recalculated(data), live(data)).keys() <= set(UNTIL_CALCULATED)
