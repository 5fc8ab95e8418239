# SPDX-License-Identifier: BSD-3-Clause
"""Sweeps of a reproduction: a folder for each plan, results in order, progress in words, the address of a cluster."""

from __future__ import annotations

from pathlib import Path

import pytest
from spintile.cli.flows.reproduce.sweeps import Sweeps

FUNCTION = "sweep_functions:product"
GIVEN = [{"seed": 2, "die": 3}, {"seed": 1, "die": 5}]


class Told:
    """Progress that is written down."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, step: str, done: float, remark: str = "") -> None:
        self.lines.append(f"{step} {done:.2f} {remark}")


def sweeps(folder: Path, told: Told, version: str = "1", cluster: str | None = None) -> Sweeps:
    return Sweeps(folder, version, 1, cluster, told)


def test_results_come_in_order_and_a_finished_plan_is_not_done_again(tmp_path: Path) -> None:
    told = Told()
    expected = [{"product": 6}, {"product": 5}]
    assert sweeps(tmp_path, told).results(FUNCTION, GIVEN, "multiplying") == expected
    written = {path: path.stat().st_mtime_ns for path in tmp_path.glob("product-*/tasks/*")}
    assert len(written) == 2
    assert sweeps(tmp_path, told).results(FUNCTION, GIVEN, "multiplying") == expected
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("product-*/tasks/*")} == written
    assert told.lines[0] == "multiplying 0.00 0 of 2 tasks"
    assert told.lines[-1] == "multiplying 1.00 2 of 2 tasks"


def test_other_settings_and_other_code_have_folders_of_their_own(tmp_path: Path) -> None:
    sweeps(tmp_path, Told()).results(FUNCTION, GIVEN, "one")
    sweeps(tmp_path, Told()).results(FUNCTION, GIVEN[:1], "fewer")
    sweeps(tmp_path, Told(), version="2").results(FUNCTION, GIVEN, "newer")
    assert len(list(tmp_path.glob("product-*"))) == 3


def test_a_larger_plan_takes_over_what_a_smaller_one_did_and_nothing_else(tmp_path: Path) -> None:
    sweeps(tmp_path, Told()).results(FUNCTION, GIVEN[:1], "fewer")
    (first,) = tmp_path.glob("product-*/tasks/*")
    told = Told()
    assert sweeps(tmp_path, told).results(FUNCTION, GIVEN, "all") == [{"product": 6}, {"product": 5}]
    assert told.lines[0].startswith("all 0.50 1 of 2 tasks")
    # Neither what other code gave nor a damaged result is taken.
    others = [GIVEN[0], {"seed": 3, "die": 3}]
    sweeps(tmp_path, told, version="2").results(FUNCTION, others, "newer")
    assert "newer 0.00 0 of 2 tasks" in [line.strip() for line in told.lines]
    for path in tmp_path.glob(f"product-*/tasks/{first.name}"):
        path.write_bytes(path.read_bytes()[:-3])
    assert sweeps(tmp_path, told).results(FUNCTION, others, "again") == [{"product": 6}, {"product": 9}]
    assert "again 0.00 0 of 2 tasks" in [line.strip() for line in told.lines]


def test_nothing_asked_is_nothing_done(tmp_path: Path) -> None:
    assert sweeps(tmp_path, Told()).results(FUNCTION, [], "nothing") == []
    assert not list(tmp_path.iterdir())


def test_the_address_of_a_cluster_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    distributed = pytest.importorskip("distributed")

    def refuse(address: str, **options: object) -> None:
        raise OSError("nobody")

    monkeypatch.setattr(distributed, "Client", refuse)
    with pytest.raises(ValueError, match="a dask scheduler must answer at 'tcp://nobody:1'"):
        sweeps(tmp_path, Told(), cluster="tcp://nobody:1").results(FUNCTION, GIVEN, "far away")
