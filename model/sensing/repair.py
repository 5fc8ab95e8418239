# SPDX-License-Identifier: BSD-3-Clause
"""Settings of the column repair as the integers that the RTL's registers hold."""

from __future__ import annotations

import dataclasses
import functools
import warnings
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from ..array import WireLossWarning, Wires, transfer_matrix
from ..device import Cell
from ..geometry import Geometry
from .sensing import Sensing

RepairMode = Literal["none", "range_guard", "pair_check"]

#: Least ADC full scale, in units of rows * G_P, at which the pair check sees every short.
PAIR_CHECK_FULL_SCALE = 1.2


@dataclass(frozen=True)
class Repair:
    """Column repair: its mode and its nominal constants.

    Parameters
    ----------
    mode : {"none", "range_guard", "pair_check"}
        What is done to a pair's difference before it is accumulated; the formulas are in ``golden.arithmetic``.
    strict : bool
        Pair check only: a pair whose sum shows a short but neither of whose columns is above the range adds 0.
    K, P, D : int
        Nominal G_P + G_AP, G_P and G_P - G_AP of one driven row [LSB/2^F].
    m0, m1 : int
        Margin M(n) = (m0 + n*m1) >> F of a read with n driven rows [LSB/2^F].

    Raises
    ------
    ValueError
        For an unknown mode or a negative constant.
    """

    mode: RepairMode = "none"
    strict: bool = False
    K: int = 0
    P: int = 0
    D: int = 0
    m0: int = 0
    m1: int = 0

    def __post_init__(self) -> None:
        if self.mode not in get_args(RepairMode):
            raise ValueError(f"repair: mode must be one of {', '.join(get_args(RepairMode))}, not {self.mode!r}")
        for name in ("K", "P", "D", "m0", "m1"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise ValueError(f"repair: {name} must be a non-negative integer, not {value!r}")

    @property
    def mode_code(self) -> int:
        """The mode as the RTL's ``REPAIR`` register encodes it: 0 none, 1 range guard, 2 pair check."""
        return get_args(RepairMode).index(self.mode)

    def replace(self, **changes: Any) -> Repair:
        """A copy with some fields changed."""
        return dataclasses.replace(self, **changes)

    @classmethod
    def nominal(
        cls,
        mode: RepairMode,
        geometry: Geometry,
        cell: Cell,
        sensing: Sensing,
        *,
        strict: bool = False,
        margin_base: float = 1.0,
        margin_row: float = 0.02,
        wires: Wires | None = None,
    ) -> Repair:
        """Constants of a nominal chip: blind to the die.

        Parameters
        ----------
        mode, strict
            As the fields. Where the pair check is not legal (B < 2, or a full scale below 1.2 * rows * G_P) a
            ``UserWarning`` says why and the mode becomes "none".
        geometry, cell, sensing
            The chip.
        margin_base, margin_row : float
            Margin in units of G_P: M(n) = margin_base + n * margin_row. It must exceed the spread of a healthy pair's
            sum and stay below what a short adds.
        wires : Wires or None
            Line resistances; None: ideal. With resistance, K, P and D are means over a nominal kernel, and m1 grows by
            how far the pair that wires favour most lies above them (``nominal_cell``).
        """
        if mode != "none" and sensing.bits(geometry) < 2:
            warnings.warn(f"{mode} repair needs an ADC of at least 2 bits, not 1: no repair", stacklevel=2)
            mode = "none"
        if mode == "pair_check":
            full_scale = sensing.full_scale_in_rows(geometry, cell)
            if full_scale < PAIR_CHECK_FULL_SCALE * (1 - 1e-9):
                warnings.warn(
                    f"pair_check repair needs an ADC full scale of at least {PAIR_CHECK_FULL_SCALE} * rows * G_P, "
                    f"not {full_scale:.3g}: no repair",
                    stacklevel=2,
                )
                mode = "none"
        scale = sensing.steps_per_siemens(geometry, cell)
        nominal = nominal_cell(geometry.rows, geometry.cols, cell, wires or Wires())
        g_p, g_ap, uneven = (value * scale for value in nominal)
        return cls(
            mode=mode,
            strict=strict,
            K=round(g_p + g_ap),
            P=round(g_p),
            D=round(g_p - g_ap),
            m0=round(margin_base * g_p),
            m1=round(margin_row * g_p + uneven),
        )


class NominalCell(NamedTuple):
    """What devices of a nominal kernel add to their columns per volt on their row [S].

    ``g_p`` and ``g_ap`` are means over the kernel; ``uneven`` is how much more than ``g_p + g_ap`` the pair that the
    wires favour most adds, on average over its rows.
    """

    g_p: float
    g_ap: float
    uneven: float


@functools.lru_cache(maxsize=64)
def nominal_cell(rows: int, cols: int, cell: Cell, wires: Wires) -> NominalCell:
    """A nominal kernel, half of whose devices are in either state and the two of a pair in opposite ones.

    With ideal wires the means are the cell's own conductances.
    """
    if wires.ideal:
        return NominalCell(cell.g_p, cell.g_ap, 0.0)
    row, col = np.indices((rows, cols))
    parallel = (row + col // 2 + col) % 2 == 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WireLossWarning)  # the dies' own transfer matrices warn
        arrives = transfer_matrix(np.where(parallel, cell.g_p, cell.g_ap), wires)
    g_p, g_ap = float(arrives[parallel].mean()), float(arrives[~parallel].mean())
    paired = cols // 2 * 2
    sums = arrives[:, :paired].reshape(rows, -1, 2).sum(axis=2).mean(axis=0)
    return NominalCell(g_p, g_ap, max(0.0, float(sums.max()) - (g_p + g_ap)))
