# SPDX-License-Identifier: BSD-3-Clause
"""Proofs of the periphery: claims about blocks, settled for every input and every length of run by open tools."""

from .counterexample import Trace
from .deliberate import faulty
from .opened import Opened
from .properties import Properties
from .proving import Cover, Verdict, find_solver, prove, reach, refute

__all__ = [
    "Cover",
    "Opened",
    "Properties",
    "Trace",
    "Verdict",
    "faulty",
    "find_solver",
    "prove",
    "reach",
    "refute",
]
