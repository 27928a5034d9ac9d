"""Formats that logs come in, one module for each family; the most particular first."""

from pertoken.usage.layout import Layout

LAYOUTS: tuple[Layout, ...] = ()
"""All formats that are recognised."""
