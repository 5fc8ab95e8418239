# SPDX-License-Identifier: BSD-3-Clause
"""Dies: statistics of their defects, populations drawn from them, and their files."""

from .population import Defect, Population, ideal_population
from .population_file import load_population, save_population
from .sampling import sample_population
from .statistics import DefectStatistics

__all__ = [
    "Defect",
    "DefectStatistics",
    "Population",
    "ideal_population",
    "load_population",
    "sample_population",
    "save_population",
]
