"""A second opinion: what is asked of AIConfigurator, in its words; the tool itself is played by a stub."""

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import pertoken as pt
from pertoken.core.errors import InputError

LOAD: dict[str, Any] = {"input_tokens": 1000, "output_tokens": 200, "concurrency": 64}


@pytest.fixture
def tool(monkeypatch):
    heard = []

    def cli_estimate(*names, **words):
        heard.append((*names, words))
        if words["isl"] == 7:
            msg = "no data"
            raise KeyError(msg)
        return SimpleNamespace(
            ttft=120.0, tpot=9.0, raw={"tokens/s/gpu": 500.0}, backend_name="trtllm", backend_version="1.3"
        )

    module = ModuleType("aiconfigurator.cli.api")
    vars(module)["cli_estimate"] = cli_estimate
    monkeypatch.setitem(sys.modules, "aiconfigurator.cli.api", module)
    return heard


def test_a_load_is_asked_in_its_words(tool):
    found = pt.second_opinion("llama-3.3-70b", "H100", 4, "trtllm", tensor=2, precision="fp8", **LOAD)
    assert (found.output_tokens_per_second, found.ttft_seconds, found.tpot_seconds) == (
        2000,
        0.12,
        0.009,
    )  # 500 x 4 GPUs
    ((model, system, words),) = tool
    assert (model, system) == ("meta-llama/Meta-Llama-3.1-70B", "h100_sxm")
    assert (words["tp_size"], words["batch_size"], words["ctx_tokens"]) == (
        2,
        32,
        8192,
    )  # two replicas share 64 clients
    assert (words["gemm_quant_mode"], words["backend_name"]) == ("fp8", "trtllm")
    assert words["backend_version"] == "current"
    assert "moe_ep_size" not in words


def test_experts_are_spread_as_asked(tool):
    pt.second_opinion("qwen3-235b-a22b", "H200", 8, "trtllm", tensor=1, precision="fp8", **LOAD)
    ((*_, words),) = tool
    assert (words["attention_dp_size"], words["moe_ep_size"], words["moe_tp_size"], words["batch_size"]) == (8, 8, 1, 8)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"model": "phi-4"}, "AIConfigurator's model for 'phi-4' is not known"),
        ({"gpu": "t4", "model": "llama-3.2-1b"}, "is not known"),
        ({"rate": 3}, "not requests a second"),
        ({"input_tokens": 7}, "no answer for llama-3.1-8b on H100-80GB-SXM: 'no data'"),
    ],
)
@pytest.mark.usefixtures("tool")
def test_what_it_cannot_answer_is_said(wrong, message):
    with pytest.raises(InputError, match=message):
        pt.second_opinion(**{"model": "llama-3.1-8b", "gpu": "h100", **LOAD, **wrong})


def test_a_missing_extra_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "aiconfigurator.cli.api", None)
    with pytest.raises(InputError, match=r"pip install 'pertoken\[aiconfigurator\]'"):
        pt.second_opinion("llama-3.1-8b", "h100", **LOAD)
