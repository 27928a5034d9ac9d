"""How deeply customers are integrated comes in by this door: keys issued, seats, environments; a number for each."""

from pathlib import Path

from pertoken.connect.small_rows import Kind
from pertoken.connect.spending import numbers

DEPTHS = Kind("depths of integration", ("depth",), "customer, depth", "{customer: acme, depth: 12}")


def read_depths(path: str | Path) -> dict[str, float]:
    """Read how deeply customers are integrated: columns `customer` and `depth`.

    Args:
        path: CSV file with a header, or YAML with a list of maps.

    Raises:
        InputError: What is wrong, with file and row, or a customer stands twice.
    """
    return numbers(path, DEPTHS, "customer", "depth", str, once=True)
