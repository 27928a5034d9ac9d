"""The house's own lists are dated and sane; catalogs of SkyPilot and shapes in files are read as they stand."""

import json
import re
from datetime import date
from decimal import Decimal
from itertools import groupby

import pytest

from pertoken.catalog.machines import Gpu, asked
from pertoken.connect.machines import architectures, find_architecture, gpus, offers, skypilot
from pertoken.core.errors import InputError

TODAY = date(2026, 11, 22)

# Columns as the catalogs of SkyPilot v8 have them; the figures are made up.
VMS = """\
InstanceType,AcceleratorName,AcceleratorCount,vCPUs,MemoryGiB,Price,Region,AvailabilityZone,GpuInfo,SpotPrice
cpu-1,,,4.0,16.0,0.2,eu-1,eu-1a,,
gpu-8,H100,8.0,208.0,1800.0,24.0,eu-1,eu-1a,"{'Gpus': [{'Name': 'H100', 'MemoryInfo': {'SizeInMiB': 81920}}]}",9.0
gpu-8,H100,8.0,208.0,1800.0,24.0,eu-1,eu-1b,"{'Gpus': [{'Name': 'H100', 'MemoryInfo': {'SizeInMiB': 81920}}]}",8.0
gpu-1,A100,1.0,30.0,200.0,1.5,us-1,us-1a,"{'Gpus': [{'Name': 'A100', 'MemoryInfo': {'SizeInMiB': 81920}}]}",
gpu-2,A100,1.0,30.0,200.0,1.2,us-1,us-1a,"{'Gpus': [{'Name': 'A100', 'MemoryInfo': {'SizeInMiB': 40960}}]}",
tpu-1,Gaudi HL-205,8.0,96.0,768.0,13.1,us-1,us-1a,,
"""


@pytest.fixture
def vms(tmp_path):
    (tmp_path / "mycloud").mkdir()
    path = tmp_path / "mycloud" / "vms.csv"
    path.write_text(VMS)
    return path


CLOCKED = {
    "V100-16GB-SXM": (80, 1.53, 1024), "V100-32GB-SXM": (80, 1.53, 1024), "A40-48GB": (84, 1.74, 1024),
    "A5000-24GB": (64, 1.695, 1024), "RTX3090-24GB": (82, 1.695, 512), "L40-48GB": (142, 2.49, 512),
    "RTX5090-32GB": (170, 2.407, 512),
}  # fmt: skip
"""Multiprocessors, boost clock [GHz], dense FP16 operations of each at a tick: white papers of architectures."""

ALIKE = {
    "A100-40GB-PCIe": "A100-80GB-PCIe", "A800-80GB-SXM": "A100-80GB-SXM", "H800-80GB-SXM": "H100-80GB-SXM",
    "H200-141GB-NVL": "H100-94GB-NVL", "GH200-144GB": "GH200-96GB",
}  # fmt: skip
"""GPUs with the same processor, which differ in memory or links."""

UNHELD = ("H20-96GB-SXM", "GB300-288GB", "MI350X-288GB")
"""GPUs whose rates nothing here is held against."""


@pytest.mark.parametrize("name", CLOCKED)
def test_the_rate_of_a_gpu_is_its_processors_times_their_clock(name):
    many, gigahertz, ticked = CLOCKED[name]
    (row,) = (gpu for gpu in gpus() if gpu.name == name)
    assert row.tflops["fp16"] == pytest.approx(many * gigahertz * ticked / 1000, rel=0.005)


@pytest.mark.parametrize(("name", "kin"), ALIKE.items())
def test_gpus_with_one_processor_multiply_alike(name, kin):
    rows = {gpu.name: gpu for gpu in gpus()}
    assert rows[name].tflops == rows[kin].tflops


@pytest.mark.parametrize(
    "row", [*gpus(), *offers(), *architectures()], ids=lambda row: getattr(row, "name", "") or row.instance
)
def test_every_row_names_a_page_and_a_day_or_what_it_was_held_against(row):
    assert re.match(r"https://\S+\.\S+", row.source)
    if row.seen is None and not isinstance(row, Gpu):  # not read; then the maker's count of parameters must agree
        assert row.published_billions
    elif row.seen is None:
        assert row.name in {*CLOCKED, *ALIKE, *UNHELD}
    else:
        assert date(2026, 1, 1) <= row.seen <= TODAY


def test_every_offer_is_of_a_known_gpu_and_no_dearer_than_ten_times_its_like():
    assert {offer.gpu for offer in offers()} <= {gpu.name for gpu in gpus()}
    for _, group in groupby(sorted(offers(), key=lambda o: o.gpu), key=lambda o: o.gpu):
        prices = [offer.usd_per_gpu_hour for offer in group]
        assert max(prices) < 10 * min(prices)


def test_no_offer_stands_twice():
    keys = [(o.provider, o.instance, o.gpu, o.region, o.purchase) for o in offers()]
    assert len(keys) == len(set(keys))


def test_committed_and_spot_prices_are_below_on_demand():
    listed = {(o.provider, o.instance, o.region, o.purchase): o.usd_per_hour for o in offers()}
    pairs = [
        (price, listed[(*key[:3], "on_demand")]) for key, price in listed.items() if (*key[:3], "on_demand") in listed
    ]
    assert sum(price < full for price, full in pairs) >= 12
    assert all(price <= full for price, full in pairs)


def test_figures_of_gpus_are_those_of_their_data_sheets():
    known = {gpu.name: gpu for gpu in gpus()}
    h100, b200, mi300x = known["H100-80GB-SXM"], known["B200-180GB"], known["MI300X-192GB"]
    # with sparsity the sheet says 1,979 and 3,958 TFLOP/s; NVLink 900 GB/s both ways
    assert (h100.tflops["fp16"], h100.tflops["fp8"], h100.link_gb_s) == (1979 / 2, 3958 / 2, 900 / 2)
    assert b200.tflops["fp4"] == 2 * b200.tflops["fp8"] == 4 * b200.tflops["fp16"]
    assert (mi300x.memory_gb, mi300x.bandwidth_gb_s, mi300x.tflops["fp16"]) == (192, 5300, 1307.4)


def test_a_catalog_of_skypilot_is_read_by_region_with_the_cheapest_zone(vms):
    found = {(o.instance, o.purchase): o for o in skypilot(vms)}
    assert sorted(found) == [("gpu-1", "on_demand"), ("gpu-2", "on_demand"), ("gpu-8", "on_demand"), ("gpu-8", "spot"),
                             ("tpu-1", "on_demand")]  # fmt: skip
    eight = found["gpu-8", "spot"]
    assert (eight.provider, eight.region, eight.gpu, eight.n_gpu) == ("mycloud", "eu-1", "H100-80GB-SXM", 8)
    assert eight.usd_per_gpu_hour == Decimal(1)  # 8.0 in zone b, by 8
    assert (eight.as_of, eight.source) == (None, str(vms))


def test_an_a100_is_told_by_its_memory(vms):
    by_instance = {o.instance: o.gpu for o in skypilot(vms)}
    assert by_instance == {
        "gpu-8": "H100-80GB-SXM",
        "gpu-1": "A100-80GB-SXM",
        "gpu-2": "A100-40GB-SXM",
        "tpu-1": "Gaudi HL-205",
    }


def test_offers_of_a_catalog_are_asked_like_the_houses_own(vms):
    (cheapest, *_) = asked(skypilot(vms), gpu="A100-40GB-SXM")
    assert (cheapest.instance, cheapest.usd_per_hour) == ("gpu-2", Decimal("1.2"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", r"vms\.csv:1: no column InstanceType, AcceleratorName"),
        (
            VMS.replace("8.0,208.0,1800.0,24.0,eu-1,eu-1b", "8.0,208.0,1800.0,dear,eu-1,eu-1b"),
            r"vms\.csv:4: .*at 'dear'",
        ),
        (VMS.replace("A100,1.0,30.0,200.0,1.5", "A100,0,30.0,200.0,1.5"), r"vms\.csv:5: gpu-1 with 0 A100"),
    ],
)
def test_a_bad_catalog_is_named_with_its_line(vms, text, said):
    vms.write_text(text)
    with pytest.raises(InputError, match=said):
        skypilot(vms)


def test_a_catalog_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"can't read .*none\.csv: No such file"):
        skypilot(tmp_path / "none.csv")


LLAMA_8B = {"model_type": "llama", "num_hidden_layers": 32, "hidden_size": 4096, "num_attention_heads": 32,
            "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 128256}  # fmt: skip
"""A model of the house, as a file says it."""


def test_a_model_is_found_by_name_alias_file_and_folder(tmp_path):
    config = {"model_type": "llama", "num_hidden_layers": 2, "hidden_size": 64, "num_attention_heads": 4,
              "intermediate_size": 128, "vocab_size": 256}  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert find_architecture("Qwen/Qwen3-8B").name == find_architecture("QWEN3-8B").name == "qwen3-8b"
    assert find_architecture(str(tmp_path)) == find_architecture(str(tmp_path / "config.json"))
    # attention 2 x 64 x 16 x (4 + 4), gated feed-forward 3 x 64 x 128, two layers; two embeddings of 256 x 64
    assert find_architecture(str(tmp_path)).params == 2 * (2 * 64 * 16 * 8 + 3 * 64 * 128) + 2 * 256 * 64


@pytest.mark.parametrize(
    ("file", "more", "title"),
    [
        ("support/config.json", {}, "support"),
        ("support/mine.json", {}, "mine"),
        ("support/config.json", {"_name_or_path": "./"}, "support"),
        ("support/config.json", {"_name_or_path": "acme/Helper-8B"}, "Helper-8B"),
    ],
)
def test_a_file_is_named_by_what_it_says_else_by_its_own_name_or_its_folder(tmp_path, file, more, title):
    (tmp_path / "support").mkdir()
    (tmp_path / file).write_text(json.dumps(LLAMA_8B | more))
    assert find_architecture(str(tmp_path / file)).asked == title


def test_a_model_that_was_trained_further_is_known_by_its_blocks(tmp_path):
    (tmp_path / "mine.json").write_text(json.dumps(LLAMA_8B | {"vocab_size": 128_300}))
    found = find_architecture(str(tmp_path / "mine.json"))
    assert (found.name, found.asked, found.vocab) == ("llama-3.1-8b", "mine", 128_300)
    (tmp_path / "mine.json").write_text(json.dumps(LLAMA_8B | {"num_hidden_layers": 31}))
    assert find_architecture(str(tmp_path / "mine.json")).name == "mine"


def test_an_alias_keeps_the_name_that_was_asked_for():
    found = find_architecture("deepseek-ai/DeepSeek-R1")
    assert (found.name, found.asked) == ("deepseek-v3", "DeepSeek-R1")


def test_a_model_that_is_not_there_is_not_guessed(tmp_path):
    with pytest.raises(
        InputError, match=r"unknown model 'llama-3.1-9b'; did you mean .*llama-3.1-8b.*path of its config.json"
    ):
        find_architecture("llama-3.1-9b")
    (tmp_path / "config.json").write_text("[1]")
    with pytest.raises(InputError, match=r"a list; expected the config\.json"):
        find_architecture(str(tmp_path))
