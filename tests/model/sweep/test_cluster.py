# SPDX-License-Identifier: BSD-3-Clause
"""A dask cluster gives the files that this machine gives; without dask there is one clear line."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from spintile.model.sweep import Sweep, SweepFailed, collect, grid, run
from sweep_functions import folder_bytes

SWEEP = Sweep.of("sweep_functions:products", grid(seed=range(5), size=[64]), "1")


def test_without_dask_one_line_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "distributed" else known(name))
    with pytest.raises(ValueError) as caught:
        run(SWEEP, tmp_path, cluster="tcp://localhost:1")
    assert str(caught.value) == "cluster: dask.distributed must be installed: pip install 'spintile[cluster]'"


def test_a_local_cluster_gives_the_same_files(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as cluster:
        run(SWEEP, tmp_path / "cluster", cluster=cluster.scheduler_address)
        picky = Sweep.of("sweep_functions:picky", grid(value=[1, 3, 4]), "1")
        with pytest.raises(SweepFailed, match="1 of 3 tasks failed"):
            run(picky, tmp_path / "picky", cluster=cluster.scheduler_address)
        assert collect(Sweep(picky.function, picky.settings[::2], "1"), tmp_path / "picky") == [1, 4]
    run(SWEEP, tmp_path / "here")
    assert folder_bytes(tmp_path / "cluster") == folder_bytes(tmp_path / "here")


def test_an_address_where_nobody_answers_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    distributed = pytest.importorskip("distributed")

    def refuse(address: str, **options: object) -> None:
        raise OSError("Timed out trying to connect")

    monkeypatch.setattr(distributed, "Client", refuse)
    with pytest.raises(ValueError, match="cluster: a dask scheduler must answer at 'tcp://nobody:1': Timed out"):
        run(SWEEP, tmp_path, cluster="tcp://nobody:1")


def test_what_is_no_address_is_refused_before_a_client_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    distributed = pytest.importorskip("distributed")
    made: list[str] = []
    monkeypatch.setattr(distributed, "Client", lambda address, **options: made.append(address))
    with pytest.raises(ValueError, match="cluster: a dask scheduler must answer at 'nonsense': missing port number"):
        run(SWEEP, tmp_path, cluster="nonsense")
    assert made == []
