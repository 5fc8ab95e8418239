# SPDX-License-Identifier: BSD-3-Clause
"""Effective weights: a die as the linear layers that its reads amount to.

What a read adds is nearly linear in the driven rows: conductances add, a flagged column's partner stands in for it, and
of three copies the median mostly is a good one. So a die is a matrix of weights for each layer, and training through
many dies costs little more than training through none. Neglected: rounding of codes, the converters' range, the clamp
to +-n*D, offsets of columns (registers take them off), that a flag only counts in reads whose sum is wrong, and all of
wires but a nominal cell's share (``transmission``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ...array import Wires
from ...chip import Chip
from ...programming.self_test import DRIVEN
from ...sensing import transmission
from ..devices import Devices
from ..drawing import DeviceSource
from ..model import ArrayNetwork, Sign
from ..wiring import Wiring
from .flagging import FLAGGED_DIFFERENCES, flag_choices


class EffectiveReads:
    """Effective weights of drawn or given dies.

    Parameters
    ----------
    chip : Chip
        Its statistics say how dies differ; its wires count by their nominal effect.
    wirings : sequence of Wiring
        Of every layer of the network.
    flags : bool
        Whether columns that self-test flags are read through their partners (the repair "check").
    generator : torch.Generator
        On the CPU; everything drawn hangs on it alone, whatever the device.
    seed : int
        Of dies that can only be drawn whole.
    device : str or torch.device
        Where the weights are wanted.

    Raises
    ------
    ValueError
        If the converters have one bit: their reads are not linear.
    """

    def __init__(
        self,
        chip: Chip,
        wirings: Sequence[Wiring],
        *,
        flags: bool,
        generator: torch.Generator,
        seed: int = 0,
        device: str | torch.device = "cpu",
    ) -> None:
        if chip.adc_bits < 2:
            raise ValueError(f"effective weights need converters of at least 2 bits, not {chip.adc_bits}")
        ideal = chip.replace(wires=Wires())
        self._source = DeviceSource(ideal, wirings, seed, generator)
        self._device = torch.device(device)
        self._layers = [_LayerReads(chip, wiring, flags, self._device) for wiring in wirings]

    def draw(self, model: ArrayNetwork, dies: int, rate: float = 1.0) -> list[Tensor]:
        """Effective weights of every layer on drawn dies.

        Parameters
        ----------
        model : ArrayNetwork
            Whose latent weights the dies hold.
        dies : int
            How many.
        rate : float
            Factor on the rates of defects, from 0 to 1.

        Returns
        -------
        list of float tensors (dies, neurons, inputs)
            In units of a nominal weight. The gradient passes to the latent weights unchanged.
        """
        return self.of(model, self._source.draw(dies, rate))

    def of(self, model: ArrayNetwork, devices: Sequence[Devices]) -> list[Tensor]:
        """Effective weights of every layer on dies whose devices are given, read through ideal wires."""
        found = []
        for layer, reads, of_layer in zip(model.binary_layers, self._layers, devices, strict=True):
            weights = Sign.apply(layer.latent)
            with torch.no_grad():
                change = reads.weights(weights, of_layer) - weights
            found.append(weights + change)
        return found


class _LayerReads:
    """Constants of one layer, and its effective weights on dies."""

    def __init__(self, chip: Chip, wiring: Wiring, flags: bool, device: torch.device) -> None:
        self._wiring, self._flags, self._device = wiring, flags, device
        geometry, cell = chip.geometry, chip.cell
        codes = chip.sensing.steps_per_siemens(geometry, cell) / (1 << geometry.fraction_bits)
        self._difference, self._sum = (cell.g_p - cell.g_ap) * codes, (cell.g_p + cell.g_ap) * codes
        self._step = chip.codes_per_weight
        slices, rows = wiring.slices, wiring.rows
        driven = wiring.sources.view(-1, slices, rows)[0] != int(np.prod(wiring.layer.input_shape))
        self._driven = driven.view(slices, 1, rows).float().to(device)
        places = torch.empty(wiring.layer.inputs, dtype=torch.int64)
        held = driven.reshape(-1)
        places[wiring.patch_inputs[held]] = torch.arange(slices * rows)[held]
        self._places = places.to(device)
        self._patch_inputs = wiring.patch_inputs.to(device)
        table = transmission(geometry.rows, geometry.cols, cell, chip.wires)
        row = wiring.row_index[:, np.newaxis, :]
        shares = [table[row, (wiring.column + side)[np.newaxis, :, np.newaxis]] for side in (0, 1)]
        # (2, slices, 1, neurons, rows): the same for every copy.
        self._shares = torch.from_numpy(np.stack(shares)[:, :, np.newaxis]).float().to(device)
        sums = chip.with_repair("check").repair.pair_sums(geometry.pairs) if flags else (0,) * geometry.pairs
        of_pairs = np.array(sums, np.float64)[wiring.column // 2] / (1 << geometry.fraction_bits)
        self._pair_sums = torch.from_numpy(of_pairs).float().to(device).view(-1, 1)
        self._differences = torch.tensor(FLAGGED_DIFFERENCES).t().contiguous().to(device)

    def weights(self, weights: Tensor, devices: Devices) -> Tensor:
        """Effective weights (dies, neurons, inputs) of weights (neurons, inputs) of +1 and -1."""
        wiring = self._wiring
        slices, rows, neurons, copies = wiring.slices, wiring.rows, wiring.neurons, wiring.copies
        signs = weights.index_select(1, self._patch_inputs).view(neurons, slices, rows).transpose(0, 1)
        signs = (signs * self._driven).unsqueeze(1)  # (slices, 1, neurons, rows)
        on, off = (
            side.to(self._device).view(-1, slices, 2, copies, neurons, rows) for side in (devices.on, devices.off)
        )
        positive = signs > 0
        held = self._driven.unsqueeze(1)
        plus = torch.where(positive, on[:, :, 0], off[:, :, 0]) * held  # (dies, slices, copies, neurons, rows)
        minus = torch.where(positive, off[:, :, 1], on[:, :, 1]) * held
        if self._flags:
            choice, error = flag_choices(plus, minus, signs * self._difference, self._sum, DRIVEN)
            a, b, c = self._differences[:, choice].unsqueeze(-1)
            read = a * (plus * self._shares[0]) - b * (minus * self._shares[1]) + c * self._pair_sums
        else:
            read = plus * self._shares[0] - minus * self._shares[1]
            error = (read - signs * self._difference).sum(-1).abs()
        if wiring.layer.combine == "median":
            # The copies differ little but for defects: the best stands for the median.
            best = error.argmin(2, keepdim=True).unsqueeze(-1).expand(-1, -1, -1, -1, rows)
            read = read.gather(2, best)
        flat = read.mean(2).transpose(1, 2).reshape(-1, neurons, slices * rows)
        return flat.index_select(2, self._places) / self._step
