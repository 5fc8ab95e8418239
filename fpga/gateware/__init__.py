# SPDX-License-Identifier: BSD-3-Clause
"""What runs on a board: a chip with a die in it, and the link to a host."""

from .linked_chip import LinkedChip
from .top import Gateware

__all__ = ["Gateware", "LinkedChip"]
