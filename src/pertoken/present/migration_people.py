"""Who wins and who loses by a migration, and whom to let keep the old plan."""

import numpy as np

from pertoken.forecast.migration.answer import Migrated
from pertoken.forecast.migration.decide import spared
from pertoken.forecast.panel import Indices
from pertoken.present.numbers import rough
from pertoken.present.sheet import Cell, Column, Kind, Table

RANGE = ("P10", "P50", "P90")


def people(answer: Migrated, top: int | None) -> list[Table]:
    """Customers by the median change of their monthly bill, those who would pay more and those who would pay less."""
    found = answer.made.customers
    middle = np.where(found.asked, found.change[1], 0.0)
    order = np.argsort(-middle, kind="stable")
    more = order[middle[order] > 0]
    less = order[::-1][middle[order[::-1]] < 0]
    sides = (("pay_more", "Would pay more", more), ("pay_less", "Would pay less", less))
    return [_table(answer, name, title, rows, top) for name, title, rows in sides if len(rows)]


def _table(answer: Migrated, name: str, title: str, rows: Indices, top: int | None) -> Table:
    found, unit, kind = answer.made.customers, answer.currency, _kind(answer)
    columns = (
        Column("customer", "Customer", "text"),
        Column("old_bill", "Old bill", kind, unit),
        *(Column(f"change_{each.lower()}", f"Change {each}", kind, unit) for each in RANGE),
        Column("moves", "Moves", "share"),
        Column("forced", "Forced", "share"),
    )
    cells: tuple[tuple[Cell, ...], ...] = tuple(
        (found.names[i], float(found.old[i]), *(float(each) for each in found.change[:, i]), float(found.moved[i]),
         float(found.forced[i]))
        for i in rows[:top]
    )  # fmt: skip
    return Table(name, title, columns, cells, note=_note(len(rows), len(cells)), total=False)


def _kind(answer: Migrated) -> Kind:
    """How bills are written: without cents, where most are large."""
    return rough(float(np.median(answer.made.customers.old)))


def _note(every: int, shown: int) -> str:
    rest = f" {every - shown:,} more are not shown." if every > shown else ""
    return f"Bill of a month at usage as it would have been; moves: chance to be on the new plan at the end.{rest}"


def grandfathered(answer: Migrated, top: int | None) -> list[Table]:
    """Customers whom to move by force loses revenue: their bill rises, and they may leave."""
    found, unit, kind = answer.made.customers, answer.currency, _kind(answer)
    rows = spared(found)
    if not len(rows):
        return []
    columns = (
        Column("customer", "Customer", "text"),
        Column("old_bill", "Old bill", kind, unit),
        Column("change_p50", "Change P50", kind, unit),
        Column("leave", "More chance to leave", "share"),
        Column("worth", "Moving is worth", kind, unit),
    )
    cells: tuple[tuple[Cell, ...], ...] = tuple(
        (found.names[i], float(found.old[i]), float(found.change[1, i]), float(found.lost[i]), float(found.worth[i]))
        for i in rows[:top]
    )
    note = (
        "If the old plan ended with the start of the new one: change of revenue until the last month, leavers counted."
    )
    return [Table("grandfather", "Whom to let keep the old plan", columns, cells, note=note, total=False)]
