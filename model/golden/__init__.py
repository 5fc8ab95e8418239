# SPDX-License-Identifier: BSD-3-Clause
"""The golden model: the bit-exact contract as vectorised integer arithmetic."""

from .arithmetic import RepairTable, column_sums, comparator, convert, repair, repair_differences, repair_table
from .die_image import DieImage, make_die_image
from .inference import infer
from .noise import philox, read_noise
from .record import Record

__all__ = [
    "DieImage",
    "Record",
    "RepairTable",
    "column_sums",
    "comparator",
    "convert",
    "infer",
    "make_die_image",
    "philox",
    "read_noise",
    "repair",
    "repair_differences",
    "repair_table",
]
