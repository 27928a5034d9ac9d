"""A statement says what share of its cost rests on unsure prices."""

LENT = "no price of its own: priced as input_tokens"


def test_a_statement_says_what_of_its_cost_is_estimated(ask, desk):
    """a: 20 + 10, and 40 in all for bolt: 10 of 70."""
    (desk / "log.csv").write_text("model,customer,input_tokens,cache_write_1h_tokens\na,acme,10,5\na,bolt,20,0\n")
    rates = f'  - {{model: a, input_tokens: 2}}\n  - {{model: a, cache_write_1h_tokens: 2, note: "{LENT}"}}\n'
    (desk / "vendor.yaml").write_text(f"card: vendor\nrates:\n{rates}")
    answer = ask("statement", "log.csv", "--cost", "vendor.yaml", "--format", "md")
    assert "14.3 % of the cost at list prices is estimated: cache_write_1h_tokens (a): " in answer.out
    assert LENT in answer.out
