"""Pools of a quantity."""
from pertoken.scenario.lowered.work import Work
from pertoken.scenario.lowered.charges import Charged
def quantity_pool_rows(work: Work, charged: Charged) -> None: ...
