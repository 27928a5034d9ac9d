"""How many examples a law is tried on where each one is heavy: few in every run, ten times as many with `--many`.

In CI the examples are always the same ones (`derandomize`), so that many of them find little that a few have not found;
`pytest --many` looks further, at random.
"""

from hypothesis import settings

USUAL = 100
"""Examples of a law that says no number."""


def tries(count: int, more: settings | None = None) -> settings:
    """Try a law on some examples, or in proportion where the profile tries more than usual.

    Args:
        count: Examples in every run.
        more: What else is set for it.
    """
    usual = settings.default or settings()
    return settings(more or usual, max_examples=count * usual.max_examples // USUAL)
