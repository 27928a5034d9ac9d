"""Every model that ships says where its numbers come from, how unsure they are, and what is to hold."""

import pytest

from tests.examples.model_run import FOLDER, NAMES, compiled, unsure_inputs

OWN = ("plans.", "vendors.", "levers.", "segments.", "workloads.", "costs.", "event.")
"""Beginnings of the names of numbers that are named by their place: structure, switches and list prices."""


def test_all_six_stories_ship():
    assert NAMES == ["chatbot", "hybrid", "summary", "tiers", "training", "workloads"]


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
