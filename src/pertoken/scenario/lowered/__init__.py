"""Lowered: a rate card and levers as rows of a sheet, which NumPy and a spreadsheet both can run."""

from pertoken.scenario.lowered.invoice import CardRows, card_rows
from pertoken.scenario.lowered.work import Money

__all__ = ["CardRows", "Money", "card_rows"]
