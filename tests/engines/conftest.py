"""The desk, and the places where a log can be, for the tests of this room."""

from tests.desk import ask, desk
from tests.engines.places import place, server_postgres, server_spark

__all__ = ["ask", "desk", "place", "server_postgres", "server_spark"]
