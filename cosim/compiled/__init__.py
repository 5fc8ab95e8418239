# SPDX-License-Identifier: BSD-3-Clause
"""The RTL Verilated into a library, its host and its array around it in C++: whole data sets on many dies."""

from .engine import CompiledEngine, EngineError
from .interference import BusAccess, Interference, access_table
from .library import Library, Port, build_library
from .outcome import Outcome, Pauses, RunShape

__all__ = [
    "BusAccess",
    "CompiledEngine",
    "EngineError",
    "Interference",
    "Library",
    "Outcome",
    "Pauses",
    "Port",
    "RunShape",
    "access_table",
    "build_library",
]
