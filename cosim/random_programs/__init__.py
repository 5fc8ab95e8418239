# SPDX-License-Identifier: BSD-3-Clause
"""Random programs on random chips: the compiled engine against the golden model, with faults while they run."""

from .case import Case
from .play import Verdict, library_of, play

__all__ = ["Case", "Verdict", "library_of", "play"]
