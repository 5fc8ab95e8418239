# SPDX-License-Identifier: BSD-3-Clause
"""Measured dies: reading them from files, and classifying their cells."""

from .array_files import read_hdf5, read_npz
from .classification import ClassLimits, classify_cells, healthy_medians
from .importing import import_population, measured_population, read_measurement
from .long_files import read_long_csv
from .matrix_files import read_matrix_files
from .measurement import Measurement
from .preview import CLASS_STYLES, draw_preview
from .units import Unit

__all__ = [
    "CLASS_STYLES",
    "ClassLimits",
    "Measurement",
    "Unit",
    "classify_cells",
    "draw_preview",
    "healthy_medians",
    "import_population",
    "measured_population",
    "read_hdf5",
    "read_long_csv",
    "read_matrix_files",
    "read_measurement",
    "read_npz",
]
