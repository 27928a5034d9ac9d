"""The traces through simulated engines say what the page says of them."""

import pytest

from examples import servegen, serving_traces

needs_traces = pytest.mark.skipif(
    not (servegen.traces() / serving_traces.MOONCAKE).exists(),
    reason="no traces here: set PERTOKEN_DATA to the folder that holds traces/ (docs/how-to/real-traces.md)",
)


@needs_traces
def test_bursts_lengthen_the_tail_and_a_router_that_minds_prefixes_finds_more():
    found = {name: (requests, seen) for name, requests, seen in serving_traces.rows(servegen.traces())}
    assert [len(requests) for requests, _ in found.values()] == [19_366, 829_504, 826_116, 5_719, 5_719, 5_719]
    _, (_, chance), (_, bursts), (talk, turns), (_, least), (_, prefix) = found.values()
    assert bursts.ttft().p50 == pytest.approx(chance.ttft().p50, rel=0.25)
    assert bursts.ttft().p99 > 1.2 * chance.ttft().p99
    assert prefix.found > 2 * max(turns.found, least.found)
    assert prefix.found < 0.347 * talk.input.sum()  # what a cache with room for all would find
    assert prefix.tpot().p99 < turns.tpot().p99
