"""Every model that ships says where its numbers come from, how unsure they are, and what is to hold."""

from dataclasses import replace

import numpy as np
import pytest

from pertoken.core.design import design
from pertoken.scenario.drawn_worlds import dimensions, drawn, together
from pertoken.scenario.evaluate import evaluate
from pertoken.scenario.order import ordered
from pertoken.scenario.run import run
from pertoken.scenario.whole import whole
from pertoken.scenario.worlds import cases, named
from tests.examples.model_run import FOLDER, NAMES, compiled, unsure_inputs

OWN = ("plans.", "vendors.", "levers.", "segments.", "workloads.", "costs.", "event.", "fleets.")
"""Beginnings of the names of numbers that are named by their place: structure, switches and list prices."""


def test_all_seven_stories_ship():
    assert NAMES == ["chatbot", "fleet", "hybrid", "summary", "tiers", "training", "workloads"]


@pytest.mark.parametrize("name", NAMES)
class TestAnExample:
    def test_says_the_source_and_the_day_of_each_assumption(self, name):
        spec = compiled(name).spec
        for said in spec.assumptions.values():
            if not said.name.startswith(OWN):
                assert said.source, said.name
                assert said.as_of, said.name

    def test_has_a_source_and_a_day_for_each_price_of_a_vendor(self, name):
        for said in compiled(name).spec.assumptions.values():
            if said.name.startswith("vendors."):
                assert said.source, said.name
                assert said.as_of, said.name

    def test_is_unsure_of_three_inputs_at_least(self, name):
        assert len(unsure_inputs(name)) >= 3

    def test_has_low_and_high_cases_scenarios_checks_and_what_moves_together(self, name):
        spec = compiled(name).spec
        assert {case for said in spec.assumptions.values() for case in said.cases} >= {"low", "high"}
        assert spec.scenarios
        assert spec.checks
        assert spec.correlations

    def test_fits_on_two_screens(self, name):
        lines = (FOLDER / f"{name}.yaml").read_text().splitlines()
        assert len(lines) <= 110
        assert max(map(len, lines)) <= 120


@pytest.mark.parametrize("name", NAMES)
def test_the_program_of_the_workbook_comes_to_what_rating_comes_to(name):
    """Two interpreters: cards and levers written out as rows, and the rating that makes invoices; in 31 worlds too."""
    model = compiled(name)
    program = whole(model)
    program = replace(program, rows=ordered(program.rows, ladders=program.ladders))
    shares = together(model, design(dimensions(model), draws=31, seed=3))
    for worlds in (*(named(model, case) for case in cases(model)), drawn(model, shares)):
        own, found = evaluate(program, worlds.given), run(model, worlds).values
        for row in (*model.before.rows, *model.after.rows):
            given, expected = np.broadcast_arrays(own[row.name], found[row.name])
            np.testing.assert_allclose(given, expected, rtol=1e-9, atol=1e-6, err_msg=f"{row.name} in {worlds.case}")


@pytest.mark.parametrize("name", NAMES)
def test_no_world_is_impossible(name):
    model = compiled(name)
    shares = together(model, design(dimensions(model), draws=499, seed=11))
    found = run(model, drawn(model, shares))
    for row in (*model.before.rows, *model.after.rows):
        values = found.values[row.name]
        undefined = row.name in ("ltv", "ltv_to_cac", "payback_months") or row.name.startswith("utilisation.")
        assert np.isfinite(values).all() or undefined, row.name
        if row.name.startswith(("customers", "new.", "churned.", "moved.", "requests", "tokens", "revenue", "cost.")):
            assert (values >= 0).all(), row.name
