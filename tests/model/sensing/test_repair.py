# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import warnings

import numpy as np
import pytest
from spintile.model.array import Wires, transfer_matrix
from spintile.model.device import Cell
from spintile.model.geometry import preset
from spintile.model.sensing import Repair, Sensing
from spintile.model.sensing.repair import nominal_cell

BORDERS = preset("borders")
CELL = Cell(r_p=4000.0, tmr=1.0)
SENSING = Sensing(full_scale_rows=1.28)  # a P device is 8 codes, an AP device 4


def test_constants_are_those_of_one_nominal_row() -> None:
    repair = Repair.nominal("pair_check", BORDERS, CELL, SENSING, strict=True, margin_base=0.5, margin_row=0.25)
    assert repair == Repair("pair_check", True, K=3072, P=2048, D=1024, m0=1024, m1=512)


def test_modes_have_the_registers_numbers() -> None:
    assert [Repair(mode).mode_code for mode in ("none", "range_guard", "pair_check", "check")] == [0, 1, 2, 3]  # type: ignore[arg-type]


def test_the_pair_check_needs_its_full_scale() -> None:
    with pytest.warns(
        UserWarning, match=r"^pair_check repair needs an ADC full scale of at least 1.2 \* rows \* G_P, not 0.9"
    ):
        repair = Repair.nominal("pair_check", BORDERS, CELL, Sensing(full_scale_rows=0.9))
    assert repair.mode == "none"


def test_exactly_the_full_scale_it_needs_is_enough() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Repair.nominal("pair_check", BORDERS, CELL, Sensing(full_scale_rows=1.2)).mode == "pair_check"
        assert Repair.nominal("range_guard", BORDERS, CELL, Sensing(full_scale_rows=0.9)).mode == "range_guard"


@pytest.mark.parametrize("mode", ["pair_check", "range_guard", "check"])
def test_one_bit_has_no_repair(mode: str) -> None:
    with pytest.warns(UserWarning, match=rf"^{mode} repair needs an ADC of at least 2 bits, not 1: no repair$"):
        repair = Repair.nominal(mode, BORDERS, CELL, Sensing(adc_bits=1))  # type: ignore[arg-type]
    assert repair.mode == "none"


def test_unknown_modes_and_negative_constants_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"^repair: mode must be one of none, range_guard, pair_check, check, not 'magic'$"
    ):
        Repair("magic")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^repair: P must be a non-negative integer, not -1$"):
        Repair(P=-1)
    for wrong in (-1, (), (3, -1), (3, True), 2.0):
        with pytest.raises(ValueError, match=r"^repair: K must be a non-negative integer or one for each pair, not "):
            Repair(K=wrong)  # type: ignore[arg-type]


def test_k_is_one_number_or_one_for_each_pair() -> None:
    assert Repair(K=5).pair_sums(3) == (5, 5, 5)
    assert Repair(K=(4, 5, 6)).pair_sums(3) == (4, 5, 6)
    with pytest.raises(ValueError, match=r"^repair: K must have one constant for each of 2 pairs, not 3$"):
        Repair(K=(4, 5, 6)).pair_sums(2)


def test_check_has_a_k_for_each_pair_behind_wires() -> None:
    ideal = Repair.nominal("check", BORDERS, CELL, SENSING)
    assert ideal.K == Repair.nominal("pair_check", BORDERS, CELL, SENSING).K
    wires = Wires(row_segment=2.0, col_segment=2.0)
    wired = Repair.nominal("check", BORDERS, CELL, SENSING, wires=wires, margin_base=0.4, margin_row=0.01)
    means = kernel_sums(wires)[-1] / 25
    found = np.array(wired.pair_sums(12))
    # States of this kernel are other ones: sums of 25 rows still agree within a percent, pair by pair.
    assert found == pytest.approx(means, rel=0.01)
    assert found[0] > 1.02 * found[-1]
    # The margin need not cover what the wires do: every healthy pair is within it, with one K for all many are not.
    reads = np.random.default_rng(1).random((2000, 25)) < 0.5
    driven = reads.sum(axis=1)[:, np.newaxis]
    margin = wired.m0 + driven * wired.m1
    sums = kernel_sums(wires, reads)
    assert (np.abs(sums - driven * found) <= margin).all()
    assert (np.abs(sums - driven * round(found.mean())) > margin).mean() > 0.2


def kernel_sums(wires: Wires, reads: np.ndarray | None = None) -> np.ndarray:
    """Sums of healthy pairs (reads, pairs) of a random kernel [LSB/2^F]; unless given, read n drives n + 1 rows."""
    rng = np.random.default_rng(0)
    plus = rng.random((25, 12)) < 0.5
    states = np.stack([plus, ~plus], axis=2).reshape(25, 24)
    transfer = transfer_matrix(np.where(states, CELL.g_p, CELL.g_ap), wires)
    sums = (np.tri(25) if reads is None else reads) @ transfer * SENSING.steps_per_siemens(BORDERS, CELL)
    return np.asarray(sums.reshape(-1, 12, 2).sum(axis=2))


def test_with_wires_the_constants_are_means_of_a_nominal_kernel() -> None:
    wires = Wires(row_segment=2.0, col_segment=2.0)
    ideal = Repair.nominal("pair_check", BORDERS, CELL, SENSING)
    wired = Repair.nominal("pair_check", BORDERS, CELL, SENSING, wires=wires)
    assert Repair.nominal("pair_check", BORDERS, CELL, SENSING, wires=Wires()) == ideal
    # All rows driven, mean over the pairs: what K promises.
    mean = kernel_sums(wires)[-1].mean() / 25
    assert wired.K / mean == pytest.approx(1, rel=0.01)
    assert ideal.K / mean > 1.1
    assert wired.D < ideal.D
    assert wired.P < ideal.P


@pytest.mark.parametrize("ohm", [1.0, 2.0, 5.0])
def test_with_wires_no_healthy_pair_is_taken_for_a_short(ohm: float) -> None:
    wires = Wires(row_segment=ohm, col_segment=ohm)
    repair = Repair.nominal("pair_check", BORDERS, CELL, SENSING, wires=wires)
    driven = np.arange(1, 26)[:, np.newaxis]
    limit = driven * repair.K + repair.m0 + driven * repair.m1
    assert (kernel_sums(wires) < limit).all()
    # A margin per row that knows nothing of the place would not do, nor would constants of ideal wires see shorts.
    plain = Repair.nominal("pair_check", BORDERS, CELL, SENSING)
    assert repair.m1 > plain.m1 + 0.02 * plain.P
    if ohm == 5.0:
        assert (kernel_sums(wires) > limit - driven * (repair.m1 - plain.m1)).any()


def test_a_nominal_cell_over_ideal_wires_is_the_cell() -> None:
    assert nominal_cell(25, 25, CELL, Wires()) == (CELL.g_p, CELL.g_ap, 0.0, ())
    lossy = nominal_cell(25, 25, CELL, Wires(col_sense=100.0))
    assert lossy[0] < CELL.g_p
    assert lossy[1] < CELL.g_ap
