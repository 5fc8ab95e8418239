# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import re

import pytest
from spintile.model.device import CELL_PRESETS, Cell
from spintile.model.geometry import PRESETS


def test_cell_is_junction_and_access_transistor_in_series() -> None:
    cell = Cell(r_p=2000.0, tmr=1.5, r_access=1000.0)
    assert cell.r_ap == 5000.0
    assert cell.g_p == 1 / 3000.0
    assert cell.g_ap == 1 / 6000.0


def test_default_cell_is_near_the_platforms_figures() -> None:
    cell = Cell.preset("borders")
    assert round(cell.g_p * 1e6) == 236
    assert round(cell.g_ap * 1e6) == 136


def test_every_geometry_preset_has_a_cell() -> None:
    # The chip preset icebreaker has the cell of demo.
    assert set(CELL_PRESETS) == set(PRESETS) - {"icebreaker"}


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"r_p": 0.0, "tmr": 1.0}, "cell: r_p must be a positive resistance [Ohm], not 0.0"),
        ({"r_p": float("inf"), "tmr": 1.0}, "cell: r_p must be a positive resistance [Ohm], not inf"),
        ({"r_p": 1.0, "tmr": float("nan")}, "cell: tmr must be a positive ratio, not nan"),
        (
            {"r_p": 1.0, "tmr": 1.0, "r_access": -1.0},
            "cell: r_access must be a non-negative resistance [Ohm], not -1.0",
        ),
    ],
)
def test_a_cell_that_cannot_be_is_refused(fields: dict[str, float], sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        Cell(**fields)


def test_an_unknown_preset_lists_the_presets() -> None:
    with pytest.raises(ValueError, match=r"^cell preset must be one of borders, demo, drolet, goodwill, not 'x'$"):
        Cell.preset("x")
