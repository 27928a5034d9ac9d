"""A small desk for tests of the front doors: two cards, small logs, the command line."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pertoken.cli.group import run

VENDOR = """\
card: vendor
currency: USD
rates:
  - {model: small, input_tokens: 0.01, cache_read_tokens: 0.001, output_tokens: 0.02, reasoning_tokens: 0.02}
  - {model: large, input_tokens: 0.10, cache_read_tokens: 0.010, output_tokens: 0.20, reasoning_tokens: 0.20}
"""
PLAN = """\
plan: metered
prices:
  tokens: {measure: {sum: total_tokens}, curve: [{rate: 0.03}]}
"""
ROWS: Sequence[Mapping[str, Any]] = (
    {"request_id": "r1", "timestamp": "2026-01-05T10:00:00Z", "customer": "acme", "model": "small",
     "input_tokens": 101, "output_tokens": 53},
    {"request_id": "r2", "timestamp": "2026-01-06T11:30:00Z", "customer": "zeta", "model": "large",
     "input_tokens": 211, "output_tokens": 71},
    {"request_id": "r3", "timestamp": "2026-02-07T12:00:00Z", "customer": "acme", "model": "large",
     "input_tokens": 307, "output_tokens": 89},
)  # fmt: skip
"""A clean log of three requests."""


@dataclass(frozen=True)
class Answer:
    """What a command line said."""

    code: int
    out: str
    err: str


Ask = Callable[..., Answer]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with a vendor's card and a plan."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "vendor.yaml").write_text(VENDOR)
    (tmp_path / "plan.yaml").write_text(PLAN)
    return tmp_path


@pytest.fixture
def ask(desk: Path, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Run one command line at the desk."""
    assert desk.exists()

    def answer(*words: object) -> Answer:
        code = run([str(word) for word in words])
        return Answer(code, *capsys.readouterr())

    return answer


def write(path: str | Path, rows: Sequence[Mapping[str, Any]]) -> str:
    """Write rows as CSV, JSON lines or Parquet, by the ending of the name."""
    kind = Path(path).suffix
    if kind == ".jsonl":
        text = "".join(json.dumps(row) + "\n" for row in rows)
    elif kind == ".csv":
        cells = [list(rows[0]), *(["" if cell is None else str(cell) for cell in row.values()] for row in rows)]
        text = "".join(",".join(line) + "\n" for line in cells)
    else:
        lines = write(f"{path}.jsonl", rows)
        return parquet(path, f"SELECT * FROM read_json('{lines}')", drop=lines)
    Path(path).write_text(text)
    return str(path)


def parquet(path: str | Path, query: str, *, drop: str = "") -> str:
    """Write what a query gives as Parquet."""
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        con.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    if drop:
        Path(drop).unlink()
    return str(path)


def snapshot(folder: Path) -> dict[str, bytes]:
    """All files of a folder and what they hold."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def result(answer: Answer) -> Any:
    """The JSON that a command printed; money as text, so that every digit counts."""
    assert answer.code == 0, answer.err
    return json.loads(answer.out, parse_float=str, parse_int=str)
