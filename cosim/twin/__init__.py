# SPDX-License-Identifier: BSD-3-Clause
"""The stage `twin`: periphery and a die in logic as one design, against the golden model."""

from .run import check_twin_job, run_twin
from .words import die_words, held_sums, memory_words, read_cycles

__all__ = ["check_twin_job", "die_words", "held_sums", "memory_words", "read_cycles", "run_twin"]
