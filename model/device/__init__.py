# SPDX-License-Identifier: BSD-3-Clause
"""The device and its cell: a magnetic tunnel junction, how it conducts, switches, varies and is read."""

from .cell import CELL_PRESETS, Cell
from .junction import REFERENCE_TEMPERATURE, Junction
from .published import PUBLISHED, PublishedDevice, published
from .read_noise import ReadNoise
from .switching import (
    apply_pulse,
    butler_error_rate,
    drive,
    error_rate,
    read_disturb,
    retention_failure,
    stability,
    switching_probability,
    time_unit,
)
from .variation import Pinhole, Variation, sample_junctions, with_pinholes

__all__ = [
    "CELL_PRESETS",
    "PUBLISHED",
    "REFERENCE_TEMPERATURE",
    "Cell",
    "Junction",
    "Pinhole",
    "PublishedDevice",
    "ReadNoise",
    "Variation",
    "apply_pulse",
    "butler_error_rate",
    "drive",
    "error_rate",
    "published",
    "read_disturb",
    "retention_failure",
    "sample_junctions",
    "stability",
    "switching_probability",
    "time_unit",
    "with_pinholes",
]
