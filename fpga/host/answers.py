# SPDX-License-Identifier: BSD-3-Clause
"""What a board said to some images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Answers"]


@dataclass(frozen=True, eq=False)
class Answers:
    """What a board said to some images.

    Parameters
    ----------
    classes : int array (images,)
        -1 for an image that was lost.
    seconds : float
        From the first image to the last answer, what was loaded again included.
    restarts : int
        How often a session was begun anew and everything loaded again.
    error : str
        Why images were lost; empty if none was.
    """

    classes: NDArray[np.int32]
    seconds: float
    restarts: int
    error: str = ""

    @property
    def lost(self) -> int:
        """Images without an answer."""
        return int((self.classes < 0).sum())
