"""Drawn: one number of a card that differs by world, in the place of a `Decimal`.

A model draws an uncertain price ten thousand times; its card is rated once. Such a number can't be lost on the way: as
a plain decimal it is a signaling NaN, so that whatever reads it without knowing worlds raises instead of reckoning on.
"""

from collections.abc import Callable, Sequence
from decimal import Context, Decimal
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pertoken.core.errors import CardError, InputError
from pertoken.core.exact import CONTEXT

Worlds = NDArray[np.float64]
"""One number for each world, shape `(*batch,)`."""


class Drawn(Decimal):
    """A number that is drawn anew in every world.

    Sums, differences, products and quotients with numbers and with each other are reckoned world by world, in floats.
    It is equal to a number if it is in every world; to ask which is greater is an error where the answer differs.

    Args:
        worlds: The number in each world, shape `(*batch,)`; finite.

    Raises:
        InputError: A world has no finite number, or there is only one world.

    >>> price = Drawn([0.002, 0.003]) * 1000 + Decimal(1)
    >>> price.worlds.tolist()
    [3.0, 4.0]
    """

    __slots__ = ("worlds",)
    worlds: Worlds
    __array_ufunc__ = None
    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # equal numbers must have equal hashes

    def __new__(cls, worlds: ArrayLike) -> Self:  # noqa: D102  what it takes stands above
        made = super().__new__(cls, "sNaN")
        made.worlds = np.array(worlds, dtype=np.float64)
        made.worlds.flags.writeable = False
        if made.worlds.ndim == 0 or np.isnan(made.worlds).any():
            msg = f"a drawn number has the shape {made.worlds.shape}; expected a number for each world, none missing"
            raise InputError(msg)
        return made

    def __reduce__(self) -> tuple[type["Drawn"], tuple[Any]]:
        return Drawn, (self.worlds,)

    def __repr__(self) -> str:
        return f"Drawn(shape={self.worlds.shape}, mean={self.worlds.mean():.6g})"

    __str__ = __repr__

    def __format__(self, spec: str, /, context: object = None) -> str:
        return repr(self)

    def is_finite(self) -> bool:
        """Tell whether it is finite in every world."""
        return bool(np.isfinite(self.worlds).all())

    def __bool__(self) -> bool:
        return bool((self.worlds != 0).any())

    def __eq__(self, other: object) -> bool:
        number = _float(other)
        return number is not None and bool((self.worlds == number).all())

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __lt__(self, other: object) -> bool:
        return _agreed(self.worlds < _asked(other))

    def __le__(self, other: object) -> bool:
        return _agreed(self.worlds <= _asked(other))

    def __gt__(self, other: object) -> bool:
        return _agreed(self.worlds > _asked(other))

    def __ge__(self, other: object) -> bool:
        return _agreed(self.worlds >= _asked(other))

    def __add__(self, other: Decimal | int) -> Any:  # noqa: ANN401  as `Decimal` says, but drawn
        return self._with(np.add, other)

    __radd__ = __add__

    def __sub__(self, other: Decimal | int) -> Any:  # noqa: ANN401  as `Decimal` says, but drawn
        return self._with(np.subtract, other)

    def __rsub__(self, other: Decimal | int) -> Any:  # noqa: ANN401  as `Decimal` says, but drawn
        return self._with(np.subtract, other, swapped=True)

    def __mul__(self, other: Decimal | int) -> Any:  # noqa: ANN401  as `Decimal` says, but drawn
        return self._with(np.multiply, other)

    __rmul__ = __mul__

    def __truediv__(self, other: Decimal | int) -> Any:  # noqa: ANN401  as `Decimal` says, but drawn
        return self._with(np.divide, other)

    def __rtruediv__(self, other: Decimal | int) -> Any:  # noqa: ANN401  as `Decimal` says, but drawn
        return self._with(np.divide, other, swapped=True)

    def __neg__(self) -> "Drawn":
        return Drawn(-self.worlds)

    def _with(self, operate: Callable[[Any, Any], Any], other: object, *, swapped: bool = False) -> Any:  # noqa: ANN401  one, or what Python tries next
        number = _float(other)
        if number is None:
            return NotImplemented
        return Drawn(operate(number, self.worlds) if swapped else operate(self.worlds, number))


def _float(other: object) -> Any:  # noqa: ANN401  a number or worlds
    """Read another number; None where it is none."""
    if isinstance(other, Drawn):
        return other.worlds
    return float(other) if isinstance(other, Decimal | int | float | np.number) else None


def _asked(other: object) -> Any:  # noqa: ANN401  a number or worlds
    number = _float(other)
    if number is None:
        msg = f"a drawn number is compared with {other!r}; expected a number"
        raise InputError(msg)
    return number


def _agreed(answers: NDArray[np.bool_]) -> bool:
    """Answer for all worlds.

    Raises:
        CardError: The answer differs by world, and a card takes one way for all.
    """
    if answers.all() or not answers.any():
        return bool(answers.all())
    msg = "what a card does next differs by world, as which pool is drawn first; expected one order for all worlds"
    raise CardError(f"{msg}; say it (priority), or draw numbers that do not cross")


def multiply(one: Decimal, two: Decimal, context: Context = CONTEXT) -> Decimal:
    """Multiply two numbers of a card, exactly as a context says where neither differs by world."""
    return one * two if isinstance(one, Drawn) or isinstance(two, Drawn) else context.multiply(one, two)


def divide(one: Decimal, two: Decimal, context: Context = CONTEXT) -> Decimal:
    """Divide two numbers of a card, exactly as a context says where neither differs by world.

    >>> divide(Drawn([3, 4]), Decimal(1000)).worlds.tolist()
    [0.003, 0.004]
    """
    return one / two if isinstance(one, Drawn) or isinstance(two, Drawn) else context.divide(one, two)


def lesser(one: Decimal, two: Decimal) -> Decimal:
    """Take the lesser of two numbers, world by world where they differ."""
    if isinstance(one, Drawn) or isinstance(two, Drawn):
        return Drawn(np.minimum(_float(one), _float(two)))
    return min(one, two)


def kind_of(number: Decimal, *, exact: bool, axes: int = 1) -> Any:  # noqa: ANN401  either kind
    """Make a number of a card the kind that is reckoned with: a decimal, a float, or worlds ahead of the values' axes.

    Args:
        number: The number.
        exact: Decimals or floats.
        axes: How many axes follow the worlds in what it is reckoned with.

    >>> kind_of(Decimal("0.5"), exact=False), kind_of(Drawn([1, 2]), exact=False, axes=2).shape
    (0.5, (2, 1, 1))
    """
    if isinstance(number, Drawn):
        return number.worlds.reshape(*number.worlds.shape, *(1,) * axes)
    return number if exact else float(number)


def by_world(number: Decimal) -> Any:  # noqa: ANN401  either kind
    """Read a number of a card as a float, or as one for each world, shape `(*batch,)`."""
    return kind_of(number, exact=False, axes=0)


def columns(numbers: Sequence[Decimal]) -> NDArray[np.float64]:
    """Put numbers beside each other as floats: shape `(number,)`, or `(*batch, number)` where some differ by world."""
    if any(isinstance(each, Drawn) for each in numbers):
        return np.stack(np.broadcast_arrays(*map(_float, numbers)), axis=-1)
    return np.array([float(each) for each in numbers], dtype=np.float64)
