"""Native: a loop's machine code, from the disk; compiled and kept there where there is none."""

from collections.abc import Callable, Iterable
from typing import Any

from pertoken.machine.code import object_of
from pertoken.machine.fingerprint import fingerprint
from pertoken.machine.kept import keep, kept, machine, place_of


def native(
    loop: Any,  # noqa: ANN401  a `Loop`
    kinds: tuple[Any, ...],
    arguments: tuple[Any, ...],
    watchers: Iterable[Callable[[str], None]],
) -> Callable[..., int]:
    """Load the machine code of a loop.

    Args:
        loop: Which.
        kinds: What its arguments are.
        arguments: Such arguments.
        watchers: Told its name before it is compiled.
    """
    name = f"{loop.__module__.removeprefix('pertoken.')}.{loop.__name__}"
    place = place_of(name, fingerprint(loop), f"{kinds}\n{machine()}")
    code = kept(place)
    if code is None:
        for watcher in watchers:
            watcher(name)
        code = object_of(loop.jitted, arguments)
        keep(place, code)
    return code.loaded()
