# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import numpy as np
import pytest
from spintile.model.geometry import WriteOp, preset
from spintile.model.programming import OPERATIONS, Region, WriteCommand


def test_operations_have_the_numbers_of_the_controller() -> None:
    names = ("PROGRAM_TARGETS", "PROGRAM_P", "PROGRAM_AP", "READ", "CHARACTERISE")
    assert tuple(WriteOp[name].value for name in names) == tuple(range(len(OPERATIONS)))


def test_a_region_is_the_whole_chip_unless_it_is_said_otherwise() -> None:
    assert Region().of(preset("demo")) == (range(8), range(16), range(8))
    assert Region((1, 2), None, (3, 3)).of(preset("demo")) == (range(1, 3), range(16), range(3, 4))


@pytest.mark.parametrize("chosen", [(2, 1), (-1, 0), (1,)])
def test_a_region_that_ends_before_it_begins_is_refused(chosen: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"^region: rows must be \(first, last\) with 0 <= first <= last, not \("):
        Region(rows=chosen)  # type: ignore[arg-type]


def test_targets_belong_to_one_operation() -> None:
    targets = np.ones((1, 1, 1), bool)
    assert WriteCommand("targets", targets, kernels=(0, 0)).region == Region((0, 0))
    with pytest.raises(ValueError, match=r"^command: targets must be given for op 'targets'$"):
        WriteCommand("targets")
    with pytest.raises(ValueError, match=r"^command: targets must not be given for op 'read'$"):
        WriteCommand("read", targets)
    with pytest.raises(ValueError, match=r"^command: op must be one of targets, .*, not 'format'$"):
        WriteCommand("format")  # type: ignore[arg-type]
