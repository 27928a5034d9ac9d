"""The live workbook of a model: an interpreter of the compiled program, as NumPy is, whose cells are formulas."""

from pertoken.present.workbook.writer import model_workbook
from pertoken.scenario.fit import uncertain, worlds_that_fit

__all__ = ["model_workbook", "uncertain", "worlds_that_fit"]
