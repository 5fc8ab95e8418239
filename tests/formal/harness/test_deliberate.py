# SPDX-License-Identifier: BSD-3-Clause
"""A fault is where it was asked for and nowhere else."""

from __future__ import annotations

import pytest
from spintile.cosim.formal import Opened, faulty
from spintile.model.geometry import Geometry
from spintile.rtl import row_driver
from spintile.rtl.read_path import ReadPath
from spintile.rtl.row_driver import RowDriver

TINY = Geometry(name="tiny", rows=2, cols=2, kernels=3, adc_bits=2)


def test_only_the_copy_changes() -> None:
    copy = faulty(RowDriver, "waits = Signal()", "waiting_now = Signal()\n        waits = waiting_now")
    assert row_driver.RowDriver is RowDriver is not copy
    assert copy.__name__ == "RowDriver"
    names = {block: Opened(block(TINY)).names for block in (RowDriver, copy)}
    assert "waits" in names[RowDriver]
    assert "waits" not in names[copy]
    assert "waiting_now" in names[copy]


def test_a_faulty_block_takes_its_place_in_a_sound_one() -> None:
    copy = faulty(RowDriver, "waits = Signal()", "waiting_now = Signal()\n        waits = waiting_now")
    path = faulty(ReadPath, using={"RowDriver": copy})
    assert "row_driver.waiting_now" in Opened(path(TINY)).names


@pytest.mark.parametrize(("before", "times"), [("no such text", 0), ("m.d.sync", 8)])
def test_a_place_must_be_found_once(before: str, times: int) -> None:
    with pytest.raises(
        ValueError, match=rf"^source of spintile\.rtl\.row_driver must contain {before!r} exactly once, not \d+ times$"
    ):
        faulty(RowDriver, before, "")
    assert times in (0, 8)


def test_a_name_that_is_not_used_cannot_be_replaced() -> None:
    with pytest.raises(ValueError, match=r"^module spintile\.rtl\.read_path must use the name 'Gather' .*replaced$"):
        faulty(ReadPath, using={"Gather": RowDriver})
