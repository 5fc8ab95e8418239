# SPDX-License-Identifier: BSD-3-Clause
"""Log-normal numbers at the price of copying them."""

from __future__ import annotations

import torch
from torch import Tensor

#: Least numbers of a pool; its size in draws; and the part of a draw that is renewed, one in so many.
_LEAST, _DRAWS, _RENEWED = 1 << 20, 16, 8


class LogNormalPool:
    """Factors exp(spread * z), many at a time and again and again.

    A pool of factors is drawn once. Each time, a window of it at a random place is taken, part of which is then drawn
    anew. The numbers of one window are independent of each other; one is taken some eight times in its life, each time
    in another place.

    Parameters
    ----------
    generator : torch.Generator
        Everything hangs on it alone.
    """

    def __init__(self, generator: torch.Generator) -> None:
        self._generator = generator
        self._factors = torch.zeros(0)
        self._spread = 0.0

    def take(self, count: int, spread: float) -> Tensor:
        """Factors (count,), to be written to as one likes."""
        if len(self._factors) < _DRAWS * count or spread != self._spread:
            self._spread = spread
            self._factors = self._drawn(max(_DRAWS * count, _LEAST))
        first = int(torch.randint(len(self._factors) - count + 1, (), generator=self._generator))
        window = self._factors[first : first + count]
        taken = window.clone()
        part = -(-count // _RENEWED)
        begin = int(torch.randint(count - part + 1, (), generator=self._generator))
        window[begin : begin + part] = self._drawn(part)
        return taken

    def _drawn(self, count: int) -> Tensor:
        return torch.randn(count, generator=self._generator).mul_(self._spread).exp_()
