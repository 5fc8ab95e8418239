# SPDX-License-Identifier: BSD-3-Clause
"""The best network fits the chip, and plans out of range are refused."""

from __future__ import annotations

import pytest
from spintile.model.evaluation import compile_for
from spintile.model.geometry import preset
from spintile.model.mapping.memory import MemoryLayout
from spintile.model.training.digits.best import BestPlan, best_spec


@pytest.mark.parametrize(("side", "kernels", "reads", "bits"), [(20, 28, 3962, 3720), (14, 27, 2256, 3864)])
def test_it_fits_the_chip(side: int, kernels: int, reads: int, bits: int) -> None:
    geometry = preset("borders")
    template = best_spec(side).template((side, side))
    assert best_spec(side).placed((side, side), geometry).kernels_used == kernels
    assert compile_for(template, BestPlan().conditions.chip(), flags=True).reads_per_image == reads
    assert MemoryLayout.of(template, geometry).bits == bits <= geometry.activation_depth


def test_a_plan_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="best network: copies must be an integer of at least 1, not 0"):
        BestPlan(copies=0)
    with pytest.raises(ValueError, match=r"best network: learning_rate must be between 0 and 1, not 2\.0"):
        BestPlan(learning_rate=2.0)
    with pytest.raises(ValueError, match="needs images of at least 14 x 14 pixels, not 13 x 13"):
        best_spec(13)


def test_plans_survive_json() -> None:
    assert BestPlan(**BestPlan.quick().as_dict()) == BestPlan.quick()
    assert BestPlan(**BestPlan.default().as_dict()) != BestPlan.quick()
