# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import math

import numpy as np
import pytest
from spintile.model.dies import Defect
from spintile.model.programming import CLASSES, Confusion


def of(*pairs: tuple[Defect, Defect]) -> Confusion:
    truth, found = zip(*pairs, strict=True)
    return Confusion.of(np.array(truth, np.uint8), np.array(found, np.uint8))


def test_a_defect_counts_as_found_only_in_its_own_class() -> None:
    found = of(
        (Defect.SHORT, Defect.SHORT),
        (Defect.SHORT, Defect.OPEN),
        (Defect.OPEN, Defect.OPEN),
        (Defect.STUCK_P, Defect.NONE),
    )
    assert found.defects == 4
    assert found.recall == 2 / 4
    assert found.precision == 2 / 3
    assert found.of_class(Defect.OPEN) == (0.5, 1.0)
    assert found.as_dict()["per_class"]["short"] == {"precision": 1.0, "recall": 0.5}


def test_a_healthy_device_called_defective_costs_precision_alone() -> None:
    found = of((Defect.SHORT, Defect.SHORT), (Defect.NONE, Defect.SHORT))
    assert (found.precision, found.recall) == (0.5, 1.0)


def test_pinholes_are_scored_apart() -> None:
    found = of((Defect.SHORT, Defect.SHORT), (Defect.PINHOLE, Defect.SHORT), (Defect.PINHOLE, Defect.PINHOLE))
    assert (found.precision, found.recall) == (1.0, 1.0)
    assert found.of_class(Defect.PINHOLE) == (1.0, 0.5)
    # A short that is taken for a pinhole is a short not found.
    assert of((Defect.SHORT, Defect.PINHOLE)).recall == 0.0


def test_counts_add_and_name_their_classes() -> None:
    one = of((Defect.NONE, Defect.NONE))
    assert (one + one).matrix[0, 0] == 2
    assert CLASSES == ("none", "short", "open", "stuck_p", "stuck_ap", "pinhole")
    assert math.isnan(one.recall)
    assert one.as_dict()["recall"] is None


def test_arrays_of_different_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^truth must have the shape of the recovered classes \(3,\), not \(2,\)$"):
        Confusion.of(np.zeros(2, np.uint8), np.zeros(3, np.uint8))
