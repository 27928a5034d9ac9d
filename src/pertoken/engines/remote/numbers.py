"""Columns as numbers: what stands there, read exactly; leaves as one column less those that it contains."""

import functools
import operator

import ibis
import ibis.expr.datatypes as dt

from pertoken.core.meters import meter
from pertoken.engines.remote import dialect
from pertoken.engines.remote.dialect import EXACT
from pertoken.engines.remote.table import Expr, Table
from pertoken.usage.decompose import Leaf

PARTED = dt.Decimal(28, 9)
"""Numbers with fractions, narrow enough to be added up."""
WRITTEN = "^[+-]?([0-9]{1,20}([.][0-9]*)?|[.][0-9]+)([eE]([+]?0?[0-9]|-[0-9]{1,2}))?$"
"""A number in text. Engines differ in what they do with a backslash, so patterns have none."""


def whole(kind: Expr) -> bool:
    """Tell whether a column's type holds whole numbers of at most 64 bits."""
    return bool(kind.is_integer() and not kind.is_uint64())


def said(column: Expr) -> Expr:
    """What stands in a column; NULL where nothing does."""
    return column.strip().nullif("") if column.type().is_string() else column


def readable(table: Table, name: str) -> Expr:
    """A column as an exact number; NULL where there is none."""
    column = table.column(name)
    if column.type().is_string():
        text = column.strip()
        return ibis.cases((text.re_search(WRITTEN), text.cast(EXACT)), else_=ibis.null(EXACT))
    if column.type().is_floating():
        return dialect.exact(table.dialect, column)
    return column.cast(EXACT)


def number(table: Table, name: str, leaf: str) -> Expr:
    """The value of a meter's column; nothing said counts as zero."""
    column = table.column(name)
    if whole(column.type()):
        wide = column.cast(dt.int64).coalesce(0)
        return wide if meter(leaf).whole else wide.cast(PARTED)
    kind = dt.int64 if meter(leaf).whole else PARTED
    exact = readable(table, name)
    held = exact.between(-(10**18), 10**18)  # rows beyond are rejected, but first they are reckoned
    return ibis.cases((held, exact.cast(kind)), else_=ibis.null(kind)).coalesce(ibis.literal(0).cast(kind))


def value(table: Table, leaf: Leaf) -> Expr:
    """A leaf of one row: its column less what the column contains."""
    own, less = ([number(table, c, leaf.meter) for c in some] for some in ((leaf.column, *leaf.more), leaf.less))
    return functools.reduce(operator.sub, less, functools.reduce(operator.add, own))
