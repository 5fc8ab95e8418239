# SPDX-License-Identifier: BSD-3-Clause
"""The device and its cell: nominal conductances of a magnetic tunnel junction behind its access transistor."""

from .cell import CELL_PRESETS, Cell

__all__ = ["CELL_PRESETS", "Cell"]
