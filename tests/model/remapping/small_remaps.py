# SPDX-License-Identifier: BSD-3-Clause
"""A small chip with few spare kernels, networks on it, dies with chosen faults, and inputs that are driven unevenly."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray
from spintile.model.array import Wires
from spintile.model.chip import Chip
from spintile.model.dies import DefectStatistics, Population, ideal_population, sample_population
from spintile.model.geometry import Geometry
from spintile.model.network import Layer, Network
from spintile.model.sensing import RepairMode

#: Three pairs and a column without a partner; the dense network takes 13 kernels, or 21.
SHAPE = Geometry(
    name="small", rows=6, cols=7, kernels=24, adc_bits=8, activation_depth=512, instruction_depth=512,
    segment_depth=128, threshold_depth=64,
)  # fmt: skip
DEFECTS = DefectStatistics(spread=0.05, short=0.03, open=0.01, stuck_p=0.02, stuck_ap=0.02)


def chip(mode: RepairMode = "none", *, wires: bool = False, spread: float = 0.05) -> Chip:
    lines = Wires(row_segment=5.0, col_segment=5.0) if wires else Wires()
    preset = Chip.preset("borders").with_repair(mode)
    return preset.replace(geometry=SHAPE, statistics=DEFECTS.replace(spread=spread), wires=lines)


def binary(rng: np.random.Generator, *shape: int) -> NDArray[np.int8]:
    return rng.choice(np.array([-1, 1], np.int8), shape)


def dense(seed: int = 0, *, bits: int = 1, levels: int = 1, copies: int = 1, unit: float = 1.0) -> Network:
    """17 -> 8 -> 4; the output placed once, or three times with their median."""
    rng = np.random.default_rng(seed)
    hidden = Layer(
        "dense",
        binary(rng, 8, 17),
        (17,),
        bits,
        thresholds=np.sort(rng.integers(-4, 5, (8, (1 << levels) - 1)), axis=1),
        invert=rng.random(8) < 0.5,
        activation_bits=levels,
        unit=unit,
    )
    output = Layer("dense", binary(rng, 4, 8), (8,), levels, bias=rng.integers(-2, 3, 4), copies=copies)
    return Network((hidden, dataclasses.replace(output, combine="median" if copies == 3 else "sum")))


def convolution(seed: int = 0) -> Network:
    """5 x 5 -> three 3 x 2 filters -> 3 x 4 x 3 = 36 -> 3."""
    rng = np.random.default_rng(seed)
    filters = Layer(
        "conv", binary(rng, 3, 3, 2, 1), (5, 5, 1), thresholds=rng.integers(-1, 2, (3, 1)), invert=rng.random(3) < 0.5
    )
    return Network((filters, Layer("dense", binary(rng, 3, 36), (36,), bias=rng.integers(-2, 3, 3))))


def images(network: Network, count: int = 400, seed: int = 1) -> NDArray[np.uint8]:
    """Inputs of which the first are hardly ever driven and the last nearly always."""
    rng = np.random.default_rng(seed)
    size = int(np.prod(network.input_shape))
    share = np.linspace(0.02, 0.9, size)
    levels = (1 << network.input_bits) - 1
    return (rng.integers(1, levels + 1, (count, size)) * (rng.random((count, size)) < share)).astype(np.uint8)


def die(on: Chip, seed: int = 3) -> Population:
    """A die drawn with many defects."""
    return sample_population(on.geometry, on.cell, on.statistics, 1, seed)


def ideal(on: Chip, *faults: tuple[int, int, int, float]) -> Population:
    """An ideal die but for cells (kernel, row, col) that conduct so many G_P in both states."""
    drawn = ideal_population(on.geometry, on.cell, 1)
    g_p, g_ap = drawn.g_p.copy(), drawn.g_ap.copy()
    for kernel, row, col, strength in faults:
        g_p[0, kernel, row, col] = g_ap[0, kernel, row, col] = strength * on.cell.g_p
    return dataclasses.replace(drawn, g_p=g_p, g_ap=g_ap)
