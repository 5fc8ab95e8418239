# SPDX-License-Identifier: BSD-3-Clause
"""The RTL Verilated into a library, its host and its array around it in C++: whole data sets on many dies."""

from .engine import CompiledEngine, EngineError
from .library import Library, Port, build_library
from .outcome import Outcome, Pauses, RunShape

__all__ = ["CompiledEngine", "EngineError", "Library", "Outcome", "Pauses", "Port", "RunShape", "build_library"]
