"""Lowered: a rate card and levers as rows of a sheet, which NumPy and a spreadsheet both can run."""

from pertoken.scenario.lowered.invoice import CardRows, card_rows
from pertoken.scenario.lowered.moves import LeverRows, lever_effects, lever_rows
from pertoken.scenario.lowered.said import Said
from pertoken.scenario.lowered.work import Money

__all__ = ["CardRows", "LeverRows", "Money", "Said", "card_rows", "lever_effects", "lever_rows"]
