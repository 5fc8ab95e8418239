# SPDX-License-Identifier: BSD-3-Clause
"""The golden model: the bit-exact contract as vectorised integer arithmetic."""

from .arithmetic import (
    RepairTable,
    column_sums,
    comparator,
    convert,
    median_of_three,
    repair,
    repair_differences,
    repair_table,
)
from .calibration import calibrate_offsets, reference_codes
from .die_image import DieImage, line_breaks, make_die_image, rounded_transfer
from .full_array import FullArray
from .inference import infer
from .linear_error import LinearError, linear_error, sample_reads
from .loop_back import loop_back_image
from .noise import philox, read_noise
from .record import Record

__all__ = [
    "DieImage",
    "FullArray",
    "LinearError",
    "Record",
    "RepairTable",
    "calibrate_offsets",
    "column_sums",
    "comparator",
    "convert",
    "infer",
    "line_breaks",
    "linear_error",
    "loop_back_image",
    "make_die_image",
    "median_of_three",
    "philox",
    "read_noise",
    "reference_codes",
    "repair",
    "repair_differences",
    "repair_table",
    "rounded_transfer",
    "sample_reads",
]
