"""A request costs the same as a row of a log, alone and as a row of columns, whatever decides its price."""

import csv
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import numpy as np
import pytest

import pertoken as pt
from pertoken.catalog.book import Catalog
from pertoken.catalog.layers import replaced
from pertoken.catalog.prices import Rate, Window
from pertoken.workbench.costs import compiled

WINDOWS = (
    None,
    Window(time(16, 30), time(0, 30)),
    Window(time(22), time(6), "Europe/Berlin", (0, 1, 2, 3, 4), (date(2026, 3, 27),), (date(2026, 3, 28),)),
    Window(time(9), time(9), "America/New_York", (6,)),
    Window(time(1), time(3, 30), "Australia/Lord_Howe"),
)
STARTS = (None, date(2026, 3, 28), datetime(2026, 3, 29), datetime(2026, 3, 29, 1, 30))  # noqa: DTZ001  they are UTC
METERS = ("input_tokens", "cache_read_tokens", "output_tokens")
TIERS = ("standard", "default", "Standard", "ON_DEMAND", "priority", "scale", "reserved")
COLUMNS = ["timestamp", "provider", "model", "region", "service_tier", "batch", "customer", *METERS]


def rates(model: str, random: Random) -> Iterator[Rate]:
    """Prices by all that a price depends on; no two are alike."""
    window = random.choice(WINDOWS)
    terms = [(False, "standard", ""), (True, "standard", ""), (False, "priority", ""), (False, "standard", "eu")]
    for meter in METERS:
        for batch, tier, region in terms:
            for start in STARTS:
                for above in (0, 1000):
                    for hours in dict.fromkeys((None, window)):
                        price = Decimal(random.randrange(1, 10**6)).scaleb(-4)
                        yield Rate(
                            model=model, meter=meter, price=price, per=Decimal(10**6), provider="p", batch=batch,
                            service_tier=tier, region=region, above=above, window=hours, start=start,
                        )  # fmt: skip


def requests(random: Random, many: int) -> Iterator[dict[str, str]]:
    """Requests around the hours in which clocks and prices change."""
    for number in range(many):
        when = datetime(2026, 3, 26) + timedelta(minutes=random.randrange(6 * 24 * 60))  # noqa: DTZ001  it is UTC
        edge = random.choice([when, datetime(2026, 3, 29, 1, 30), datetime(2026, 3, 28), datetime(2026, 3, 29, 1)])  # noqa: DTZ001
        moment = edge + timedelta(seconds=random.choice([-1, 0, 1, 30]))
        batch = random.random() < 0.2
        row = {
            "timestamp": f"{moment.isoformat()}Z", "provider": "p", "model": f"m{random.randrange(4)}",
            "region": "" if batch else random.choice(["", "eu", "ap"]), "customer": f"{number}",
            "service_tier": "standard" if batch else random.choice(TIERS),
            "batch": str(batch).lower(),
        }  # fmt: skip
        yield row | {meter: str(random.choice([0, 1, 300, 334, 500, 1000, 70_000])) for meter in METERS}


@pytest.mark.parametrize("seed", range(3))
def test_a_row_a_request_and_a_column_cost_the_same(tmp_path: Path, seed: int) -> None:
    random = Random(seed)  # noqa: S311  no secret
    book = Catalog("book", {("p", name): replaced((), tuple(rates(name, random))) for name in ("m0", "m1", "m2", "m3")})
    rows = list(requests(random, 300))
    log = tmp_path / "log.csv"
    with log.open("w", newline="") as file:
        made = csv.DictWriter(file, COLUMNS)
        made.writeheader()
        made.writerows(rows)
    whole = pt.statement(log, cost=["catalog"], catalog=book, by=["customer"], unpriced="report").statement
    names = whole.lines.keys["customer"].column().tolist()
    of_log = dict(zip(names, whole.lines.values["cost"].tolist(), strict=True))
    single = [
        pt.cost(
            {meter: int(row[meter]) for meter in METERS}, catalog=book, model=row["model"], provider="p",
            time=datetime.fromisoformat(row["timestamp"][:-1]), batch=row["batch"] == "true",
            service_tier=row["service_tier"], region=row["region"],
        ) for row in rows
    ]  # fmt: skip
    words = {name: [row[name] for row in rows] for name in COLUMNS}
    columns = pt.cost_columns(
        compiled(book), model=words["model"], provider=words["provider"], service_tier=words["service_tier"],
        region=words["region"], batch=np.array([each == "true" for each in words["batch"]]), exact=True,
        time=np.array([each[:-1] for each in words["timestamp"]], dtype="datetime64[us]"),
        **{meter: np.array([int(each) for each in words[meter]]) for meter in METERS},
    )  # fmt: skip
    assert [of_log[row["customer"]] for row in rows] == [each.amount or 0 for each in single]
    assert columns.decimals() == [each.amount for each in single]
    strange = [each for row, each in zip(rows, single, strict=True) if row["service_tier"] in {"scale", "reserved"}]
    assert all(line.rate is None for each in strange for line in each.lines), "it is not taken for the standard tier"
