"""Shards of customers are worked on by whatever joblib is told to use, to the same bits."""

import joblib
import pytest

from pertoken.forecast.sharded import simulate_sharded
from pertoken.forecast.tariff import tariffs
from tests.forecast.population import TIERS, population
from tests.made import card


def test_a_local_dask_cluster_simulates_the_same_bits():
    distributed = pytest.importorskip("distributed")
    model = population(customers=13)
    priced = tariffs([card(TIERS)], model.cells, model.months)
    alone = simulate_sharded(model, priced, paths=20, seed=3, shard=5, jobs=1)
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None, protocol="tcp", host="127.0.0.1"
        ) as cluster,
        distributed.Client(cluster),
        joblib.parallel_config(backend="dask"),
    ):
        found = simulate_sharded(model, priced, paths=20, seed=3, shard=5)
    assert all((found.sums[name] == alone.sums[name]).all() for name in alone.sums)
