# SPDX-License-Identifier: BSD-3-Clause
"""Half-moons down to the RTL: analog conductances, bit planes and multi-thresholds, equal to the golden model."""

from __future__ import annotations

import pytest
from needed_tools import engine_or_skip
from spintile.cosim.job import CosimJob
from spintile.cosim.run import cosimulate
from spintile.model.array import Wires
from spintile.model.training.moons import OnChip, Transfers, WritingErrors, fit_regular, load_points, onto_chip

TRAIN, FRESH = load_points(4)


@pytest.fixture(scope="module")
def on_chip() -> OnChip:
    written = fit_regular(TRAIN, 0, epochs=50, weight_range=5.0)
    return onto_chip(written, Transfers(WritingErrors(), 1, 0, Wires(row_segment=2.0, col_segment=2.0)))


def job(on_chip: OnChip) -> CosimJob:
    return CosimJob(on_chip.compiled, on_chip.image, on_chip.inputs(FRESH.x), on_chip.repair)


def test_the_rtl_answers_every_point_like_the_golden_model(on_chip: OnChip) -> None:
    result = cosimulate(job(on_chip), engine_or_skip("icarus"))
    assert result.passed, result.message
    # 8 codes of 32 reads, 9 activations, 3 groups' accumulators and one class, and more, of each point.
    assert result.compared["total"] > 4 * 32 * 8


def test_another_conductance_at_the_pins_is_named(on_chip: OnChip) -> None:
    q = on_chip.image.q.copy()
    q[0, 0, 2, 1] += 4000  # the bias row, driven in every plane
    result = cosimulate(job(on_chip).replace(array_image=on_chip.image.replace(q=q)), engine_or_skip("icarus"))
    assert not result.passed
    assert "kernel 0" in result.message
