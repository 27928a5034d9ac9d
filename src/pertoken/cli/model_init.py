"""`pertoken model init`: begin a model from an example that ships."""

import sys

import click

from pertoken import workbench
from pertoken.cli.options import Output
from pertoken.core.errors import InputError


@click.command("init")
@click.argument("example", required=False)
@click.option("--out", "target", type=Output(), metavar="FILE", help="Where to write it; EXAMPLE.yaml if not said.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@click.option("--list", "listed", is_flag=True, help="List the examples.")
@click.option("--quiet", is_flag=True, help="No words on standard error.")
def command(example: str | None, target: str | None, *, force: bool, listed: bool, quiet: bool) -> None:
    """Write the model file of EXAMPLE, to be changed into one's own; the first example if none is said.

    Example: pertoken model init chatbot --out plan.yaml
    """
    from pathlib import Path

    from pertoken.present.files import write_whole

    if listed:
        sys.stdout.write("".join(f"{name:<12} {title}\n" for name, title in workbench.model_examples().items()))
        return
    name = example or next(iter(workbench.model_examples()))
    text = workbench.model_example(name)
    file = target or str(Output().convert(f"{name}.yaml", None, None))
    if Path(file).exists() and not force:
        msg = f"{file} is there already; expected a new file; say --out with another name, or --force to write over it"
        raise InputError(msg)
    write_whole(file, text.encode())
    if not quiet:
        sys.stderr.write(f"wrote {file}; look at it with `pertoken model check {file}`\n")
