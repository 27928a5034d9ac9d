"""How exact money is reckoned."""

from decimal import ROUND_HALF_UP, Context

CONTEXT = Context(prec=50, rounding=ROUND_HALF_UP)
"""Context for making rates; sums and products of invoices stay far below 28 digits."""
