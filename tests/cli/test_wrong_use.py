"""Wrong use: cards, mappings, options and outputs that can't be; exit 2, nothing written, nothing printed."""

from pathlib import Path

import pytest

from tests.desk import PLAN, ROWS, VENDOR, snapshot, write

TIERS = """\
plan: tiered
prices:
  tokens:
    measure: {sum: total_tokens}
    curve:
      mode: marginal
      tiers:
        - {up_to: 100, rate: 3}
        - {up_to: 50, rate: 2}
        - {rate: 1}
"""
FILES = {
    "overlap.yaml": TIERS,
    "typo.yaml": PLAN.replace("measure", "mesure"),
    "euro.yaml": VENDOR.replace("USD", "EUR").replace("card: vendor", "card: other").replace("small", "tiny"),
    "euro-plan.yaml": PLAN + "currency: EUR\n",
    "column.yaml": "meters:\n  input_tokens: input_token\n",
    "key.yaml": "# which columns\nmetres: {input_tokens: input_tokens}\n",
    "meter.yaml": "meters:\n  input_toks: input_tokens\n",
    "zone.yaml": "time: timestamp\ntimezone: Europe/Berln\n",
    "list.yaml": "meters: [input_tokens]\n",
    "open.yaml": "meters: {input_tokens: a\n",
    "empty.yaml": "",
}
COST = ("--cost", "vendor.yaml")

WRONG = {
    "tiers that overlap": (
        (*COST, "--revenue", "overlap.yaml"),
        "overlap.yaml:9",
        "up_to 50 after 100",
        "rising up_to",
    ),
    "a typo in a card": ((*COST, "--revenue", "typo.yaml"), "typo.yaml:3", "'mesure'", "did you mean measure?"),
    "two currencies of cost": (
        (*COST, "--cost", "euro.yaml"),
        "euro.yaml is in EUR",
        "vendor.yaml is in USD",
        "one first",
    ),
    "two currencies": ((*COST, "--revenue", "euro-plan.yaml"), "euro-plan.yaml is in EUR", "is in USD", "one currency"),
    "a vendor's card as revenue": (
        ("--revenue", "vendor.yaml"),
        "vendor.yaml is given as revenue",
        "vendor",
        "`plan:`",
    ),
    "a plan as cost": (("--cost", "plan.yaml"), "plan.yaml is given as cost", "customer", "`card:`"),
    "no card": ((), "no card", "--cost CARD", "--cost catalog"),
    "a card that is not there": (("--cost", "nothing.yaml"), "nothing.yaml", "No such file", "expected a YAML file"),
    "a plan that is not in the file": ((*COST, "--revenue", "plan.yaml#metred"), "plan.yaml", "'metred'", "metered?"),
    "a mapped column that is not there": (
        (*COST, "--map", "column.yaml"),
        "column.yaml",
        "input_token'",
        "did you mean",
    ),
    "a typo in a mapping": ((*COST, "--map", "key.yaml"), "key.yaml:2", "'metres'", "did you mean meters?"),
    "a mapped meter that is not": ((*COST, "--map", "meter.yaml"), "meter.yaml:2", "'input_toks'", "input_tokens?"),
    "a mapped zone that is not": ((*COST, "--map", "zone.yaml"), "zone.yaml:2", "Europe/Berln", "Europe/Berlin?"),
    "a mapping of another shape": ((*COST, "--map", "list.yaml"), "list.yaml:1", "meters is ['input", "dictionary"),
    "a mapping that is not YAML": ((*COST, "--map", "open.yaml"), "open.yaml:2", "not YAML", "expected"),
    "an empty mapping": ((*COST, "--map", "empty.yaml"), "empty.yaml", "empty", ""),
    "a mapping that is not there": ((*COST, "--map", "nothing.yaml"), "nothing.yaml", "No such file", "YAML file"),
    "an unknown key": ((*COST, "--by", "custmer"), "'custmer'", "--map FILE", "did you mean customer?"),
    "no key": ((*COST, "--by", ","), "','", "names no key", "--by customer,month"),
    "an unknown zone": ((*COST, "--timezone", "Europe/Berln"), "time zone", "'Europe/Berln'", "Europe/Berlin?"),
    "a period of no form": ((*COST, "--period", "January"), "'January'", "no period", "2026-Q1"),
    "a month that is not": ((*COST, "--period", "2026-13"), "'2026-13'", "no period", "2026-01"),
    "a top of nothing": ((*COST, "--top", "0"), "--top", "0", "x>=1"),
    "a negative top": ((*COST, "--top", "-3"), "--top", "-3", "x>=1"),
    "an unknown format": ((*COST, "--format", "yaml"), "--format", "'yaml'", "'json'"),
    "an unknown option": ((*COST, "--revenu", "plan.yaml"), "No such option", "--revenu", "--revenue"),
    "a day that is not": ((*COST, "--on", "2026-02-30"), "'2026-02-30'", "no date", "2026-01-31"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_use_is_refused(ask, desk, case):
    words, *says = WRONG[case]
    log = write("log.csv", ROWS)
    for name, text in FILES.items():
        Path(name).write_text(text)
    Path("old.html").write_text("as it was")
    before = snapshot(desk)

    answer = ask(
        *("statement", log, "--xlsx", "new.xlsx", "--html", "old.html"),
        *("--rollup", "new.parquet", "--rejects", "new.csv", *words),
    )

    assert (answer.code, answer.out) == (2, "")
    assert snapshot(desk) == before
    for each in says:
        assert each in answer.err


@pytest.mark.parametrize("option", ["--xlsx", "--html", "--rollup", "--rejects"])
@pytest.mark.parametrize("place", ["nothing/out", "folder"])
def test_an_output_that_cannot_be_written_is_refused_before_the_work(ask, desk, option, place):
    (desk / "folder").mkdir()
    log = write("log.csv", ROWS)
    before = snapshot(desk)
    others = [w for o in ("--xlsx", "--html", "--rollup", "--rejects") if o != option for w in (o, f"out{o}")]
    answer = ask("statement", log, *COST, *others, option, place)
    assert (answer.code, answer.out) == (2, "")
    assert option in answer.err
    assert place in answer.err
    assert snapshot(desk) == before


@pytest.mark.parametrize("option", ["--xlsx", "--html", "--rollup", "--rejects"])
@pytest.mark.parametrize("place", ["log.csv", "vendor.yaml", "plan.yaml"])
def test_what_is_read_is_never_written_over(ask, desk, option, place):
    log = write("log.csv", ROWS)
    before = snapshot(desk)
    answer = ask("statement", log, *COST, "--revenue", "plan.yaml#metered", option, place)
    assert (answer.code, answer.out) == (2, "")
    assert f"{option} {place} is also read or written" in answer.err
    assert snapshot(desk) == before


def test_two_outputs_go_to_two_files(ask, desk):
    answer = ask("statement", write("log.csv", ROWS), *COST, "--xlsx", "out", "--html", "./out")
    assert answer.code == 2
    assert "say another file" in answer.err
    assert not (desk / "out").exists()


@pytest.mark.parametrize("model", ["smal", "gpt-4oo"])
def test_usage_without_a_price_is_a_failed_check(ask, desk, model):
    log = write("log.csv", [*ROWS, {**ROWS[0], "request_id": "r9", "model": model}])
    before = snapshot(desk)
    answer = ask("statement", log, *COST, "--xlsx", "new.xlsx", "--rollup", "new.parquet")
    assert (answer.code, answer.out) == (1, "")
    assert f"no price for 101 input_tokens of {model}" in answer.err
    assert "--unpriced report" in answer.err
    assert snapshot(desk) == before


def test_a_model_that_the_catalog_lacks_is_named_with_its_like(ask, desk):
    log = write("log.csv", [{**ROWS[0], "model": "gpt-4oo"}])
    answer = ask("statement", log, "--cost", "catalog", "--xlsx", "new.xlsx")
    assert answer.code == 1
    assert answer.out == ""
    assert "'gpt-4oo'" in answer.err
    assert "did you mean gpt-4o" in answer.err
    assert not (desk / "new.xlsx").exists()


def test_an_unknown_customer_is_refused_by_explain(ask, desk):
    answer = ask("explain", write("log.csv", ROWS), *COST, "--customer", "acmee", "--xlsx", "new.xlsx")
    assert (answer.code, answer.out) == (2, "")
    assert "did you mean acme?" in answer.err
    assert not (desk / "new.xlsx").exists()


def test_a_log_without_times_asks_for_its_period(ask):
    log = write("log.csv", [{k: v for k, v in row.items() if k != "timestamp"} for row in ROWS])
    answer = ask("statement", log, *COST, "--by", "month")
    assert answer.code == 2
    assert "no time to reckon the month by" in answer.err
    assert "--period 2026-01" in answer.err


def test_a_card_and_a_log_the_wrong_way_round_are_told_so(ask):
    answer = ask("invoice", "log.parquet", "plans.yaml", "--month", "2026-01")
    assert answer.code == 2
    assert answer.err == "pertoken: the card comes first, then the log; say pertoken invoice plans.yaml log.parquet\n"


def test_help_is_named_where_it_is(ask):
    assert "Try `pertoken focus export --help`." in ask("focus", "export", "log.parquet", "--nope").err
