# SPDX-License-Identifier: BSD-3-Clause
"""Packed vectors of the trace ports become arrays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

recorder = pytest.importorskip("spintile.cosim.recorder", reason="cocotb is not installed: pip install cocotb")


@given(st.integers(1, 30), st.integers(1, 40), st.booleans(), st.data())
def test_fields_are_unpacked_lowest_first(bits: int, fields: int, signed: bool, data: st.DataObject) -> None:
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    rows = data.draw(
        st.lists(st.lists(st.integers(low, high), min_size=fields, max_size=fields), min_size=1, max_size=4)
    )
    words = [sum((value & ((1 << bits) - 1)) << (i * bits) for i, value in enumerate(row)) for row in rows]
    assert np.array_equal(recorder.unpack_fields(words, fields, bits, signed), rows)
