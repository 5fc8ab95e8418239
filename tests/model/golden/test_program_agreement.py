# SPDX-License-Identifier: BSD-3-Clause
"""The sequencer's words, carried out one by one on a defective die, give the golden accumulators and classes."""

from __future__ import annotations

import numpy as np
import pytest
from small_chips import conv_network, dense_network, geometry, prepare
from spintile.model.golden import column_sums, convert, infer, repair
from spintile.model.mapping import ExpandedRead, execute
from spintile.model.network import Network


@pytest.mark.parametrize(
    "network",
    [dense_network(np.random.default_rng(1), 2, 2), conv_network(np.random.default_rng(2))],
    ids=["dense", "conv"],
)
def test_program_and_schedule_agree_on_a_defective_die(network: Network) -> None:
    shape = geometry()
    image, compiled, settings = prepare(network, shape, "pair_check", dies=1)
    images = np.random.default_rng(3).integers(0, 1 << network.input_bits, (3, *network.input_shape))

    def differences(step: ExpandedRead, rows: np.ndarray) -> np.ndarray:
        codes = convert(column_sums(image, 0, step.kernel, rows), image.adc_bits, image.fraction_bits)
        return repair(codes, int(rows.sum()), settings, image.adc_bits, image.fraction_bits)

    golden = infer(image, compiled, images, repair=settings, record=True)
    for index, pixels in enumerate(images):
        run = execute(compiled.program, shape, pixels, differences)
        wanted = np.concatenate([layer[0, index] for layer in golden.accumulators])
        assert np.array_equal(np.array(run.accumulators), wanted)
        assert run.predicted == golden.classes[0, index]
