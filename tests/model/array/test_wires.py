# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import numpy as np
import pytest
from spintile.model.array import Bias, SourceLines, Wires, cell_conductance


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["row_segment", "col_segment", "row_driver", "col_sense"])
def test_a_resistance_that_cannot_be_is_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=rf"^wires: {name} must be a non-negative resistance \[Ohm\], not {value}$"):
        Wires(**{name: value})


def test_source_lines_name_what_is_wrong() -> None:
    with pytest.raises(ValueError, match=r"^source lines: source_driver must be a non-negative .*, not -1$"):
        SourceLines(source_driver=-1)


@pytest.mark.parametrize(
    ("scheme", "full", "row_half", "col_half", "unselected"),
    [("grounded", 1.0, 1.0, 0.0, 0.0), ("half", 1.0, 0.5, 0.5, 0.0), ("third", 1.0, 1 / 3, 1 / 3, -1 / 3)],
)
def test_a_bias_scheme_puts_its_share_across_every_kind_of_cell(
    scheme: str, full: float, row_half: float, col_half: float, unselected: float
) -> None:
    bias = Bias.select([True, False], [True, False], 0.9, scheme)
    across = bias.rows[:, np.newaxis] - bias.cols
    np.testing.assert_allclose(across, 0.9 * np.array([[full, row_half], [col_half, unselected]]), atol=1e-15)
    assert not bias.floating_rows.any()


def test_unselected_lines_float_where_asked() -> None:
    bias = Bias.select([True, False], [False, True, True], 0.9, "floating")
    assert bias.floating_rows.tolist() == [False, True]
    assert bias.floating_cols.tolist() == [True, False, False]


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^bias scheme must be one of .*, floating, not 'quarter'$"):
        Bias.select([True], [True], 1.0, "quarter")


def test_a_cell_is_a_junction_in_series_with_its_transistor() -> None:
    junction = np.array([1 / 2530, 0.0, np.inf])
    np.testing.assert_allclose(cell_conductance(junction, 1700.0), [1 / 4230, 0.0, 1 / 1700])
    assert cell_conductance(junction, 1700.0, gates=[True, True, False])[2] == 0.0
