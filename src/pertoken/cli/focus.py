"""`pertoken focus`: costs as a FOCUS Cost and Usage dataset, such a file as a ledger, and its checks."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pertoken.cli.books import Reading, log_options, noted, rejected
from pertoken.cli.options import Delivery, Output, deliver, keys, outputs
from pertoken.core.errors import EXIT_CHECK, Fault, InputError

if TYPE_CHECKING:
    from pertoken.connect.focus_cells import Repair
    from pertoken.core.lines import Ledger
    from pertoken.present.sheet import Cell, Sheet, Table

ABOUT = {"list": "List", "contracted": "Contracted", "effective": "Effective", "billed": "Billed"}
SHOWN = 20
"""Lines that people are shown; csv and json have all."""


@click.group()
def command() -> None:
    """Bills in the format of the FinOps Open Cost and Usage Specification.

    Example: pertoken focus export log.parquet --cost vendors.yaml --by day --out focus.csv
    """


@command.command(short_help="Write what LOG cost, or earned, as such a file.")
@log_options
@click.option("--out", "target", type=Output(), required=True, metavar="FILE", help="File to write: .csv or .parquet.")
@click.option("--version", type=click.Choice(["1.0", "1.1", "1.2"]), default="1.2", show_default=True,
              help="Version of the standard.")  # fmt: skip
@click.option("--by", default="month", show_default=True, metavar="KEYS",
              help="Keys to keep besides those that prices depend on, as day,provider,customer.")  # fmt: skip
@click.option(
    "--provider", default="", help="Who provides the service, where no key says so; the card's name if empty."
)
@click.option("--publisher", default="", help="Who made the service; the provider if empty.")
@click.option("--issuer", default="", help="Who writes the invoice; the provider if empty.")
@click.option("--service", default="", help="Name of the service; the provider if empty.")
@click.option("--account", default="main", show_default=True, help="Billing account that the provider knows us by.")
@outputs
def export(
    reading: Reading,
    target: str,
    version: str,
    by: str,
    provider: str,
    publisher: str,
    issuer: str,
    service: str,
    account: str,
    delivery: Delivery,
) -> None:
    """Write what LOG cost (or earned) as a Cost and Usage dataset, one row for each charge.

    Example: pertoken focus export log.parquet --cost vendors.yaml --by day --provider OpenAI --out focus.csv
    """
    from pertoken.connect.focus import Parties, write
    from pertoken.connect.focus import export as made
    from pertoken.connect.focus_ledger import ledger_of
    from pertoken.present.numbers import counted

    _apart(reading, target)
    side = "revenue" if reading.revenue else "cost"
    books = reading.books(quiet=delivery.quiet, by=keys(by))
    parties = Parties(provider=provider, publisher=publisher, issuer=issuer, service=service, account=account)
    ledger = ledger_of(books.rated[side].parts, books.cards[side], keys(by))
    data = made(ledger, books.cards[side], version=version, parties=parties, timezone=reading.timezone)
    write(data, target)
    costs = _costs(ledger, ("card",), books.statement.currency)
    whole = _sheet(f"FOCUS {version}: {Path(target).name}", f"{counted(len(data.rows), 'rows')}.", costs)
    noted(books.report, quiet=delivery.quiet)
    deliver(whole, delivery, also=rejected(books.report, reading.rejects, quiet=delivery.quiet))


@command.command("read", short_help="Show the four costs of FILE, and every repair.")
@click.argument("file")
@click.option("--by", default="provider,service", show_default=True, metavar="KEYS", help="Keys to report by.")
@click.option("--timezone", default="UTC", show_default=True, help="Zone in which days and months are reckoned.")
@outputs
def read(file: str, by: str, timezone: str, delivery: Delivery) -> None:
    """Read FILE, CSV or Parquet, and show its four costs and every repair that reading it took.

    Example: pertoken focus read bill.csv --by service,month
    """
    from pertoken.connect.focus_read import read as read_bill
    from pertoken.present.numbers import counted

    bill = read_bill(file, timezone=timezone)
    title = f"FOCUS {bill.version}: {Path(file).name}"
    said = f"{counted(bill.rows, 'rows')} in {bill.currency}; {counted(len(bill.repairs), 'kinds')} of repair."
    costs = _costs(bill.ledger, keys(by), bill.currency)
    deliver(
        _sheet(title, said, costs, _repairs(bill.repairs)),
        delivery,
        short=_sheet(title, said, _first(costs), _repairs(bill.repairs)),
    )


@command.command(short_help="Hold FILE against the rules of the standard.")
@click.argument("file")
@outputs
def check(file: str, delivery: Delivery) -> None:
    """Hold FILE against the standard's rules: words, products, periods, commitments; exit 1 if one is broken.

    Example: pertoken focus check bill.csv
    """
    from pertoken.connect.focus_check import check as checked
    from pertoken.present.numbers import counted

    found = checked(file)
    title = f"Check of {Path(file).name}"
    said = f"{counted(len(found.faults), 'faults')}." if found.faults else "No fault."
    tables = (_told("faults", found.faults), _told("notes", found.notes))
    deliver(_sheet(title, said, *tables), delivery, short=_sheet(title, said, *map(_first, tables)))
    if found.faults:
        raise click.exceptions.Exit(EXIT_CHECK)


def _apart(reading: Reading, target: str) -> None:
    """Refuse two sides in one file, and to write over what is read."""
    if reading.cost and reading.revenue:
        msg = "a FOCUS file is of one side; give --cost for what we pay, or --revenue for what our customers pay"
        raise InputError(msg)
    said = [reading.log, reading.mapping, *reading.cost, *reading.revenue]
    if Path(target).resolve() in {Path(x.partition("::")[0].partition("#")[0]).resolve() for x in said if x}:
        msg = f"--out {target} is also read by this command; say another file"
        raise InputError(msg)


def _sheet(title: str, said: str, *tables: "Table") -> "Sheet":
    from pertoken.present.sheet import Sheet

    return Sheet(title, said, tuple(table for table in tables if table.rows))


def _costs(ledger: "Ledger", by: tuple[str, ...], currency: str) -> "Table":
    """Sum the four costs by some keys, the dearest first."""
    from decimal import Decimal

    from pertoken.core.period import GRAINS
    from pertoken.present.sheet import Column, Table
    from pertoken.rating.rate import amount

    lines = ledger.with_keys(**{name: ledger.period(name) for name in by if name in GRAINS})
    totals: dict[tuple[str, ...], dict[str, Decimal]] = {}
    for kind in ABOUT:
        for row in amount(lines, kind).fold(by).records():
            totals.setdefault(tuple(row[name] for name in by), {})[kind] = row["amount"]
    dearest = sorted(totals.items(), key=lambda item: (-abs(item[1].get("billed", Decimal(0))), item[0]))
    columns = (
        *(Column(_snake(name), name.replace("_", " ").capitalize(), "text") for name in by),
        *(Column(kind, label, "exact", currency, total="sum") for kind, label in ABOUT.items()),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (*labels, *(cost.get(kind, Decimal(0)) for kind in ABOUT)) for labels, cost in dearest
    )
    return Table("costs", "Costs", columns, rows)


def _snake(name: str) -> str:
    """The machine name of a column for a key, whatever a tag is called.

    >>> _snake("tag_Cost Center")
    'tag_cost_center'
    """
    import re

    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "key"


def _repairs(repairs: "tuple[Repair, ...]") -> "Table":
    from pertoken.present.sheet import Column, Table

    columns = (
        Column("repair", "Repair", "text"),
        Column("column", "Column", "text"),
        Column("rows", "Rows", "count"),
        Column("first", "First row", "count"),
        Column("example", "Example", "text"),
    )
    rows = tuple((each.what, each.column, each.rows, each.first, each.example) for each in repairs)
    return Table("repairs", "Repairs", columns, rows, total=False)


def _told(name: str, faults: tuple[Fault, ...]) -> "Table":
    from pertoken.present.sheet import Column, Table

    names = ("where", "found", "expected", "mend")
    rows = tuple((each.where, each.found, each.expected, each.mend) for each in faults)
    return Table(name, name.capitalize(), tuple(Column(name, name.capitalize(), "text") for name in names), rows)


def _first(table: "Table") -> "Table":
    """The first lines of a long table, the rest counted."""
    from dataclasses import replace

    more = len(table.rows) - SHOWN
    if more <= 0:
        return table
    return replace(table, rows=table.rows[:SHOWN], note=f"and {more:,} more; --format csv has all", total=False)
