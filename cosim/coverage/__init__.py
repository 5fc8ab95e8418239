# SPDX-License-Identifier: BSD-3-Clause
"""Functional coverage: a stated list of bins, counted in every run, merged over runs; each is hit or waived."""

from .bins import Bin
from .collect import add_counts, count_handshakes, count_program, count_record, count_run
from .coverage import Coverage, coverage_bins
from .writes import count_writes

__all__ = [
    "Bin",
    "Coverage",
    "add_counts",
    "count_handshakes",
    "count_program",
    "count_record",
    "count_run",
    "count_writes",
    "coverage_bins",
]
