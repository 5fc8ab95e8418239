# SPDX-License-Identifier: BSD-3-Clause
"""Small chips and dies full of defects, on which every path of the write controller is taken."""

from __future__ import annotations

from spintile.model.array import Wires
from spintile.model.chip import Chip
from spintile.model.dies import DefectStatistics, Population, sample_population

#: A process bad enough that a few dozen cells have some of everything.
BAD = DefectStatistics(spread=0.06, short=0.05, open=0.05, stuck_p=0.05, stuck_ap=0.05, pinhole=0.05)


def small(preset: str = "borders", kernels: int = 2, rows: int = 4, cols: int = 5, **writing: object) -> Chip:
    """A preset cut down, with noise, offsets and a pedestal."""
    chip = Chip.preset(preset)
    return chip.replace(
        geometry=chip.geometry.replace(kernels=kernels, rows=rows, cols=cols, columns_per_adc=1),
        sensing=chip.sensing.replace(
            full_scale_rows=1.2 * 25 / rows, noise_sigma=0.4, offset_sigma=1.0, gain_sigma=0.01, pedestal=5.0
        ),
        writing=chip.writing.replace(**writing),
        statistics=BAD,
        wires=Wires(),
    )


def dies_of(chip: Chip, dies: int = 3, seed: int = 5) -> Population:
    """Dies of the chip's own process."""
    return sample_population(chip.geometry, chip.cell, chip.statistics, dies, seed)
