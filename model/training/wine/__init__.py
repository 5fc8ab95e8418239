# SPDX-License-Identifier: BSD-3-Clause
"""Wine on a passive array: 13-6-3 networks of 0/1 devices, trained all at once, written, asked, and made integers."""

from .experiment import METRICS, SCALES, array_results, pack, solution_metrics, train_task, unpack
from .integers import integer_network
from .on_array import CELLS, DEVICES, WRITES, ArrayRun, array_scores, chip_of, write_solutions
from .samples import Samples, load_samples, splits
from .solution_files import read_folder, save_folder
from .solutions import Solutions, ideal_scores
from .train import TrainingSettings, train_solutions

__all__ = [
    "CELLS",
    "DEVICES",
    "METRICS",
    "SCALES",
    "WRITES",
    "ArrayRun",
    "Samples",
    "Solutions",
    "TrainingSettings",
    "array_results",
    "array_scores",
    "chip_of",
    "ideal_scores",
    "integer_network",
    "load_samples",
    "pack",
    "read_folder",
    "save_folder",
    "solution_metrics",
    "splits",
    "train_solutions",
    "train_task",
    "unpack",
    "write_solutions",
]
