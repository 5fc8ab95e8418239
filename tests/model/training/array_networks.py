# SPDX-License-Identifier: BSD-3-Clause
"""Small chips and untrained networks with everything random, weights and normalisation alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from spintile.model.chip import Chip
from spintile.model.device import Cell
from spintile.model.dies import DefectStatistics, sample_population
from spintile.model.geometry import Geometry
from spintile.model.golden import DieImage, Record, infer, make_die_image
from spintile.model.mapping import compile_network, place
from spintile.model.network import Network
from spintile.model.sensing import Sensing
from spintile.model.training import ArrayNetwork, NetworkSpec

STATISTICS = DefectStatistics(spread=0.05, short=0.03, open=0.02, stuck_p=0.02, stuck_ap=0.02)


def small_chip(adc_bits: int = 8, sensing: dict[str, Any] | None = None, kernels: int = 96, **changes: Any) -> Chip:
    """Kernels of 7 x 9 with an unpaired column, and a defect in every tenth device."""
    geometry = Geometry(
        name="small",
        rows=7,
        cols=9,
        kernels=kernels,
        adc_bits=adc_bits,
        activation_depth=4096,
        instruction_depth=4096,
        segment_depth=1024,
        threshold_depth=1024,
        activation_bits=3,
    )
    fields: dict[str, Any] = {
        "statistics": STATISTICS,
        "repair_mode": "none" if adc_bits == 1 else "pair_check",
        **changes,
    }
    return Chip(geometry, Cell.preset("borders"), Sensing(adc_bits=adc_bits, **(sensing or {})), **fields)


def random_model(
    spec: NetworkSpec, shape: tuple[int, ...], chip: Chip, seed: int, through_array: bool = True
) -> ArrayNetwork:
    """A network whose thresholds lie among its sums, some neurons falling, some constant."""
    model = ArrayNetwork(spec, shape, chip, through_array=through_array, seed=seed)
    generator = torch.Generator().manual_seed(seed)
    for layer in model.binary_layers:
        neurons = layer.wiring.neurons
        layer.shift.data = torch.randn(neurons, generator=generator)
        if not layer.output:
            layer.scale.data = torch.randn(neurons, generator=generator)
            layer.scale.data[0] = 0.0
            layer.mean = torch.randn(neurons, generator=generator)
            layer.variance = 1 + 4 * torch.rand(neurons, generator=generator)
    return model.eval()


def random_inputs(spec: NetworkSpec, shape: tuple[int, ...], count: int, seed: int) -> np.ndarray:
    """Sparse inputs over the whole range, and one image without any."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 1 << spec.input_bits, (count, *shape), dtype=np.uint8) * (
        rng.random((count, *shape)) < 0.6
    )
    images[0] = 0
    return images.astype(np.uint8)


def golden(network: Network, chip: Chip, inputs: np.ndarray, dies: int = 2, seed: int = 3) -> tuple[DieImage, Record]:
    """The golden model's record of a network on drawn dies."""
    compiled = compile_network(
        network, place(network, chip.geometry), codes_per_weight=chip.codes_per_weight, adc_bits=chip.adc_bits
    )
    population = sample_population(chip.geometry, chip.cell, chip.statistics, dies, seed)
    image = make_die_image(population, compiled.states, chip.geometry, chip.cell, chip.sensing, seed)
    return image, infer(image, compiled, inputs, repair=chip.repair, record=True)
