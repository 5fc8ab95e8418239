# SPDX-License-Identifier: BSD-3-Clause
"""Inputs on rows: faults under inputs that are hardly driven, or under weights that want what is stuck."""

from __future__ import annotations

import numpy as np
import pytest
from small_remaps import chip, dense, die, ideal, images
from spintile.model.chip import Chip
from spintile.model.dies import Population
from spintile.model.mapping import place
from spintile.model.remapping.activity import activities
from spintile.model.remapping.damage import squared_error
from spintile.model.remapping.knowledge import known_die
from spintile.model.remapping.layout import LayerLayout, layouts_of
from spintile.model.remapping.reads import sums_on_die
from spintile.model.remapping.rows import assign_rows

NETWORK = dense()
LAYER = NETWORK.layers[0]
ACTIVITY = activities(NETWORK, images(NETWORK))[0]


def assigned(on: Chip, drawn: Population, free: np.ndarray | None = None) -> tuple[LayerLayout, LayerLayout]:
    """The plain layout, and with rows chosen."""
    plain = layouts_of(place(NETWORK, on.geometry), NETWORK)[0]
    allowed = np.ones_like(plain.inputs, np.bool_) if free is None else free
    return plain, assign_rows(known_die(drawn, on), LAYER, plain, ACTIVITY, np.ones(8), allowed)


def total_error(on: Chip, drawn: Population, layout: LayerLayout) -> float:
    return float(squared_error(sums_on_die(known_die(drawn, on), LAYER, layout, ACTIVITY), ACTIVITY).sum())


def test_a_row_with_a_short_is_left_undriven_where_a_row_is_spare() -> None:
    on = chip(spread=0.0)
    # Kernel 1 holds the second slice of the first group; 17 inputs leave one of 18 rows.
    _, layout = assigned(on, ideal(on, (1, 2, 0, 6.0)))
    assert layout.inputs[1, 2] == -1
    assert sorted(layout.inputs[layout.inputs >= 0]) == list(range(17))


def test_two_shorts_leave_the_second_to_an_input_that_is_hardly_driven() -> None:
    on = chip(spread=0.0)
    _, layout = assigned(on, ideal(on, (0, 1, 0, 6.0), (1, 2, 0, 6.0)))
    on_faults = sorted(int(layout.inputs[place]) for place in ((0, 1), (1, 2)))
    assert on_faults == [-1, 0]


def test_a_stuck_device_goes_to_a_weight_that_wants_its_state() -> None:
    on = chip(spread=0.0)
    g_ap = on.cell.g_ap / on.cell.g_p
    stuck = [(0, row, 2, g_ap) for row in range(6)]  # the whole G+ column of lane 1: every weight there should be -1
    plain, layout = assigned(on, ideal(on, *stuck))
    wrong = [
        sum(ACTIVITY.driven[source] for source in each.inputs[0] if source >= 0 and LAYER.weights[1, source] > 0)
        for each in (plain, layout)
    ]
    assert wrong[1] < wrong[0]
    assert total_error(on, ideal(on, *stuck), layout) < total_error(on, ideal(on, *stuck), plain)


@pytest.mark.parametrize("mode", ["none", "check"])
@pytest.mark.parametrize("seed", range(3))
def test_reads_err_less_than_on_the_plain_rows_and_on_rows_chosen_for_another_die(mode: str, seed: int) -> None:
    assert mode in ("none", "check")
    on = chip("none" if mode == "none" else "check")
    plain, layout = assigned(on, die(on, seed))
    _, foreign = assigned(on, die(on, seed + 10))
    found = [total_error(on, die(on, seed), each) for each in (layout, plain, foreign)]
    assert found[0] < min(found[1:])


def test_only_free_rows_are_driven() -> None:
    on = chip(spread=0.0)
    free = np.ones((3, 6), np.bool_)
    free[1, 4] = False
    _, layout = assigned(on, ideal(on, (0, 0, 0, 6.0)), free)
    assert layout.inputs[1, 4] == -1
    # Spare otherwise, the row with the short has to be driven now: by the input that is driven least.
    assert layout.inputs[0, 0] == 0
    assert sorted(layout.inputs[free]) == list(range(17))
