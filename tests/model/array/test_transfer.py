# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import warnings

import numpy as np
import pytest
from spintile.model.array import (
    LineBreaks,
    Nodal,
    UndefinedCurrent,
    WireLossWarning,
    Wires,
    crossbar,
    transfer_matrix,
    wire_transmission,
)

WIRES = Wires(row_segment=2.0, col_segment=3.0, row_driver=40.0, col_sense=50.0)


def cells(*shape: int, seed: int = 0) -> np.ndarray:
    """Conductances of 1 .. 20 kOhm with some opens and shorts of 20 Ohm."""
    generator = np.random.default_rng(seed)
    conductance = 1 / generator.uniform(1e3, 2e4, shape)
    conductance[generator.random(shape) < 0.05] = 0.0
    conductance[generator.random(shape) < 0.02] = 1 / 20
    return conductance


def nodal_transfer(conductance: np.ndarray, wires: Wires, floating: np.ndarray | None = None) -> np.ndarray:
    lifted = None if floating is None else np.concatenate([floating, np.zeros(conductance.shape[1], bool)])
    return Nodal(crossbar(conductance, wires), lifted).transfer()


def test_ideal_wires_give_the_conductances_themselves() -> None:
    conductance = np.random.default_rng(0).random((2, 3, 5, 4))
    assert np.array_equal(transfer_matrix(conductance), conductance)
    assert np.array_equal(transfer_matrix(conductance, Wires()), conductance)


@pytest.mark.filterwarnings("ignore::spintile.model.array.WireLossWarning")
@pytest.mark.parametrize("two_sided", [False, True])
@pytest.mark.parametrize(
    "resistances",
    [
        (2, 3, 40, 50),
        (2, 3, 0, 0),
        (0, 3, 5, 1),
        (2, 0, 5, 1),
        (0, 0, 5, 1),
        (2, 0, 0, 1),
        (1e-6, 1e-6, 0, 1e-6),
        (0, 0, 0, 0),
    ],
)
@pytest.mark.parametrize("shape", [(1, 1), (1, 25), (25, 1), (5, 4), (4, 9), (25, 25)])
def test_elimination_by_rows_agrees_with_nodal_analysis(
    shape: tuple[int, int], resistances: tuple[float, ...], two_sided: bool
) -> None:
    conductance, wires = cells(*shape), Wires(*resistances, two_sided_rows=two_sided)
    floating = np.random.default_rng(1).random(shape[0]) < 0.3
    for lifted in (None, floating):
        expected = nodal_transfer(conductance, wires, lifted)
        found = transfer_matrix(conductance, wires, floating_rows=lifted)
        assert np.abs(found - expected).max() <= 1e-11 * max(np.abs(expected).max(), 1e-9)


def test_a_different_wire_is_seen_by_the_comparison() -> None:
    conductance = cells(5, 4)
    other = Wires(row_segment=2.0, col_segment=3.0, row_driver=40.0, col_sense=50.01)
    expected = nodal_transfer(conductance, WIRES)
    assert np.abs(transfer_matrix(conductance, other) - expected).max() > 1e-6 * expected.max()


def test_a_kernel_has_the_same_digits_alone_and_among_others() -> None:
    conductance = cells(3, 70, 25, 25)
    conductance[1, 5, 3, 3] = 5.0  # steep: solved after every row
    conductance[2, 7, 4, 4] = np.inf
    together = transfer_matrix(conductance, WIRES)
    assert together.shape == conductance.shape
    for place in ((0, 0), (1, 5), (1, 69), (2, 7)):
        assert np.array_equal(transfer_matrix(conductance[place], WIRES), together[place])


def test_a_row_that_attenuates_beyond_float64_still_gives_its_near_columns() -> None:
    conductance = np.full((2, 400), 1.0)
    wires = Wires(row_segment=10.0, col_segment=1.0, row_driver=1.0, col_sense=1.0)
    with pytest.warns(WireLossWarning):
        found = transfer_matrix(conductance, wires, floating_rows=None)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found, nodal_transfer(conductance, wires), rtol=0, atol=1e-12)


def test_currents_of_a_kernel_with_a_cut_row_end_at_the_cut() -> None:
    conductance = cells(4, 6)
    breaks = LineBreaks.none((4, 6))
    breaks.rows[2, 3] = True
    cut = conductance.copy()
    cut[2, 3:] = 0.0
    # With ideal sensing nothing reaches the fragment, whose cells then only join columns of equal potential.
    wires = Wires(row_segment=2.0, row_driver=40.0)
    found = transfer_matrix(conductance, wires, breaks=breaks)
    np.testing.assert_allclose(found, transfer_matrix(cut, wires), rtol=1e-12)
    with pytest.raises(ValueError, match=r"^line breaks: rows must have .* \(4, 6\), not \(4, 5\)$"):
        transfer_matrix(conductance, wires, breaks=LineBreaks.none((4, 5)))


def test_a_short_of_0_ohm_is_the_limit_of_small_ones() -> None:
    conductance = cells(6, 5)
    conductance[2, 3] = np.inf
    near = conductance.copy()
    near[2, 3] = 1e9
    np.testing.assert_allclose(transfer_matrix(conductance, WIRES), transfer_matrix(near, WIRES), rtol=1e-7, atol=1e-12)


def test_a_driven_row_shorted_to_a_sensed_column_over_ideal_wires_is_refused() -> None:
    conductance = cells(6, 5)
    conductance[2, 3] = np.inf
    for wires in (None, Wires(row_segment=2.0, col_segment=0.0)):
        if wires is not None:
            conductance[2, 0] = np.inf
        column = 3 if wires is None else 0
        with pytest.raises(UndefinedCurrent) as caught:
            transfer_matrix(conductance, wires)
        assert str(caught.value) == (
            f"row 2 must not be shorted at 0 Ohm to column {column} over ideal wires: the current between them has no "
            "value; give the driver, the wires or the sense amplifier a resistance"
        )
    conductance[2, 0] = conductance[2, 3]
    assert np.isfinite(transfer_matrix(conductance, WIRES)).all()


@pytest.mark.parametrize("value", [-1e-6, np.nan])
def test_a_conductance_that_cannot_be_is_refused(value: float) -> None:
    with pytest.raises(
        ValueError, match=r"^conductance must be non-negative \[S\] \(0: open, inf: 0 Ohm\), not negative or NaN$"
    ):
        transfer_matrix([[1e-3, value]])
    with pytest.raises(ValueError, match=r"^conductance must have at least one .* \(3, 0\)$"):
        transfer_matrix(np.ones((3, 0)))


def test_wires_that_make_an_array_unusable_are_warned_of() -> None:
    wires = Wires(2.0, 2.0, 2.0, 2.0)
    with pytest.warns(WireLossWarning, match=r"^wires take more than half of the current of .*: a 128x128 "):
        transfer_matrix(np.full((128, 128), 1 / 5e3), wires)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        transfer_matrix(np.full((25, 25), 1 / 5e3), wires)


def test_a_few_shorts_do_not_make_an_array_unusable() -> None:
    conductance = np.full((3, 25, 25), 1 / 5e3)
    conductance[0, [3, 9], [4, 24]] = 1 / 20
    wires = Wires(2.0, 2.0, 2.0, 2.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        share = wire_transmission(conductance, transfer_matrix(conductance, wires))
    assert share.shape == (25,)
    assert (share > 0.7).all()
    assert (share < 1).all()
