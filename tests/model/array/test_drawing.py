# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from spintile.model.array import Wires
from spintile.model.array.drawing import draw_ir_drop


def test_the_map_shows_the_farthest_cell_darkest_and_marks_defects(tmp_path: Path) -> None:
    conductance = np.full((25, 25), 1 / 4e3)
    conductance[3, 4], conductance[7, 8] = 0.0, 1 / 200
    figure = draw_ir_drop(conductance, Wires(2.0, 2.0, 20.0, 20.0), 0.1)
    upper, lower = figure.axes[:2]
    shown = np.ma.filled(upper.images[0].get_array(), np.nan)
    assert np.isnan(shown[3, 4])
    assert np.nanmax(shown) < 100
    assert shown[0, 24] < shown[0, 0]
    assert upper.lines[0].get_xydata().tolist() == [[4, 3]]
    assert upper.lines[1].get_xydata().tolist() == [[8, 7]]
    heights = [bar.get_height() for bar in lower.patches]
    assert len(heights) == 25
    assert 0 < min(heights) < max(heights) < 100
    figure.savefig(tmp_path / "drop.png")
    assert (tmp_path / "drop.png").stat().st_size > 5000


def test_a_map_of_several_kernels_or_of_no_voltage_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^conductance must be one kernel \(rows, cols\), not the shape \(2, 3, 3\)$"):
        draw_ir_drop(np.ones((2, 3, 3)), Wires(), 0.1)
    with pytest.raises(ValueError, match=r"^voltage must not be 0 V"):
        draw_ir_drop(np.ones((3, 3)), Wires(), 0.0)
