"""Small models for tests, as dictionaries, and their compiled form."""

from pertoken.connect.models import model_from
from pertoken.scenario.compile import compiled
from pertoken.scenario.run import run
from pertoken.scenario.worlds import named

PRICES = {"vendors": {"llm": {"rates": {"m": {"input": 2, "output": 8}}}}}


def made(said=None, months=3, **parts):
    """A model of some parts, compiled."""
    whole = {"model": "small", "calendar": {"start": "2027-01", "months": months}, "currency": "USD"}
    return compiled(model_from({**whole, **(said or {}), **parts}))


def plan(rate=0.0, flat=0):
    """A plan with a fee and a price for 1,000 tokens."""
    prices = {"tokens": {"measure": {"sum": "total_tokens"}, "convert": {"per": 1000}, "curve": [{"rate": rate}]}}
    return {"prices": {**prices, **({"fee": {"curve": [{"flat": flat}]}} if flat else {})}}


def base(model, case="base", **but):
    """What a model comes to in a case."""
    return run(model, named(model, case, but))
