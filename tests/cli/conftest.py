"""The desk, and a web server beside it, for the tests of this room."""

from tests.desk import ask, desk
from tests.serve import serve

__all__ = ["ask", "desk", "serve"]
