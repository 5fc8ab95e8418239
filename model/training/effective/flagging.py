# SPDX-License-Identifier: BSD-3-Clause
"""The flags of self-test for drawn devices, in torch: the rule of ``programming.self_test_flags``, slice by slice."""

from __future__ import annotations

import torch
from torch import Tensor

#: What becomes of a pair's difference, by the choice {none, plus, minus, both} that is flagged: it is
#: a * plus - b * minus + c * K, with these (a, b, c).
FLAGGED_DIFFERENCES = ((1.0, 1.0, 0.0), (0.0, 2.0, 1.0), (2.0, 0.0, -1.0), (0.0, 0.0, 0.0))


def flag_choices(
    plus: Tensor, minus: Tensor, wanted: Tensor, pair_sum: float, driven: Tensor | float
) -> tuple[Tensor, Tensor]:
    """What self-test flags of each pair, and the error it expects to be left.

    Parameters
    ----------
    plus, minus : float tensors (..., rows)
        Devices of either column, in the states of the weights; all zero on rows that hold none.
    wanted : float tensor (..., rows)
        Nominal differences; zero on rows that hold no weight.
    pair_sum : float
        K, nominal sum of a pair's devices on one row.
    driven : float tensor, or float
        Share of reads that drive each row; broadcasts to ``wanted``.

    Returns
    -------
    choice : int64 tensor (...)
        Index into ``FLAGGED_DIFFERENCES``; the first of equals.
    error : float tensor (...)
        Expected squared error of a read's difference with that choice.
    """
    wanted = wanted.expand_as(plus)
    held = (wanted != 0).to(plus.dtype)
    of_choices = (
        plus - minus - wanted,
        pair_sum * held - 2 * minus - wanted,
        2 * plus - pair_sum * held - wanted,
        -wanted,
    )
    expected = torch.stack([_expected(error, driven) for error in of_choices])
    error, choice = expected.min(0)
    return choice, error


def _expected(error: Tensor, driven: Tensor | float) -> Tensor:
    """Mean square of a read's error (...), of rows' errors (..., rows), driven independently."""
    if isinstance(driven, float):
        return driven * (1 - driven) * error.square().sum(-1) + (driven * error.sum(-1)).square()
    return (driven * (1 - driven) * error.square()).sum(-1) + (driven * error).sum(-1).square()
