# SPDX-License-Identifier: BSD-3-Clause
"""Characterise, program a network, infer: the answers are those of the states that the RTL left."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from cosim_cases import network
from needed_tools import engine_or_skip
from spintile.cosim.run import cosimulate
from spintile.cosim.writing import inference_job, left_image, run_program, weights_job
from spintile.model.dies import sample_population
from spintile.model.golden import infer, make_die_image
from spintile.model.mapping import Compiled, compile_network, place
from spintile.model.programming import WriteCommand
from writing_cases import SHARED, chip


def compiled_network(name: str) -> Compiled:
    on, net = chip(SHARED), network(name)
    return compile_network(net, place(net, SHARED), codes_per_weight=on.codes_per_weight, adc_bits=on.adc_bits)


def test_a_network_is_written_and_infers_as_the_golden_model_says() -> None:
    # One weak pulse: some cells stay as they were.
    on = chip(SHARED, levels_p=(900,), levels_ap=(1000,), widths=(1,))
    compiled = compiled_network("output")
    population = sample_population(SHARED, on.cell, on.statistics, 2, 3)
    job = weights_job(on, population, compiled, 7, characterise=False)
    outcome = run_program(job, engine_or_skip("verilator"))
    assert outcome.passed, outcome.message
    images = np.random.default_rng(1).integers(0, 2, (4, *compiled.network.input_shape), dtype=np.uint8)
    inference = inference_job(job, outcome, compiled, images)
    result = cosimulate(inference, "verilator")
    assert result.passed, result.message
    meant = make_die_image(population, compiled.states, SHARED, on.cell, on.sensing, 7)
    left = left_image(job, outcome)
    assert not np.array_equal(meant.q, left.q)
    assert np.array_equal(left.q, inference.image.q)
    assert infer(left, compiled, images, repair=inference.repair).classes.shape == (2, 4)


def test_characterisation_comes_first_and_every_die_may_have_its_own_network() -> None:
    on, compiled = chip(SHARED), [compiled_network("output"), compiled_network("two")]
    population = sample_population(SHARED, on.cell, on.statistics, 2, 3)
    first, second = weights_job(on, population, compiled, 7).commands
    assert first.op == "characterise"
    assert second.targets is not None
    assert np.array_equal(second.targets[1], compiled[1].states)
    with pytest.raises(ValueError, match="networks must be one, or one for each of 2 dies, not 1"):
        weights_job(on, population, compiled[:1], 7)


def test_dies_that_were_not_programmed_do_not_infer() -> None:
    on, compiled = chip(SHARED), compiled_network("output")
    population = sample_population(SHARED, on.cell, on.statistics, 1, 3)
    job = weights_job(on, population, compiled, 7, characterise=False)
    outcome = run_program(job.replace(commands=(WriteCommand("read", kernels=(0, 0)),)), engine_or_skip("icarus"))
    failed = dataclasses.replace(outcome, error="it hangs")
    images = np.zeros((1, *compiled.network.input_shape), np.uint8)
    with pytest.raises(ValueError, match="dies must be programmed before they infer, and are not: it hangs"):
        inference_job(job, failed, compiled, images)
