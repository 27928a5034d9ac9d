"""Training in a model: tokens become GPU-hours by the arithmetic of a run and the share of peak that it reaches."""

from typing import Any

from pertoken.catalog.machines import find_gpu
from pertoken.connect import machines
from pertoken.connect.model_file.numbers import written
from pertoken.connect.model_file.place import formula
from pertoken.connect.model_file.reading import Reading
from pertoken.connect.placed import Placed
from pertoken.core.errors import InputError
from pertoken.serving.training import PASSES, Run, flops, gpu_hours

WORDS = ("model", "params", "tokens", "method", "adapter_params", "gpu", "precision", "utilisation", "lost")
"""Words of a training."""


def trained(reading: Reading, part: Placed, place: str) -> dict[str, str]:
    """Read a training as the formula of its GPU-hours: $C = 6ND$ over the peak, see `serving.training`.

    Args:
        reading: Told what is wrong.
        part: The workload.
        place: Its name.
    """
    path = (*part.path, "trains")
    said = reading.part(part["trains"], path, f"training of {place}", WORDS)
    if said is None:
        return {}
    place = f"{place}.trains"
    hours = _hours_of_token(reading, said)
    tokens = formula(reading, said.get("tokens"), (*path, "tokens"), f"{place}.tokens", "token")
    reached = said.get("utilisation")
    if reached is None:
        reading.refuse(path, f"{place} does not say its utilisation", "the share of the peak that it reaches, as 38%")
        return {}
    share = formula(reading, reached, (*path, "utilisation"), f"{place}.utilisation", "1")
    lost = formula(reading, said.get("lost", 0), (*path, "lost"), f"{place}.lost", "1")
    return {"gpu_hours": f"max({tokens}, 0 token) * {hours * 1e6:.9g} gpu_hour/1M token / (({share}) * (1 - ({lost})))"}


def _hours_of_token(reading: Reading, said: Placed) -> float:
    """Reckon the GPU-hours that a token takes at the peak."""
    try:
        own = _number(said.get("adapter_params", 0))
        run = Run(params=_params(said), tokens=1.0, method=_method(said), adapter_params=own)
        return float(gpu_hours(flops(run), _peak(said), mfu=1.0))
    except InputError as error:
        reading.refused(said.path, error)
        return 0.0


def _peak(said: Placed) -> float:
    """Find the peak rate of the GPU in the precision that is trained in [TFLOP/s]."""
    gpu = find_gpu(machines.gpus(), str(said.get("gpu")))
    rates: dict[str, float] = {str(name): rate for name, rate in gpu.tflops.items()}
    rates |= {"bf16": rates["fp16"]} if "fp16" in rates else {}
    precision = str(said.get("precision", "bf16"))
    if precision not in rates:
        raise InputError(f"{gpu.name} has no peak in {precision!r}; expected one of {', '.join(rates)}")
    return rates[precision]


def _method(said: Placed) -> Any:  # noqa: ANN401  checked here
    method = said.get("method", "full")
    if method not in PASSES:
        raise InputError(f"method {method!r}; expected one of {', '.join(PASSES)}")
    return method


def _params(said: Placed) -> float:
    if (said.get("model") is None) == (said.get("params") is None):
        raise InputError("a training says its model or its params; expected one of them")
    if said.get("params") is not None:
        return _number(said["params"])
    return machines.find_architecture(str(said["model"])).active_params


def _number(said: Any) -> float:  # noqa: ANN401  unchecked input
    found = written(said)
    if found is None:
        raise InputError(f"{said!r} is no number of weights; expected one, as 8B or 42M")
    return float(found.value)
