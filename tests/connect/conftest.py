"""A web server, for the tests of this room."""

from tests.serve import serve

__all__ = ["serve"]
