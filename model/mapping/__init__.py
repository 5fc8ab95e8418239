# SPDX-License-Identifier: BSD-3-Clause
"""From a network to a die: placement, schedule of reads, sequencer program."""

from .placement import LayerPlacement, Placement

__all__ = ["LayerPlacement", "Placement"]
