"""What selling costs comes in by this door: spending by month, or what it costs to win a customer of each cohort."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from pathlib import Path

from pertoken.connect.small_rows import Kind, rows
from pertoken.core import period
from pertoken.core.errors import Fault, InputError

SPENDING = Kind("spending", ("month",), "month, amount", "{month: 2026-05, amount: 12000}")
WINNING = Kind("costs of winning a customer", ("cac",), "cohort, cac", "{cohort: pro, cac: 450}")


def read_spending(path: str | Path) -> dict[str, float]:
    """Read what sales and marketing cost, by month: columns `month` and `amount`; rows of a month are added up.

    Args:
        path: CSV file with a header, or YAML with a list of maps.

    Raises:
        InputError: What is wrong, with file and row.
    """
    return numbers(path, SPENDING, "month", "amount", lambda text: period.check(text, "month"))


def read_cac(path: str | Path) -> dict[str, float]:
    """Read what it costs to win a customer: columns `cohort` (empty for all others) and `cac`.

    Args:
        path: CSV file with a header, or YAML with a list of maps.

    Raises:
        InputError: What is wrong, with file and row, or a cohort stands twice.
    """
    return numbers(path, WINNING, "cohort", "cac", str, once=True)


def numbers(
    path: str | Path, kind: Kind, name: str, value: str, checked: Callable[[str], str], *, once: bool = False
) -> dict[str, float]:
    """Read numbers of 0 or more by name.

    Args:
        path: CSV file with a header, or YAML with a list of maps.
        kind: What it is expected to be.
        name: Column of the names.
        value: Column of the numbers.
        checked: Says a name as it should be, or what is wrong with it.
        once: Whether a name may stand once only; else its rows are added up.

    Raises:
        InputError: What is wrong, with file and row.
    """
    faults: list[Fault] = []
    made: dict[str, float] = {}
    for place, row in rows(path, kind):
        try:
            label = checked(row.get(name, ""))
            number = Decimal(row.get(value, "").replace("_", ""))
        except InputError as error:
            faults.append(Fault(place, str(error), f"{name} as {kind.example}"))
            continue
        except InvalidOperation:
            number = Decimal(-1)
        if not number.is_finite() or number < 0:
            faults.append(Fault(place, f"{value} is {row.get(value, '')!r}", "a number of 0 or more"))
        elif once and label in made:
            faults.append(Fault(place, f"a second row of {label!r}", "one", "leave one of them out"))
        else:
            made[label] = made.get(label, 0.0) + float(number)
    if faults:
        raise InputError.of(faults)
    return made
