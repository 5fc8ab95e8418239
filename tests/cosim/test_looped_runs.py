# SPDX-License-Identifier: BSD-3-Clause
"""In a loop-back the chip gives what the golden model says of its test codes, whatever stands at its pins."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cosim_cases import SHARED, WIDE, chip, job
from needed_tools import engine_or_skip
from spintile.cosim.compiled.run import cosimulate_compiled
from spintile.cosim.job import CosimJob, Disturbance
from spintile.cosim.run import cosimulate
from spintile.model.geometry import Geometry, preset


def looped(geometry: Geometry, bits: int, name: str, seed: int = 1, **settings: Any) -> CosimJob:
    """A job of random test codes, equal ones and both ends among them, with shorted devices at the pins."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 1 << geometry.adc_bits, geometry.cols)
    codes[:6] = 0, 0, (1 << geometry.adc_bits) - 1, 1, 0, (1 << geometry.adc_bits) - 1
    given = job(chip(geometry, bits), name, dies=1, **settings)
    shorted = np.full_like(given.image.q, 1 << (given.image.adc_bits + given.image.fraction_bits))
    return given.replace(loop_back=tuple(codes.tolist()), array_image=given.image.replace(q=shorted))


@pytest.mark.parametrize(
    ("geometry", "bits", "name"),
    [
        *((preset("demo"), bits, "two") for bits in (1, preset("demo").adc_bits)),
        (SHARED, 3, "conv"),
        (WIDE, 12, "two"),
        (WIDE, 1, "two"),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_every_code_and_what_follows_from_it_is_that_of_the_golden_model(
    geometry: Geometry, bits: int, name: str
) -> None:
    engine_or_skip("compiled")
    given = looped(geometry, bits, name, images=4)
    # Few cycles: most of the time goes into a build that no other test wants.
    result = cosimulate_compiled(given, optimise="-O0" if geometry.name == "demo" else "-O2")
    assert result.passed, result.message
    assert result.compared["codes"] == 4 * given.compiled.reads_per_image * geometry.cols


@pytest.mark.parametrize("bits", [1, 5, 8])
def test_on_the_default_chip_it_is_the_same(bits: int) -> None:
    result = cosimulate(looped(preset("borders"), bits, "demo", images=1), engine_or_skip("verilator"))
    assert result.passed, result.message


def test_under_icarus_it_is_the_same() -> None:
    result = cosimulate(looped(WIDE, 6, "two", images=2), engine_or_skip("icarus"))
    assert result.passed, result.message


def test_a_code_of_another_column_shows() -> None:
    engine_or_skip("compiled")
    given = looped(WIDE, 6, "two", images=2)
    codes = given.loop_back
    swapped = (*codes[:2], codes[3], codes[2], *codes[4:])
    result = cosimulate(given, "compiled", record=given.replace(loop_back=swapped).golden())
    assert not result.passed
    assert "codes" in result.message


def test_without_the_loop_back_the_array_counts() -> None:
    engine_or_skip("compiled")
    given = looped(WIDE, 6, "two", images=2)
    result = cosimulate(given.replace(loop_back=()), "compiled", record=given.golden())
    assert not result.passed


def test_what_cannot_be_is_refused() -> None:
    given = looped(WIDE, 6, "two", images=2)
    with pytest.raises(ValueError, match=r"^job: stall must be 0 in a loop-back, which does not wait, not 0\.5$"):
        given.replace(disturbance=Disturbance(stall=0.5))
    with pytest.raises(ValueError, match=r"^job: codes of a loop-back must be from 0 to 4095, not 4096$"):
        given.replace(loop_back=(4096,) * WIDE.cols)
    with pytest.raises(ValueError, match=r"^loop-back: codes must be one for each of 11 columns, not 3$"):
        given.replace(loop_back=(1, 2, 3)).golden()
