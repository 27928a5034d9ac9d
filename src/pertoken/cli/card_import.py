"""`pertoken card import`: plans of other engines become cards."""

import sys

import click

from pertoken.cli.options import Output
from pertoken.core.errors import InputError

ENGINES = ("lago", "openmeter", "stripe", "flexprice", "killbill", "meteroid")


@click.command("import")
@click.argument("file")
@click.option(
    "--from", "engine", type=click.Choice(ENGINES), help="Whose plans they are; told by their shape if not said."
)
@click.option("--out", "target", type=Output(), metavar="FILE", help="Write the cards to this YAML file.")
@click.option(
    "--meter",
    "meters",
    multiple=True,
    metavar="CODE=METER",
    help="Our meter, or sum of meters, for a code of theirs. May be given again.",
)
@click.option("--quiet", is_flag=True, help="No words on standard error.")  # fmt: skip
def command(file: str, engine: str | None, target: str | None, meters: tuple[str, ...], *, quiet: bool) -> None:
    """Read plans exported from another billing engine, and write them as cards.

    What has no exact equal is refused, all of it at once, each with its place.

    Example: pertoken card import lago.json --out plans.yaml --meter tokens_in=input_tokens
    """
    from pertoken.connect.card_yaml import card_yaml
    from pertoken.connect.plans import import_plans
    from pertoken.present.files import write_whole

    if target and _same(file, target):
        msg = f"--out {target} is the file that is read; say another"
        raise InputError(msg)
    name, made = import_plans(file, engine or "", _said(meters))
    text = card_yaml(made.cards, made.origins, f"From {name}: {file}")
    if target:
        write_whole(target, text.encode())
    else:
        sys.stdout.write(text)
    if not quiet:
        sys.stderr.write(_words(name, made.notes, target, told=engine is None, plans=len(made.cards)))


def _same(one: str, other: str) -> bool:
    from pathlib import Path

    return Path(one).resolve() == Path(other).resolve()


def _words(engine: str, notes: tuple[str, ...], target: str | None, *, told: bool, plans: int) -> str:
    lines = [f"read as {engine}, by its shape; say --from if that is wrong"] if told else []
    lines += ["not carried over, or to be known:", *(f"  - {note}" for note in notes)] if notes else []
    lines += [f"wrote {target}: {plans} plan{'' if plans == 1 else 's'}"] if target else []
    return "".join(f"{line}\n" for line in lines)


def _said(texts: tuple[str, ...]) -> dict[str, str]:
    """Read which meters are said for which codes.

    >>> _said(("tokens=input_tokens + output_tokens",))
    {'tokens': 'input_tokens + output_tokens'}
    """
    out: dict[str, str] = {}
    for text in texts:
        code, equals, meter = (part.strip() for part in text.partition("="))
        if not (code and equals and meter):
            msg = f"can't read --meter {text!r}; expected for example --meter tokens_in=input_tokens"
            raise InputError(msg)
        if code in out:
            msg = f"two meters for {code!r}; expected one; drop the other"
            raise InputError(msg)
        out[code] = meter
    return out
