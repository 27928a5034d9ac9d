"""Fingerprint: what a compiled function is made of, so that its machine code is made anew when any of it changes."""

from collections.abc import Iterator
from hashlib import sha256
from types import CodeType, ModuleType
from typing import Any


def fingerprint(loop: Any) -> str:  # noqa: ANN401  a `Loop` or a `Word`
    """Digest a function, those that it calls and the constants that they use.

    Args:
        loop: What has a `function`.
    """
    return sha256("\n".join(_parts(loop, set())).encode()).hexdigest()


def _parts(loop: Any, seen: set[int]) -> Iterator[str]:  # noqa: ANN401  as above
    """Tell what a function does, then what it calls, each once."""
    if id(loop) in seen:
        return
    seen.add(id(loop))
    yield f"{loop.__name__} {sorted((name, _said(each)) for name, each in loop.settings.items())}"
    globe = loop.function.__globals__
    for name in _told(loop.function.__code__):
        yield str(name)
        if isinstance(name, str) and name in globe:
            yield from _of(globe[name], seen)


def _told(code: CodeType) -> Iterator[Any]:
    """Tell its instructions, its constants and the names that it uses; of functions inside it, too."""
    yield code.co_code
    yield from code.co_names
    yield from code.co_varnames
    for each in code.co_consts:
        yield from _told(each) if isinstance(each, CodeType) else [_said(each)]


def _said(value: Any) -> str:  # noqa: ANN401  a constant
    """Write a constant, in the same words in each process."""
    return str(sorted(map(repr, value))) if isinstance(value, (set, frozenset)) else repr(value)


def _of(value: Any, seen: set[int]) -> Iterator[str]:  # noqa: ANN401  a global
    """Tell what a global name stands for."""
    if hasattr(value, "function"):
        yield from _parts(value, seen)
    elif isinstance(value, ModuleType):
        yield value.__name__
    else:
        yield f"{getattr(value, '__qualname__', '') or _said(value)} {getattr(value, '_fields', '')}"
