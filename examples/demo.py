"""The main job on a log of a realistic shape: rate both sides, leave a report to look at in `demo/`.

python examples/demo.py
"""

import sys
from pathlib import Path

import make_log

import pertoken as pt
from pertoken.present.excel import workbook
from pertoken.present.files import write_whole
from pertoken.present.html import page
from pertoken.present.table import terminal

HERE = Path(__file__).resolve().parent


def run(folder: Path) -> str:
    """Make the log, rate it on both sides, write workbook and page; return the statement as text.

    Args:
        folder: Where to leave log, workbook and page.
    """
    log = folder / "log.parquet"
    make_log.write(log)
    cost, revenue = [str(HERE / "vendors.yaml")], [str(HERE / "plans.yaml")]
    books = pt.statement(log, cost=cost, revenue=revenue, by=["customer", "month"])
    write_whole(folder / "statement.xlsx", workbook(pt.sheet(books)))
    write_whole(folder / "statement.html", page(pt.sheet(books, top=30)).encode())
    by_plan = pt.statement(log, cost=cost, revenue=revenue, by=["plan", "month"])
    return terminal(pt.sheet(by_plan), width=80)


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "demo")
    sys.stdout.write(run(target))
    sys.stdout.write(f"\nLook at {target / 'statement.html'} and {target / 'statement.xlsx'}.\n")
