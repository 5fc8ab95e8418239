# SPDX-License-Identifier: BSD-3-Clause
"""The digital twin of an array: a die in memories, behind the array's pins."""

from .array import Twin
from .twin_top import TwinTop

__all__ = ["Twin", "TwinTop"]
