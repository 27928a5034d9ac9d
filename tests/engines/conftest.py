"""The desk, for the tests of this room."""

from tests.desk import ask, desk

__all__ = ["ask", "desk"]
