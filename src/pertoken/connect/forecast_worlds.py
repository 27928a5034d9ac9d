"""Worlds of a forecast as a file: one row for each world, month and part, as CSV or Parquet, written and read."""

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from pertoken.core.errors import Fault, InputError
from pertoken.forecast.kept import MEASURES, Kept, Quantity

READERS = {".csv": "read_csv(?, all_varchar = true, header = true)", ".parquet": "read_parquet(?)"}
"""How files are read, by the end of their name."""

WRITERS = {".csv": "FORMAT csv, HEADER", ".parquet": "FORMAT parquet, COMPRESSION zstd"}
"""How they are written."""

ABOUT = ("currency", "unit", "as_of", "seed", "simulated")
"""Columns that say the same in all rows."""

NEEDED = {"revenue": "currency", "cost": "currency", "usage": "unit"}
"""What must be said of a measure."""

MEND = "write them with `pertoken forecast LOG --for-model FILE`"

MOST_FAULTS = 10
"""Faults of a kind that are told."""


def worlds_file(worlds: Kept, path: str | Path) -> bytes:
    """Write worlds of a forecast.

    Args:
        worlds: The worlds.
        path: Where they will stand; its end says whether CSV or Parquet.

    Returns:
        The file's bytes.

    Raises:
        InputError: The file is to be something else.
    """
    import duckdb  # noqa: PLC0415  only those who write such a file need it

    how = WRITERS.get(Path(path).suffix)
    if how is None:
        raise InputError(f"{path} is no file for worlds; expected a .csv or .parquet file")
    with TemporaryDirectory() as folder, duckdb.connect(config={"threads": 1}) as con:
        con.register("worlds", _columns(worlds))
        out = Path(folder) / "worlds"
        place = str(out).replace("'", "''")
        con.execute(f"COPY worlds TO '{place}' ({how})")
        return out.read_bytes()


def _columns(worlds: Kept) -> dict[str, Any]:
    parts = list(dict.fromkeys((key, label) for _, key, label in worlds.values))
    measures = [name for name in MEASURES if (name, "", "") in worlds.values]
    size = (len(parts), worlds.worlds, len(worlds.months))
    world, month = np.arange(1, size[1] + 1)[:, np.newaxis], np.array(worlds.months, dtype=object)
    columns: dict[str, Any] = {
        "world": np.broadcast_to(world, size),
        "month": np.broadcast_to(month, size),
        "key": np.broadcast_to(np.array([key for key, _ in parts], dtype=object)[:, np.newaxis, np.newaxis], size),
        "label": np.broadcast_to(np.array([each for _, each in parts], dtype=object)[:, np.newaxis, np.newaxis], size),
    }
    columns |= {name: np.stack([worlds.values[name, key, label] for key, label in parts]) for name in measures}
    said = {name: getattr(worlds, name) for name in ABOUT}
    columns |= {name: np.full(size, value, dtype=object) for name, value in said.items() if value not in ("", None)}
    return {name: np.ascontiguousarray(each).reshape(-1) for name, each in columns.items()}


def read_worlds(path: str | Path, raw: bytes) -> Kept:
    """Read worlds of a forecast.

    Args:
        path: CSV or Parquet, one row for each world, month and part, in any order; what was read once stays known.
        raw: Its bytes, which say whether it is still the same.

    Raises:
        InputError: All that is wrong with it: a column that is not there, a value that is no number, a row that is
            twice or missing.
    """
    return _read(str(path), raw)


@lru_cache(maxsize=4)
def _read(name: str, raw: bytes) -> Kept:  # noqa: ARG001  the bytes are what is remembered
    import duckdb  # noqa: PLC0415  only those who have such a file need it

    with duckdb.connect() as con:
        try:
            measures, about = _loaded(con, name)
        except duckdb.Error as error:
            msg = f"can't read the worlds of a forecast from {name}: {str(error).splitlines()[0]}; {MEND}"
            raise InputError(msg) from error
        faults = [*_rows(con, name, measures)] or [*_whole(con, name)]
        if faults:
            raise InputError.of(faults)
        return _kept(con, name, measures, about)


def _loaded(con: Any, name: str) -> tuple[list[str], list[str]]:  # noqa: ANN401  DuckDB's connection
    """Load the file into a table; say which measures it has, and what it says of them."""
    reader = READERS.get(Path(name).suffix)
    if reader is None:
        raise InputError(f"{name} holds no worlds of a forecast; expected a .csv or .parquet file; {MEND}")
    place = re.sub(r"([*?\[])", r"[\1]", name)  # a path, no pattern: `w[1].csv` is not `w1.csv`
    found = [row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {reader}", [place]).fetchall()]  # noqa: S608
    measures = [each for each in MEASURES if each in found]
    if not {"world", "month"} <= set(found) or not measures:
        expected = f"worlds of a forecast: world, month, and {', '.join(MEASURES[:-1])} or {MEASURES[-1]}"
        raise InputError.of([Fault(f"{name}:1", f"columns {', '.join(found)}", expected, MEND)])
    for each, word in NEEDED.items():
        if each in measures and word not in found:
            raise InputError.of([Fault(f"{name}:1", f"a column {each} and none {word}", f"{word} in each row", MEND)])
    texts = [f"nullif(trim({each}::VARCHAR), '') AS {each}" for each in ("world", "month")]
    texts += [_text(each, found) for each in ("key", "label")]
    about = [each for each in ABOUT if each in found]
    texts += [_text(each, found) for each in about]
    numbers = [f"TRY_CAST({each} AS DOUBLE) AS {each}, {each}::VARCHAR AS {each}_said" for each in measures]
    con.execute(
        f"CREATE TABLE said AS SELECT row_number() OVER () AS row, {', '.join([*texts, *numbers])} FROM {reader}",  # noqa: S608
        [place],
    )
    if not con.execute("SELECT count(*) FROM said").fetchall()[0][0]:
        raise InputError(f"{name} has no rows; expected one for each world, month and part; {MEND}")
    return measures, about


def _text(column: str, found: list[str]) -> str:
    return f"coalesce(trim({column}::VARCHAR), '') AS {column}" if column in found else f"'' AS {column}"


def _rows(con: Any, name: str, measures: list[str]) -> Iterator[Fault]:  # noqa: ANN401
    """Rows that are wrong by themselves."""
    wrong = [
        ("world IS NULL", "'no world'", "a number or a name under world"),
        (r"month IS NULL OR NOT regexp_full_match(month, '\d{4}-(0[1-9]|1[0-2])')",
         "'month is ' || coalesce(month, 'empty')", "a month, as 2027-01"),
        ("(key = '') <> (label = '')", "'key is ' || key || ' and label is ' || label", "both, or none for the total"),
    ]  # fmt: skip
    wrong += [
        (f"{each} IS NULL OR NOT isfinite({each})", f"'{each} is ' || coalesce({each}_said, 'empty')", "a number")
        for each in measures
    ]
    for where, found, expected in wrong:
        asked = f"SELECT row, {found} FROM said WHERE {where} ORDER BY row LIMIT {MOST_FAULTS}"  # noqa: S608
        yield from (Fault(f"{name}: row {row}", said, expected) for row, said in con.execute(asked).fetchall())


def _whole(con: Any, name: str) -> Iterator[Fault]:  # noqa: ANN401
    """Rows that stand twice or are missing: every part, the total among them, has every month of every world."""
    twice = (
        "SELECT max(row), world, month, key, label FROM said GROUP BY world, month, key, label "  # noqa: S608
        f"HAVING count(*) > 1 ORDER BY max(row) LIMIT {MOST_FAULTS}"
    )
    for row, world, month, key, label in con.execute(twice).fetchall():
        found = f"world {world} in {month}, {_part(key, label)}, stands twice"
        yield Fault(f"{name}: row {row}", found, "one row", "remove one of the two")
    gone = (
        "SELECT w.world, m.month, p.key, p.label FROM (SELECT DISTINCT world FROM said) w "  # noqa: S608
        "CROSS JOIN (SELECT DISTINCT month FROM said) m "
        "CROSS JOIN (SELECT DISTINCT key, label FROM said UNION SELECT '', '') p "
        f"ANTI JOIN said USING (world, month, key, label) ORDER BY ALL LIMIT {MOST_FAULTS}"
    )
    for world, month, key, label in con.execute(gone).fetchall():
        yield Fault(name, f"no row for world {world} in {month}, {_part(key, label)}", "each world with all months")


def _part(key: str, label: str) -> str:
    return f"{key} {label}" if key else "the total"


def _kept(con: Any, name: str, measures: list[str], about: list[str]) -> Kept:  # noqa: ANN401
    """Make the record of a table that is whole."""
    said = {each: _single(con, name, each) for each in about}
    for each in measures:
        if (word := NEEDED.get(each)) and not said[word]:
            raise InputError.of([Fault(name, f"{word} is empty", f"what {each} is in, in each row", MEND)])
    months = tuple(row[0] for row in con.execute("SELECT DISTINCT month FROM said ORDER BY month").fetchall())
    parts = con.execute("SELECT key, label FROM said GROUP BY key, label ORDER BY min(row)").fetchall()
    values: dict[Quantity, Any] = {}
    for key, label in parts:
        asked = (
            f"SELECT {', '.join(measures)} FROM said WHERE key = ? AND label = ? "  # noqa: S608
            "ORDER BY TRY_CAST(world AS DOUBLE) NULLS LAST, world, month"
        )
        found = con.execute(asked, [key, label]).fetchnumpy()
        for each in measures:
            values[each, key, label] = np.asarray(found[each], dtype=np.float64).reshape(-1, len(months))
    seed, simulated = said.pop("seed", ""), said.pop("simulated", "")
    return Kept(
        months=months, values=values, **said,
        seed=int(seed) if seed.isdigit() else None, simulated=int(simulated) if simulated.isdigit() else 0,
    )  # fmt: skip


def _single(con: Any, name: str, column: str) -> str:  # noqa: ANN401
    """Take what a column says in all rows."""
    found = [row[0] for row in con.execute(f"SELECT DISTINCT {column} FROM said ORDER BY 1 LIMIT 3").fetchall()]  # noqa: S608
    if len(found) > 1:
        raise InputError.of([Fault(name, f"{column} is {', '.join(map(repr, found))}", "the same in all rows")])
    return str(found[0])
