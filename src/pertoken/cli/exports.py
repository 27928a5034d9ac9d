"""What the words of `pertoken export` share: where a file goes, and what is said of it."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import click

from pertoken.cli.options import Day, Output, gathered, today
from pertoken.cli.worlds import MODEL, SEED
from pertoken.core.errors import InputError

K, M = 1_000, 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """Where a model goes, and how.

    Args:
        model: Its file.
        target: Where it is written; beside nothing said, its name with another ending in the folder one is in.
        force: Whether to write over a file.
        seed: Seed of the worlds.
        day: Day of the export.
        quiet: No words on standard error.
    """

    model: str
    target: str | None
    force: bool
    seed: int
    day: date | None
    quiet: bool

    @property
    def on(self) -> date:
        """Day of the export; today if not said."""
        return self.day or today()


OPTIONS = (
    MODEL,
    click.option("--out", "target", type=Output(), metavar="FILE",
                 help="Where to write it; the model's name with another ending, here, if not said."),
    click.option("--force", is_flag=True, help="Write over a file that is there."),
    SEED,
    click.option("--date", "day", type=Day(), metavar="YYYY-MM-DD", help="Day of the export; today if not said."),
    click.option("--quiet", is_flag=True, help="No words on standard error."),
)  # fmt: skip
WORLDS = click.option("--worlds", type=click.IntRange(min=0), metavar="N", help="Worlds drawn; 0 for none.")
SCENARIO = click.option("--scenario", default="all", show_default=True, metavar="NAME",
                        help="low, base, high, or a scenario of the model; all for all of them.")  # fmt: skip


def exported(command: Callable[..., None]) -> Callable[..., None]:
    """Add what every form asks for; the command is given it as one `how`."""
    return gathered(command, OPTIONS, "how", Exported)


def write(how: Exported, form: str, made: Callable[[], bytes]) -> None:
    """Write a file whole, unless it is there already, and say how large it is.

    Args:
        how: What was asked.
        form: The file's ending.
        made: Makes the bytes; called when the place is known to be free.

    Raises:
        InputError: The file is there, and is not to be written over.
    """
    from pertoken.present.files import write_whole

    file = how.target or str(Output().convert(f"{Path(how.model).stem}.{form}", None, None))
    refuse_there(file, force=how.force)
    data = made()
    write_whole(file, data)
    if not how.quiet:
        sys.stderr.write(f"wrote {file}, {sized(len(data))}\n")


def refuse_there(file: str, *, force: bool) -> None:
    """Refuse to write over a file that is there.

    Raises:
        InputError: It is there.
    """
    if Path(file).exists() and not force:
        msg = f"{file} is there already; expected a new file; say --out with another name, or --force to write over it"
        raise InputError(msg)


def sized(count: int) -> str:
    """Write how large a file is.

    >>> sized(450_897), sized(4_563_465), sized(12)
    ('451 kB', '4.6 MB', '12 bytes')
    """
    if count < K:
        return f"{count} bytes"
    return f"{count / K:.0f} kB" if count < M else f"{count / M:.1f} MB"
