"""The examples on real traces say what they said before, and what plain arithmetic says.

The oracles here read the same files with DuckDB and reckon in `Decimal`; they share no code with the house. Prices are
those of the vendors' pages, per million tokens.
"""

from collections import Counter
from decimal import ROUND_HALF_UP, Decimal

import duckdb
import pytest

from examples import servegen, single_requests
from pertoken import read_cards
from pertoken.core.lines import Usage, table

CENT = Decimal("0.01")
LIST = {
    "gpt-4o": {"input": Decimal("2.50"), "output": Decimal(10), "read": Decimal("1.25"), "write": Decimal("2.50")},
    "claude-sonnet-4-5": {
        "input": Decimal(3),
        "output": Decimal(15),
        "read": Decimal("0.30"),
        "write": Decimal("3.75"),
    },
    "gemini-2.5-flash": {
        "input": Decimal("0.30"),
        "output": Decimal("2.50"),
        "read": Decimal("0.03"),
        "write": Decimal("0.30"),
    },
}
REVENUE = {"metered": "250274.25", "planned": "178652.85"}
COST = {"gpt-4o": "443072.49", "claude-sonnet-4-5": "583778.87", "gemini-2.5-flash": "75741.85"}
UNDER_WATER = {
    ("metered", "gpt-4o"): 138,
    ("metered", "claude-sonnet-4-5"): 138,
    ("metered", "gemini-2.5-flash"): 1,
    ("planned", "gpt-4o"): 60,
    ("planned", "claude-sonnet-4-5"): 69,
    ("planned", "gemini-2.5-flash"): 6,
}

needs_traces = pytest.mark.skipif(
    not (servegen.traces() / servegen.TRACE).exists(),
    reason="no traces here: set PERTOKEN_DATA to the folder that holds traces/ (docs/how-to/real-traces.md)",
)


def cents(money):
    return money.quantize(CENT, ROUND_HALF_UP)


def at_list(model, tokens_in, tokens_out):
    return (tokens_in * LIST[model]["input"] + tokens_out * LIST[model]["output"]) / 1_000_000


def metered(tokens):
    return cents(Decimal(tokens) / 1000 * Decimal("0.002"))


def pro(tokens):
    return 500 + cents(Decimal(tokens) / 1000 * Decimal("0.0010"))


def enterprise(tokens):
    """Per 1B tokens: 1,000 USD up to 1B, 800 USD up to 10B, 600 USD above; at least 10,000 USD."""
    billions = Decimal(tokens) / 10**9
    first, second, third = min(billions, Decimal(1)), min(max(billions - 1, Decimal(0)), Decimal(9)), billions - 10
    return max(cents(first * 1000 + second * 800 + max(third, Decimal(0)) * 600), Decimal(10_000))


def cheapest(tokens):
    free = [(Decimal(0), "free")] if tokens <= 1_000_000 else []
    return min([*free, (pro(tokens), "pro"), (enterprise(tokens), "enterprise")])


def queried(query, **files):
    with duckdb.connect() as con:
        for name, file in files.items():
            con.read_parquet(str(servegen.traces() / file)).create_view(name)
        return con.execute(query).fetchall()


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return servegen.study(tmp_path_factory.mktemp("servegen"))


@pytest.fixture(scope="module")
def tokens():
    """Customer to its tokens in and out, from the file of lengths alone."""
    query = """
        SELECT 'customer-' || lpad(client_id::VARCHAR, 3, '0'), sum(round(requests_6h * input_tokens_mean))::BIGINT,
               sum(round(requests_6h * output_tokens_mean))::BIGINT
        FROM lengths WHERE requests_6h > 0 GROUP BY 1
    """
    return {customer: (i, o) for customer, i, o in queried(query, lengths=servegen.LENGTHS)}


@needs_traces
def test_customers_without_lengths_are_counted_and_left_out(found, tokens):
    assert found.coverage == servegen.Coverage(
        customers=153, requests=195_775_245, customers_measured=138, requests_measured=118_817_341
    )
    assert len(tokens) == 138
    lacking = "client_id NOT IN (SELECT client_id FROM lengths)"
    query = f"SELECT count(DISTINCT client_id), sum(requests) FROM trace WHERE {lacking}"
    assert queried(query, trace=servegen.TRACE, lengths=servegen.LENGTHS) == [(15, 195_775_245 - 118_817_341)]


@needs_traces
def test_the_ten_minute_counts_add_up_to_those_that_the_lengths_are_of():
    query = """
        SELECT count(*) FROM (SELECT client_id, t_start_s // 21600 AS w, sum(requests) AS n FROM trace GROUP BY ALL)
        JOIN (SELECT client_id, t_start_s // 21600 AS w, requests_6h FROM lengths) USING (client_id, w)
        WHERE n <> requests_6h
    """
    assert queried(query, trace=servegen.TRACE, lengths=servegen.LENGTHS) == [(0,)]


@needs_traces
@pytest.mark.parametrize("model", servegen.MODELS)
@pytest.mark.parametrize("prices", ["metered", "planned"])
def test_cost_is_tokens_times_the_list_price(found, tokens, model, prices):
    cost = getattr(found, prices)[model].statement.total("cost")
    assert str(cents(cost)) == COST[model]
    oracle = at_list(model, sum(i for i, _ in tokens.values()), sum(o for _, o in tokens.values()))
    assert abs(cost - oracle) <= CENT


@needs_traces
@pytest.mark.parametrize("model", servegen.MODELS)
def test_metered_revenue_is_two_dollars_a_million(found, tokens, model):
    revenue = found.metered[model].statement.total("revenue")
    assert revenue == sum(metered(i + o) for i, o in tokens.values()) == Decimal(REVENUE["metered"])


@needs_traces
@pytest.mark.parametrize("model", servegen.MODELS)
def test_each_customer_pays_its_cheapest_plan(found, tokens, model):
    lines = found.planned[model].statement.fold(["customer", "plan"]).lines.records()
    assert {row["customer"]: (row["revenue"], row["plan"]) for row in lines} == {
        customer: cheapest(i + o) for customer, (i, o) in tokens.items()
    }
    assert found.planned[model].statement.total("revenue") == Decimal(REVENUE["planned"])


@needs_traces
def test_most_customers_are_on_pro(found):
    assert Counter(found.plans.values()) == {"free": 5, "pro": 130, "enterprise": 3}


@needs_traces
def test_the_top_customer_pays_an_eighth_and_costs_two_fifths(found, tokens):
    assert sum(tokens["customer-061"]) == 31_917_521_841
    bill = 1_000 + 9 * 800 + Decimal("21.917521841") * 600
    assert cents(bill) == Decimal("21350.51")

    customer, share = servegen.top(found.planned["gemini-2.5-flash"], "revenue")
    assert (customer, round(share, 4)) == ("customer-061", round(cents(bill) / Decimal(REVENUE["planned"]), 4))
    assert round(share, 4) == Decimal("0.1195")
    shares = {model: servegen.top(books, "cost") for model, books in found.planned.items()}
    assert {model: (who, str(round(part, 4))) for model, (who, part) in shares.items()} == {
        "gpt-4o": ("customer-061", "0.3471"),
        "claude-sonnet-4-5": ("customer-061", "0.3668"),
        "gemini-2.5-flash": ("customer-061", "0.4130"),
    }
    assert round(servegen.top(found.metered["gpt-4o"], "revenue")[1], 4) == Decimal("0.2551")


@needs_traces
@pytest.mark.parametrize(("prices", "model"), UNDER_WATER)
def test_customers_under_water_are_those_that_pay_less_than_they_cost(found, tokens, prices, model):
    pays = {"metered": metered, "planned": lambda n: cheapest(n)[0]}[prices]
    under = sum(pays(i + o) < at_list(model, i, o) for i, o in tokens.values())
    assert servegen.under_water(getattr(found, prices)[model]) == under == UNDER_WATER[prices, model]


@needs_traces
def test_the_statement_says_totals_top_customer_losers_and_what_is_left_out(found):
    text = " ".join(str(servegen.lay(found, 10)).split())
    for words in (
        "178,652.85 USD earned, 75,741.85 spent, 102,911.00 left (57.6 % of revenue); 6 of 138 customers under water.",
        "gpt-4o cheapest plan 178,652.85 443,072.49 −264,419.64 60",
        "revenue on plans customer-061 12.0 %",
        "15 of 153 customers have no published lengths and are left out",
        "with 76,957,904 of 195,775,245 requests (39.3 %)",
    ):
        assert words in text


@needs_traces
def test_the_customers_without_lengths_would_change_who_pays_but_not_who_loses(tmp_path):
    filled = servegen.study(tmp_path, fill=True)
    assert filled.coverage == servegen.Coverage(153, 195_775_245, 153, 195_775_245)
    assert {m: str(cents(b.statement.total("revenue"))) for m, b in filled.planned.items()} == dict.fromkeys(
        servegen.MODELS, "250554.07"
    )
    assert servegen.under_water(filled.planned["gemini-2.5-flash"]) == 6


@needs_traces
@pytest.mark.parametrize(
    ("model", "cost"), [("gpt-4o", "96.79"), ("claude-sonnet-4-5", "128.42"), ("gemini-2.5-flash", "16.93")]
)
def test_the_hour_of_chat_costs_its_tokens(model, cost):
    totals = queried("SELECT sum(input_tokens), sum(output_tokens), count(*) FROM azure", azure=single_requests.AZURE)
    tokens_in, tokens_out, requests = totals[0]
    books = single_requests.azure()[model]
    assert str(cents(books.statement.total("cost"))) == cost
    assert abs(books.statement.total("cost") - at_list(model, tokens_in, tokens_out)) <= CENT
    assert books.statement.total("requests") == requests == 19_366


@pytest.fixture(scope="module")
def cached(tmp_path_factory):
    return single_requests.mooncake(tmp_path_factory.mktemp("mooncake"))


@needs_traces
def test_a_third_of_the_prompts_was_seen_before(cached):
    query = """
        WITH numbered AS (SELECT row_number() OVER () AS r, * FROM mooncake),
        blocks AS (SELECT r, unnest(hash_ids[: input_tokens // 512]) AS id FROM numbered),
        firsts AS (SELECT id, min(r) AS first FROM blocks GROUP BY id)
        SELECT 512 * count(*) FILTER (r > first), 512 * count(*) FILTER (r = first) FROM blocks JOIN firsts USING (id)
    """
    read, written = queried(query, mooncake=single_requests.MOONCAKE)[0]
    totals = queried("SELECT sum(input_tokens), sum(output_tokens) FROM mooncake", mooncake=single_requests.MOONCAKE)
    prompt, answer = totals[0]
    assert (read, prompt) == (25_543_168, 73_604_194)
    for model, books in cached["kept throughout"].items():
        assert single_requests.read_share(books) == read / prompt
        price = LIST[model]
        oracle = read * price["read"] + written * price["write"] + (prompt - read - written) * price["input"]
        assert abs(books.statement.total("cost") - (oracle + answer * price["output"]) / 1_000_000) <= 2 * CENT


@needs_traces
def test_the_cache_saves_what_it_did(cached):
    costs = {name: [str(cents(b.statement.total("cost"))) for b in each.values()] for name, each in cached.items()}
    assert costs == {
        "no cache": ["203.78", "250.47", "27.02"],
        "kept 5 minutes": ["177.92", "233.14", "21.44"],
        "kept throughout": ["171.85", "216.40", "20.13"],
    }


def test_a_block_is_read_while_it_is_kept_and_all_before_it_are():
    replay = single_requests.replay
    requests = [(0, 1100, 9, (1, 2, 3)), (7, 1030, 9, (1, 4, 5)), (60, 1024, 9, (4, 2))]
    assert list(replay(requests, keep=60)) == [(76, 0, 1024, 9), (6, 512, 512, 9), (0, 1024, 0, 9)]
    assert list(replay(requests, keep=55)) == [(76, 0, 1024, 9), (6, 512, 512, 9), (0, 512, 512, 9)]
    assert list(replay(requests, keep=5)) == [(76, 0, 1024, 9), (6, 0, 1024, 9), (0, 0, 1024, 9)]


@pytest.mark.parametrize(
    "tokens", [1, 1_000_000, 1_000_001, 10**9, 9_499_999_999, 9_500_000_001, 10**10, 31_917_521_841]
)
def test_plans_charge_what_their_words_say(tokens):
    rows = [("a", "2026-09", "input_tokens", tokens - 1), ("a", "2026-09", "output_tokens", 1)]
    lines = table(["customer", "month", "meter"], ["quantity"], rows)
    bills = servegen.bills(Usage(lines.keys, lines.values), read_cards(servegen.PLANS))
    assert bills == {"free": {"a": 0}, "pro": {"a": pro(tokens)}, "enterprise": {"a": enterprise(tokens)}}


@pytest.mark.parametrize("example", [servegen, single_requests])
def test_without_traces_an_example_says_what_to_do(example, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PERTOKEN_DATA", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["example", str(tmp_path / "out")])
    with pytest.raises(SystemExit) as stop:
        example.main()
    assert stop.value.code == 2
    assert "set PERTOKEN_DATA to the folder that holds traces/" in capsys.readouterr().err
