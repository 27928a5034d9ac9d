"""The same log in any form gives the same statement, to the digit."""

import gzip
import json
from pathlib import Path

import duckdb
import pytest

from pertoken.workbench import statement
from tests.desk import ROWS, parquet, result, write

NESTED = tuple(
    {**{k: v for k, v in row.items() if not k.endswith("tokens")}, "model": {"name": row["model"]},
     "usage": {"prompt_tokens": row["input_tokens"], "completion_tokens": row["output_tokens"]}}
    for row in ROWS
)  # fmt: skip
MAP = """\
keys: {model: model.name}
meters: {input_tokens: usage.prompt_tokens, output_tokens: usage.completion_tokens}
"""


def csv_file(sep=","):
    Path("log.csv").write_text(Path(write("plain.csv", ROWS)).read_text().replace(",", sep))
    return "log.csv"


def packed_csv():
    Path("log.csv.gz").write_bytes(gzip.compress(Path(write("plain.csv", ROWS)).read_bytes()))
    return "log.csv.gz"


def windows_csv():
    text = Path(write("plain.csv", ROWS)).read_text().replace("\n", "\r\n")
    Path("log.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    return "log.csv"


def folder(kind):
    Path("logs/deep").mkdir(parents=True)
    for i, row in enumerate(ROWS):
        order = list(row) if i != 1 else list(row)[::-1]
        write(f"logs/{'deep/' if i else ''}{i}.{kind}", [{name: row[name] for name in order}])
    return "logs"


def database(table=""):
    with duckdb.connect("log.duckdb") as con:
        con.execute(f"CREATE TABLE usage AS SELECT * FROM '{write('plain.parquet', ROWS)}'")
        if table:
            con.execute("CREATE TABLE other AS SELECT 1 AS x")
    return f"log.duckdb{table}"


def line_for_each_meter(kind):
    rows = []
    for row in ROWS:
        keys = {k: v for k, v in row.items() if not k.endswith("tokens")}
        counts = {"input_tokens": row["input_tokens"], "output_tokens": row["output_tokens"], "requests": 1}
        rows += [{**keys, "meter": meter, "quantity": n} for meter, n in counts.items()]
    return write(f"log.{kind}", rows)


FORMS = {
    "JSON lines": lambda: write("log.jsonl", ROWS),
    "a list in JSON": lambda: Path("log.json").write_text(json.dumps(ROWS)) and "log.json",
    "Parquet": lambda: write("log.parquet", ROWS),
    "packed CSV": packed_csv,
    "CSV with semicolons": lambda: csv_file(";"),
    "CSV with tabs": lambda: csv_file("\t"),
    "CSV from Windows": windows_csv,
    "a folder of CSV with other orders of columns": lambda: folder("csv"),
    "a folder of Parquet with other orders of columns": lambda: folder("parquet"),
    "a folder of JSON lines": lambda: folder("jsonl"),
    "a glob": lambda: f"{folder('csv')}/**/*.csv",
    "the only table of a database": database,
    "a table of a database": lambda: database("::usage"),
    "a line for each meter in CSV": lambda: line_for_each_meter("csv"),
    "a line for each meter in Parquet": lambda: line_for_each_meter("parquet"),
    "a line for each meter in JSON": lambda: line_for_each_meter("jsonl"),
    "narrow integers": lambda: parquet(
        "log.parquet",
        f"SELECT * REPLACE (input_tokens::USMALLINT AS input_tokens, output_tokens::UTINYINT AS output_tokens) "
        f"FROM '{write('plain.parquet', ROWS)}'",
    ),
    "floats": lambda: parquet(
        "log.parquet", f"SELECT * REPLACE (input_tokens::DOUBLE AS input_tokens) FROM '{write('plain.parquet', ROWS)}'"
    ),
    "text": lambda: parquet(
        "log.parquet", f"SELECT * REPLACE (input_tokens::VARCHAR AS input_tokens) FROM '{write('plain.parquet', ROWS)}'"
    ),
}


def told(log, mapping=None):
    """The whole statement of a log, exact."""
    books = statement(log, cost=["vendor.yaml"], revenue=["plan.yaml"], by=("customer", "month"), mapping=mapping)
    return books.statement.lines.records()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.usefixtures("desk")
def test_each_form_gives_the_statement_of_the_csv(form):
    expected = told(write("expected.csv", ROWS))
    assert len(expected) == 3
    assert told(FORMS[form]()) == expected


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
@pytest.mark.usefixtures("desk")
def test_fields_of_records_are_mapped_with_dots(kind):
    Path("map.yaml").write_text(MAP)
    assert told(write(f"log.{kind}", NESTED), "map.yaml") == told(write("expected.csv", ROWS))


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.usefixtures("desk")
def test_a_column_whose_name_has_dots_is_a_column(kind):
    names = {"model": "model.name", "input_tokens": "usage.prompt_tokens", "output_tokens": "usage.completion_tokens"}
    rows = [{names.get(name, name): value for name, value in row.items()} for row in ROWS]
    Path("map.yaml").write_text(MAP)
    assert told(write(f"log.{kind}", rows), "map.yaml") == told(write("expected.csv", ROWS))


def test_a_text_in_quotes_may_hold_a_delimiter(ask):
    Path("log.csv").write_text('customer,model,input_tokens\n"acme, inc.",small,5\n')
    said = result(ask("statement", "log.csv", "--cost", "vendor.yaml", "--format", "json"))
    assert said["tables"]["statement"]["rows"][0]["customer"] == "acme, inc."


def test_nothing_said_of_a_meter_is_none_of_it(ask):
    Path("log.csv").write_text("customer,model,input_tokens,output_tokens\nacme,small,5,\nacme,small,,7\n")
    said = result(ask("statement", "log.csv", "--cost", "vendor.yaml", "--format", "json"))
    assert said["figures"]["tokens"]["value"] == "12"
    assert said["figures"]["requests"]["value"] == "2"


def test_a_column_that_is_passed_over_is_named(ask):
    Path("log.csv").write_text("customer,model,input_tokens,prompt_tokens\nacme,small,5,9\n")
    answer = ask("statement", "log.csv", "--cost", "vendor.yaml")
    assert "prompt_tokens is not read, since input_tokens is" in " ".join(answer.out.split())


def test_files_that_name_a_meter_differently_do_not_count_as_zero(ask, desk):
    (desk / "logs").mkdir()
    Path("logs/a.csv").write_text("customer,model,input_tokens\nacme,small,5\n")
    Path("logs/b.csv").write_text("customer,model,prompt_tokens\nacme,small,9\n")
    answer = ask("statement", "logs", "--cost", "vendor.yaml")
    assert (answer.code, answer.out) == (2, "")
    assert "logs/b.csv row 1: found 9; input_tokens was expected, since prompt_tokens is not read" in answer.err
