"""Training, energy and ownership against published runs and sums by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertoken.connect.cards import read_cards
from pertoken.core.errors import InputError
from pertoken.rating.rate import amount, rate
from pertoken.serving.energy import energy_kwh
from pertoken.serving.ownership import Power, Staff, ownership
from pertoken.serving.training import Run, flops, gpu_hours, training_usage
from tests.serving.test_reshape import GPUS

H100, A100 = 989.4, 312.0
"""Peaks in BF16. [TFLOP/s]"""


def test_llama_405b_took_as_long_as_its_arithmetic_says():
    """30.84 million hours (model card); MFU of 38 to 43 %, 90 % of the time effective (arXiv:2407.21783, 3.3)."""
    whole = flops(Run(params=405.85e9, tokens=15.6e12))
    assert whole == pytest.approx(3.8e25, rel=0.01)
    fewest, most = (float(gpu_hours(whole, H100, mfu=mfu, lost_share=0.1)) for mfu in (0.43, 0.38))
    assert fewest < 30.84e6 < most
    assert float(gpu_hours(whole, H100, mfu=1)) == pytest.approx(10.6e6, rel=0.01)


@pytest.mark.parametrize(
    ("params", "tokens", "reached", "gpus", "days"), [(175e9, 300e9, 140, 1024, 34), (1e12, 450e9, 163, 3072, 84)]
)
def test_megatron_took_as_many_days_as_it_reports(params, tokens, reached, gpus, days):
    """arXiv:2104.04473, section 5.1: 34 days on 1,024 A100 at 140 TFLOP/s, 84 days on 3,072 at 163."""
    operations = flops(Run(params=params, tokens=tokens, method="recompute"))
    assert float(gpu_hours(operations, A100, mfu=reached / A100)) / 24 / gpus == pytest.approx(days, rel=0.01)


def test_attention_adds_what_palm_counts_halved_for_looking_back_only():
    # PaLM, appendix B: 6 N + 12 L H Q T for each token, T for the whole sequence; half of it is behind a token
    run = Run(params=1e9, tokens=1e6, attention=24 * 16 * 128, sequence=4096)
    assert flops(run) == pytest.approx(1e6 * (6e9 + 12 * 24 * 16 * 128 * 4096 / 2))


def test_an_adapter_spares_the_products_for_frozen_weights():
    whole, adapter = (Run(params=8e9, tokens=1e8, method=method) for method in ("full", "adapter"))
    assert flops(adapter) / flops(whole) == pytest.approx(4 / 6)
    trained = Run(params=8e9, tokens=1e8, method="adapter", adapter_params=42e6)
    assert flops(trained) - flops(adapter) == pytest.approx(6 * 42e6 * 1e8)


@given(st.floats(1e6, 1e12), st.floats(1e3, 1e13), st.floats(0.05, 1), st.floats(0, 0.9))
def test_time_that_is_lost_is_paid(params, tokens, mfu, lost):
    operations = flops(Run(params=params, tokens=tokens))
    whole, useful = (float(gpu_hours(operations, H100, mfu=mfu, lost_share=share)) for share in (lost, 0.0))
    assert whole * (1 - lost) == pytest.approx(useful)
    assert useful * 3600 * H100 * 1e12 * mfu == pytest.approx(operations)


def test_training_is_rated_by_the_card_of_gpus():
    # 10 hours that may be interrupted, at the spot price of 1.60
    used = training_usage(10.0, month="2026-02", labels={"tolerates_preemption": "true", "hour": "2026-02-04T09"})
    ledger = rate(used, read_cards(str(GPUS))).ledger
    assert float(amount(ledger, "effective").where(tolerates_preemption="true").values["amount"].sum()) == 16.0


def test_energy_is_that_of_published_runs():
    """Llama 2 (arXiv:2307.09288, table 2): 184,320 and 1,720,320 hours of 400 W; 31.22 and 291.42 t CO2eq."""
    kwh = [float(energy_kwh(hours, 0.0, 400, idle_share=0.1)) for hours in (184_320, 1_720_320)]
    assert kwh == pytest.approx([73_728, 688_128])
    assert kwh[1] / kwh[0] == pytest.approx(291.42 / 31.22, rel=1e-3)


def test_idle_gpus_draw_less_and_buildings_more():
    # 100 h x 700 W x 0.8 + 50 h x 70 W + 150 h x 60 W = 56 + 3.5 + 9 kWh, times 1.2
    found = energy_kwh(100, 50, 700, busy_share=0.8, idle_share=0.1, pue=1.2, host_watts=60)
    assert float(found) == pytest.approx(1.2 * 68.5)


@given(
    st.lists(st.floats(0, 1e6), min_size=1, max_size=37),
    st.floats(0, 1e6),
    st.floats(0, 99),
    st.integers(1, 60),
    st.tuples(st.floats(0, 9), st.floats(0, 1e4)),
)
def test_lines_of_ownership_add_up_and_engineering_is_borne_once(machines, salary, months, over, own):
    people, storage = own
    staff = Staff(salary=salary, engineering_months=months, amortised_months=over, operations=people)
    found = ownership(np.array(machines), staff=staff, own={"storage": storage})
    assert float(found.total) == pytest.approx(sum(float(line.sum()) for line in found.lines.values()))
    assert float(found.lines["engineering"].sum()) + found.remaining == pytest.approx(salary / 12 * months)


def test_worlds_of_machines_keep_their_other_lines():
    found = ownership(
        np.ones((3, 5)), staff=Staff(salary=12.0, operations=1), power=Power(tariff=0.1, kwh=np.full(5, 20.0))
    )
    assert found.total.tolist() == pytest.approx([5 * (1 + 1 + 2)] * 3)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: flops(Run(params=-1, tokens=1)),
        lambda: gpu_hours(1e20, H100, mfu=1.2),
        lambda: energy_kwh(1, 1, 700, idle_share=0.5, busy_share=0.4),
        lambda: ownership(np.ones(3), staff=Staff(salary=1), own={"power": 1.0}),
        lambda: Staff(salary=1, amortised_months=0),
    ],
)
def test_what_can_not_be_is_refused(wrong):
    with pytest.raises(InputError, match="expected"):
        wrong()
