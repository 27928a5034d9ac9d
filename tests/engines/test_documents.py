"""A log of documents is put down as records and folded as every other: by format, with faults named, nothing twice."""

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal

import pytest

from pertoken.core.errors import Fault, InputError
from pertoken.engines.duckdb import currency, fold, opened, reported, silent
from pertoken.engines.log import Documents
from pertoken.usage.layout import Document, Layout
from pertoken.usage.question import Question
from pertoken.usage.recognise import named, records
from pertoken.usage.record import UsageRecord
from pertoken.usage.schema import LogMapping
from pertoken.workbench.reading import reading


def _read(document: Document) -> Iterator[UsageRecord]:
    if "bad" in document:
        raise InputError(document["bad"])
    for i, n in enumerate(document["n"]):
        yield UsageRecord(
            meters={"input_tokens": n} | ({} if i else {"requests": 1}),
            model="m",
            request_id=document.get("id", ""),
            invocation=i,
            keys={"customer": document.get("who", "")},
            reported_cost=document.get("cost"),
            currency=document.get("money", "USD"),
            notes=tuple(document.get("notes", ())),
        )


OURS = Layout(name="ours", title="Our events", recognise=lambda d: "n" in d or "bad" in d, read=_read)
OTHER = Layout(name="other", title="Other events", recognise=lambda d: "other" in d, read=_read)


@pytest.fixture
def told(tmp_path):
    """Fold documents that stand at given lines of one file."""

    def folded(documents: Iterable[Document], *keys: str, rejects: bool = False):
        path = tmp_path / "log.jsonl"
        path.write_text("{}\n")
        placed = ((str(path), line, each) for line, each in enumerate(documents, 1))
        with opened(path, documents=Documents(OURS, records(placed, OURS, (OURS, OTHER)))) as log:
            question = Question(keys)
            usage, report = fold(log, question, rejects=rejects)
            money = reported(log, question, report=report)
            return usage.records(), report, money and money.records(), silent(log, report)

    return folded


def quantities(lines):
    return {(*(v for k, v in line.items() if k not in {"meter", "quantity"}), line["meter"]): line["quantity"]
            for line in lines}  # fmt: skip


def test_invocations_of_one_request_are_rows_of_their_own_and_one_request(told):
    lines, report, *_ = told([{"id": "a", "n": [3, 4]}, {"id": "b", "n": [5]}])
    assert quantities(lines) == {("input_tokens",): 12, ("requests",): 2}
    assert (report.rows, report.layout) == (3, "Our events")


def test_a_document_that_stands_twice_counts_once_and_that_is_said(told):
    lines, report, *_ = told([{"id": "a", "n": [3, 4]}, {"id": "b", "n": [5]}, {"id": "a", "n": [3, 4]}])
    assert quantities(lines) == {("input_tokens",): 12, ("requests",): 2}
    assert report.says == ("records that stood again, alike in all, are counted once (2)",)


def test_an_id_that_tells_two_things_is_refused(told):
    documents = [{"id": "a", "n": [3]}, {"id": "a", "n": [4]}]
    with pytest.raises(InputError, match="line 2: found a; a request id that stands only once was expected"):
        told(documents)
    lines, report, *_ = told(documents, rejects=True)
    assert quantities(lines)[("input_tokens",)] == 3
    assert sum(report.rejected.values()) == 1


def test_documents_without_an_id_are_never_taken_for_each_other(told):
    lines, *_ = told([{"n": [3]}, {"n": [3]}])
    assert quantities(lines)[("input_tokens",)] == 6


def test_a_document_that_cannot_be_read_is_refused_with_its_line_or_set_aside(told):
    documents = [{"n": [3]}, {"bad": "the count is odd"}, {"n": [None]}, {"n": [Decimal("1.5")]}, {"what": 1}]
    with pytest.raises(InputError, match="4 of 5 rows can't be used: a document that can be read as Our events"):
        told(documents)
    lines, report, *_ = told(documents, rejects=True)
    assert quantities(lines) == {("input_tokens",): 3, ("requests",): 1}
    assert (report.rows, sum(report.rejected.values())) == (5, 4)
    found = {fault.where.rpartition(" ")[2]: fault.found for fault in report.sample}
    assert found["2"] == "the count is odd"
    assert "input_tokens is None" in found["3"]
    assert "1.5" in found["4"]
    assert found["5"] == "found an object of what"


def test_two_formats_in_one_log_are_both_named_with_the_place(told):
    with pytest.raises(InputError, match=r"line 2: found Other events \(other\) among Our events \(ours\)"):
        told([{"n": [3]}, {"other": 1}])


def test_a_log_of_which_nothing_can_be_read_says_why(told):
    with pytest.raises(InputError, match="line 1: the count is odd"):
        told([{"bad": "the count is odd"}])


def test_what_records_say_of_themselves_is_counted(told):
    _, report, *_ = told([{"n": [3], "notes": ["unfinished"]}, {"n": [4]}, {"n": [5], "notes": ["unfinished"]}])
    assert report.says == ("unfinished (2 of 3 records)",)


def test_a_count_beyond_measure_is_refused_with_its_place(told):
    with pytest.raises(InputError, match=r"line 1: .* below a million billions was expected"):
        told([{"n": [10**30]}])


def test_a_negative_count_is_refused_with_its_place(told):
    with pytest.raises(InputError, match="line 2: found -4; input_tokens of 0 or more was expected"):
        told([{"n": [3]}, {"n": [-4]}])


def test_reported_cost_is_summed_to_the_last_digit_and_what_reports_none_is_counted(told):
    documents = [
        {"n": [1], "who": "a", "cost": Decimal("0.1")},
        {"n": [1], "who": "a", "cost": Decimal("0.2")},
        {"n": [1], "who": "b", "cost": Decimal("1e-18")},
        {"n": [1], "who": "b"},
    ]
    *_, money, none = told(documents, "customer")
    assert [(line["customer"], line["amount"], line["quantity"]) for line in money] == [
        ("a", Decimal("0.3"), 2),
        ("b", Decimal("1e-18"), 1),
    ]
    assert none == 1


def test_a_log_that_reports_no_cost_has_no_ledger_of_it(told):
    *_, money, none = told([{"n": [1]}])
    assert (money, none) == (None, 1)


def test_costs_in_two_currencies_do_not_add_up(told):
    one, two = {"n": [1], "cost": Decimal(1)}, {"n": [1], "cost": Decimal(1), "money": "eur"}
    with pytest.raises(InputError, match="reports costs in EUR and USD"):
        told([one, two])


@pytest.mark.parametrize("name", ["cost", "spend", "response_cost", "total_cost", "costUSD", "usage.cost"])
def test_a_column_of_cost_is_reported_and_never_a_meter(tmp_path, name):
    path = tmp_path / "log.csv"
    path.write_text(f"timestamp,model,input_tokens,{name}\n2026-01-05T09:00:00Z,m,5,9.435e-05\n")
    with opened(path) as log:
        assert log.binding.reported == name
        usage, report = fold(log, Question(()))
        money = reported(log, Question(()), report=report)
    assert quantities(usage.records()) == {("input_tokens",): 5, ("requests",): 1}
    assert money is not None
    assert money.values["amount"].tolist() == [Decimal("0.00009435")]


def test_a_mapping_says_which_column_is_the_cost_and_in_what_currency(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("timestamp,input_tokens,cost,billed\n2026-01-05T09:00:00Z,5,1,0.7\n")
    said = LogMapping(reported_cost="billed", constants={"currency": "eur"})
    with opened(path, said) as log:
        money = reported(log, Question(()))
        assert currency(log) == "EUR"
    assert money is not None
    assert money.values["amount"].tolist() == [Decimal("0.7")]


def test_rows_set_aside_report_no_cost(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("timestamp,input_tokens,cost\n2026-01-05T09:00:00Z,5,1\n2026-01-05T09:00:00Z,-5,2\n")
    with opened(path) as log:
        _, report = fold(log, Question(()), rejects=True)
        money = reported(log, Question(()), report=report)
    assert money is not None
    assert money.values["amount"].tolist() == [Decimal(1)]


def test_an_unknown_format_is_answered_with_the_nearest():
    with pytest.raises(InputError, match="unknown format 'our'; did you mean ours"):
        named("our", (OURS, OTHER))


def test_a_log_of_ones_own_is_read_by_names_as_ever(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_text(json.dumps({"start_time": "2026-01-05T09:00:00Z", "model": "m", "prompt_tokens": 5}) + "\n")
    with reading(path, None, "", "UTC") as log:
        assert log.layout == "columns by their names"
        usage, _ = fold(log, Question(()))
    assert quantities(usage.records()) == {("input_tokens",): 5, ("requests",): 1}


def test_a_format_can_be_forced_and_a_table_that_is_not_of_it_is_refused(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("timestamp,model,input_tokens\n2026-01-05T09:00:00Z,m,5\n")
    with (
        pytest.raises(InputError, match=r"can't be read as LiteLLM spend logs .*: it lacks the columns call_type"),
        reading(path, None, "", "UTC", layout="litellm-spend"),
    ):
        pass


def test_a_roll_up_beside_the_rows_it_adds_up_is_refused_by_name(tmp_path):
    spend = "request_id,call_type,spend,prompt_tokens,completion_tokens,startTime,model\na,x,1,5,5,2026-01-05,m\n"
    daily = (
        "date,api_key,model,custom_llm_provider,prompt_tokens,completion_tokens,spend,api_requests,"
        "successful_requests,failed_requests\n2026-01-05,k,m,p,5,5,1,1,1,0\n"
    )
    (tmp_path / "a.csv").write_text(spend)
    (tmp_path / "b.csv").write_text(daily)
    with (
        pytest.raises(InputError, match=r"mixes LiteLLM spend logs, as .*a.csv and LiteLLM daily roll-ups, as .*b.csv"),
        reading(tmp_path, None, "", "UTC"),
    ):
        pass


def test_the_fault_of_a_document_is_a_fault_as_any():
    placed = [("log.jsonl", 7, Fault("log.jsonl line 7", "found 'x'", "", "one whole JSON object was expected"))]
    assert list(records(placed, OURS, (OURS,))) == placed


@pytest.mark.parametrize(
    ("clock", "says"),
    [("17:30:00", ("the last day, 2026-01-06, is partial: the log ends at 17:30",)), ("23:59:00", ())],
)
def test_a_last_day_that_is_not_whole_is_said_beside_days(tmp_path, clock, says):
    path = tmp_path / "log.csv"
    path.write_text(f"timestamp,input_tokens\n2026-01-05T09:00:00Z,5\n2026-01-06T{clock}Z,5\n")
    with opened(path) as log:
        assert fold(log, Question(("day",)))[1].says == says
        assert fold(log, Question(("month",)))[1].says == ()
