"""What-ifs on usage: caches, routes, batches; each is moves and additions of quantities."""

from pertoken.levers.effect import Add, Effect, Move, explained, move, touched
from pertoken.levers.kind import LEVERS, Lever, Parameter
from pertoken.levers.pipeline import Chosen, effects

__all__ = [
    "LEVERS",
    "Add",
    "Chosen",
    "Effect",
    "Lever",
    "Move",
    "Parameter",
    "effects",
    "explained",
    "move",
    "touched",
]
