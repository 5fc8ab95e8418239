# SPDX-License-Identifier: BSD-3-Clause
"""The exact transfer matrix of kernels in torch: differentiable by the cells' conductances, on any device."""

from __future__ import annotations

import torch

from ..array import Wires


def row_resistance(wires: Wires, cols: int, like: torch.Tensor) -> torch.Tensor:
    """Drop at cell j of a driven row per ampere drawn at cell k, (cols, cols) [Ohm], on the device of ``like``."""
    place = torch.arange(cols, dtype=like.dtype, device=like.device)
    shared = wires.row_driver + wires.row_segment * torch.minimum(place[:, None], place[None, :])
    loop = 2 * wires.row_driver + wires.row_segment * (cols - 1)
    if wires.two_sided_rows and loop > 0:
        # The second driver takes over its share of what the last cell's node would drop.
        to_last = shared[-1]
        shared = shared - torch.outer(to_last, to_last) / loop
    return shared


def transfer_matrix(conductance: torch.Tensor, wires: Wires) -> torch.Tensor:
    """Transfer matrix of every kernel, all rows driven or held, all columns sensed.

    The same elimination as `spintile.model.array.transfer_matrix`, one row at a time, from the sums that autograd can
    follow; gradients reach every conductance, opens included.

    Parameters
    ----------
    conductance : float tensor (..., rows, cols)
        Conductances of the cells [S], finite and not negative; float64 for more than four digits.
    wires : Wires
        Line resistances.

    Returns
    -------
    float tensor (..., rows, cols)
        Column current per volt on the row [S].

    Raises
    ------
    ValueError
        If there is no row or no column.
    """
    if conductance.ndim < 2 or 0 in conductance.shape[-2:]:
        raise ValueError(
            f"conductance must have at least one row and one column, not the shape {tuple(conductance.shape)}"
        )
    if wires.ideal:
        return conductance
    rows, cols = conductance.shape[-2:]
    eye = torch.eye(cols, dtype=conductance.dtype, device=conductance.device)
    along = row_resistance(wires, cols, conductance)
    # Current into column k of a row: (1 + G R)^-1 G (V - c), for all rows at once.
    ladder = torch.linalg.solve(eye + conductance.unsqueeze(-1) * along, torch.diag_embed(conductance))
    drive = ladder.sum(-1)
    admittance, currents = ladder[..., 0, :, :], drive[..., 0, :, None]
    for row in range(1, rows):
        both = _cross(torch.cat([admittance, currents], dim=-1), eye, wires.col_segment)
        admittance = both[..., :cols] + ladder[..., row, :, :]
        currents = torch.cat([both[..., cols:], drive[..., row, :, None]], dim=-1)
    both = _cross(torch.cat([admittance, currents], dim=-1), eye, wires.col_sense)
    return both[..., cols:].transpose(-1, -2)


def _cross(both: torch.Tensor, eye: torch.Tensor, resistance: float) -> torch.Tensor:
    """Carry M and s (..., cols, cols + rows) across a series resistance in every column."""
    if resistance == 0:
        return both
    return torch.linalg.solve(eye + resistance * both[..., : len(eye)], both)
