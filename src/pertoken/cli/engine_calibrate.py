"""`pertoken engine calibrate`: fit a profile to runs of one's own."""

from pathlib import Path

import click

from pertoken import workbench
from pertoken.cli.options import Delivery, Output, deliver, outputs, today


@click.command()
@click.argument("rows")
@click.option("--name", default="own", show_default=True, help="What to call the profile.")
@click.option("--out", type=Output(), metavar="FILE", help="Where to write the profile.")
@click.option("--all", "everything", is_flag=True, help="Fit all engines anew, from many runs; takes minutes.")
@click.option("--source", default="", help="What the rows are, with --all.")
@click.option("--note", default="", help="What is to be known of them, with --all.")
@outputs
def command(
    rows: str, name: str, out: str | None, *, everything: bool, source: str, note: str, delivery: Delivery
) -> None:
    """Fit a profile to the measured runs of the table ROWS.

    Example: pertoken engine calibrate runs.csv --out mine.yaml
    """
    from pertoken.present.engine import fitted, report

    if everything:
        book = workbench.calibrate_all(rows, on=today(), source=source or Path(rows).name, note=note)
        made, shown = workbench.profile_text(book), report(book)
    else:
        found = workbench.calibrate_engine(rows, name=name)
        made, shown = workbench.profile_text(found), fitted(found)
    deliver(shown, delivery, also={out: made.encode()} if out else None)
