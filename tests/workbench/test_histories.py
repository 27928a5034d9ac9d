"""What a log's history says beside its usage: what a unit costs."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from pertoken.workbench.histories import history

CARDS = """
currency: USD
plans:
  old: {party: vendor, where: model == "old", prices: {t: {measure: {sum: input_tokens}, curve: [{rate: 3}]}}}
  new: {party: vendor, where: model == "new", prices: {t: {measure: {sum: input_tokens}, curve: [{rate: 1}]}}}
"""


def test_a_model_that_nobody_used_of_late_costs_what_it_did_before(tmp_path: Path) -> None:
    days = [date(2026, 1, 1) + timedelta(k) for k in range(60)]
    rows = [f"{day},acme,{'old' if k < 20 else 'new'},1000" for k, day in enumerate(days)]
    log, card = tmp_path / "log.csv", tmp_path / "cards.yaml"
    log.write_text("\n".join(["date,customer,model,input_tokens", *rows]) + "\n")
    card.write_text(CARDS)
    read = history(log, cost=[str(card)], how={})
    cells = zip(read.panel.cells["model"].column(), read.panel.cells["meter"].column(), strict=True)
    cost = dict(zip(cells, read.unit_cost, strict=True))
    assert cost["old", "input_tokens"] == pytest.approx(3)
    assert cost["new", "input_tokens"] == pytest.approx(1)
