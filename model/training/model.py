# SPDX-License-Identifier: BSD-3-Clause
"""The network in training: latent weights, batch normalisation, activations, read through devices or without them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from ..chip import Chip
from ..golden import DieImage
from ..network import Network
from .accumulate import Accumulate
from .devices import Devices
from .fold import ACTIVATION_SPAN, Normalisation, activation_levels, fold
from .reads import BitPlanes, ReadSettings, summed_differences
from .spec import NetworkSpec
from .wiring import Wiring

_EPSILON = 1e-3
#: Share of a batch in the running mean and variance.
_MOMENTUM = 0.05
#: First guess of the logits per unit of the output's sum.
_OUTPUT_SCALE = 0.25
#: Size of the latent weights that a given network starts from: small enough that evidence can still turn them.
_LATENT = 0.2
#: Elements of the largest intermediate array in evaluation.
_EVALUATION_ELEMENTS = 1 << 22


class Sign(torch.autograd.Function):
    """+1 or -1 of a latent weight; the gradient passes unchanged."""

    @staticmethod
    def forward(ctx: Any, latent: Tensor) -> Tensor:
        return torch.where(latent >= 0, 1.0, -1.0)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return gradients[0]


class Activation(torch.autograd.Function):
    """Levels met by z. Gradient: of one bit a triangle over +-2 around its level, else the mean slope over the span."""

    @staticmethod
    def forward(ctx: Any, z: Tensor, bits: int) -> Tensor:
        ctx.save_for_backward(z)
        ctx.bits = bits
        met = torch.zeros_like(z)
        for level in activation_levels(bits):
            met += z >= level
        return met

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (z,) = ctx.saved_tensors
        half = ACTIVATION_SPAN / 2
        if ctx.bits == 1:
            return gradients[0] * torch.clamp(1 - z.abs() / half, min=0) / half, None
        return gradients[0] * (z.abs() < half) * ((1 << ctx.bits) / ACTIVATION_SPAN), None


class BinaryLayer(nn.Module):
    """One layer: latent weights (neurons, inputs), and normalisation or output scale.

    Sums are kept in units of sum(input * weight), also when read through devices.
    """

    mean: Tensor
    variance: Tensor

    def __init__(self, wiring: Wiring, output: bool, generator: torch.Generator) -> None:
        super().__init__()
        self.wiring, self.output = wiring, output
        shape = (wiring.neurons, wiring.layer.inputs)
        self.latent = nn.Parameter((torch.rand(shape, generator=generator) * 2 - 1) * 0.5)
        self.shift = nn.Parameter(torch.zeros(wiring.neurons))
        self.scale = nn.Parameter(torch.tensor(math.log(_OUTPUT_SCALE)) if output else torch.ones(wiring.neurons))
        self.register_buffer("mean", torch.zeros(wiring.neurons))
        self.register_buffer("variance", torch.ones(wiring.neurons))

    def accumulators(self, inputs: Tensor, devices: Devices | None, settings: ReadSettings, dies: int = 1) -> Tensor:
        """Accumulators (images * positions, neurons) of inputs (images, size): codes, or plain sums without devices."""
        wiring = self.wiring
        planes = wiring.layer.input_bits
        weights = Sign.apply(self.latent).to(inputs.dtype)
        if devices is None and wiring.layer.kind == "dense":
            return inputs @ weights.t()
        if devices is None:
            single = replace(wiring, layer=replace(wiring.layer, copies=1, combine="sum"))
            return torch.bmm(wiring.driven(inputs), single.weights(weights)).sum(0)
        driven = wiring.gathered(inputs).view(dies, -1, wiring.slices * wiring.rows)
        if planes > 1:
            driven = BitPlanes.apply(driven, planes)
        registers = self._registers(settings, inputs.dtype)
        pairs = wiring.weights_of_pairs(weights)
        if settings.adc_bits == 1 or settings.repair.mode == "check" or wiring.layer.combine == "median":
            sums = summed_differences(driven, pairs, devices, settings, registers, wiring.layer.combine)
        else:
            sums = Accumulate.apply(driven, pairs, devices, settings, registers)
        if planes > 1:
            sums = sums.view(dies, planes, -1, wiring.neurons)
            sums = (sums * (2.0 ** torch.arange(planes, dtype=inputs.dtype)).view(-1, 1, 1)).sum(1)
        return sums.reshape(-1, wiring.neurons)

    def _registers(self, settings: ReadSettings, dtype: torch.dtype) -> tuple[Tensor, Tensor] | None:
        if not settings.registers:
            return None
        codes = np.array(settings.registers, np.float64)
        plus, minus = (
            torch.from_numpy(codes[self.wiring.column + side]).to(dtype).repeat(self.wiring.copies) for side in (0, 1)
        )
        return plus, minus

    def unit(self, settings: ReadSettings, through_array: bool) -> float:
        """Accumulator steps per unit of sum(input * weight)."""
        return self.wiring.layer.summed_copies * settings.codes_per_weight if through_array else 1.0

    def normalised(self, sums: Tensor, training: bool) -> Tensor:
        """z of sums (n, neurons); in training by the batch's own mean and variance, which the running ones follow."""
        if training:
            mean = sums.mean(0)
            centred = sums - mean
            variance = centred.square().mean(0)
            with torch.no_grad():
                self.mean.lerp_(mean, _MOMENTUM)
                self.variance.lerp_(variance, _MOMENTUM)
        else:
            centred, variance = sums - self.mean, self.variance
        return torch.addcmul(self.shift, centred, self.scale * torch.rsqrt(variance + _EPSILON))

    def pooled(self, z: Tensor) -> Tensor:
        """Largest z of each pooling window, flattened (images, pooled positions * neurons).

        The activation rises with z, so this is the same as pooling after it, with a gradient for the largest only.
        """
        pool = self.wiring.layer.pool
        pooled = self.wiring.positions // pool**2
        if pool > 1:
            z = z.view(-1, pool * pool, self.wiring.neurons).amax(1)
        return z.reshape(-1, pooled * self.wiring.neurons)

    def normalisation(self, unit: float) -> Normalisation:
        """The same normalisation for accumulators, in double precision."""
        mean, variance, scale, shift = (
            value.detach().numpy().astype(np.float64) for value in (self.mean, self.variance, self.scale, self.shift)
        )
        return Normalisation(mean * unit, scale / np.sqrt(variance + _EPSILON) / unit, shift)

    def integer_bias(self, unit: float) -> NDArray[np.int64]:
        """The output's bias in accumulator steps, rounded."""
        logits = self.shift.detach().numpy().astype(np.float64)
        return np.rint(logits * (unit / math.exp(float(self.scale.detach())))).astype(np.int64)


class ArrayNetwork(nn.Module):
    """A binary network that runs through the devices of a chip, or without any.

    Parameters
    ----------
    spec : NetworkSpec
        Its shape.
    input_shape : sequence of int
        Shape of one input.
    chip : Chip
        Where it is placed.
    through_array : bool
        Whether thresholds and biases are in codes of the chip (trained through it) or in sums (software).
    seed : int
        Of the first latent weights.
    """

    def __init__(
        self, spec: NetworkSpec, input_shape: Sequence[int], chip: Chip, *, through_array: bool = True, seed: int = 0
    ) -> None:
        super().__init__()
        self.spec, self.chip, self.through_array = spec, chip, through_array
        self.settings = ReadSettings.of(chip)
        self.template = spec.template(input_shape)
        placement = spec.placed(input_shape, chip.geometry)
        generator = torch.Generator().manual_seed(seed)
        last = len(spec.layers) - 1
        self.layers = nn.ModuleList(
            BinaryLayer(Wiring.of(layer, placed, chip.geometry), index == last, generator)
            for index, (layer, placed) in enumerate(zip(self.template.layers, placement.layers, strict=True))
        )

    @property
    def binary_layers(self) -> list[BinaryLayer]:
        return [layer for layer in self.layers if isinstance(layer, BinaryLayer)]

    @property
    def wirings(self) -> list[Wiring]:
        return [layer.wiring for layer in self.binary_layers]

    def forward(
        self, inputs: Tensor, devices: Sequence[Devices] | None = None, dies: int = 1, until: int | None = None
    ) -> Tensor:
        """Logits (images, outputs) of inputs (images, size).

        Parameters
        ----------
        inputs : float tensor
            Integers from 0 to 2^input_bits - 1.
        devices : sequence of Devices or None
            Of each layer; None: plain sums.
        dies : int
            Dies that the devices hold; each reads an equal share of the images, in order.
        until : int or None
            Index of a layer: its sums (images * positions, neurons) are returned instead, the layers before it
            normalised by their running means.
        """
        values = inputs
        for index, layer in enumerate(self.binary_layers):
            through = None if devices is None else devices[index]
            sums = layer.accumulators(values, through, self.settings, dies)
            sums = sums / layer.unit(self.settings, devices is not None)
            if index == until:
                return sums
            if layer.output:
                return sums * layer.scale.exp() + layer.shift
            z = layer.pooled(layer.normalised(sums, self.training and until is None))
            values = Activation.apply(z, layer.wiring.layer.activation_bits)
        raise AssertionError("the last layer is the output")

    @torch.no_grad()
    def scores(self, inputs: ArrayLike, image: DieImage | None = None, die: int = 0) -> NDArray[np.int64]:
        """Output accumulators plus integer bias (images, outputs), as the trained normalisation decides them.

        Parameters
        ----------
        inputs : int array (images, ...)
            From 0 to 2^input_bits - 1.
        image : DieImage or None
            For a network trained through an array: the die image that holds its weights, read without noise. A software
            network takes none: it only meets an array once its thresholds have been converted.
        die : int
            Position of the die in the image.
        """
        if (image is not None) != self.through_array:
            wanted, origin = ("a", "through an array") if self.through_array else ("no", "in software")
            raise ValueError(f"scores: {wanted} die image must be given to a network trained {origin}")
        settings = replace(self.settings, noise=0.0)
        units = [layer.unit(settings, image is not None) for layer in self.binary_layers]
        values = np.asarray(inputs).reshape(len(np.asarray(inputs)), -1)
        reads = max(w.positions * w.slices * w.copies * w.neurons * w.layer.input_bits for w in self.wirings)
        step = max(1, _EVALUATION_ELEMENTS // reads)
        devices = None
        if image is not None:
            alone = image.select([die])
            devices = [Devices.of_images(alone, alone, wiring, torch.float64) for wiring in self.wirings]
        parts = []
        for start in range(0, len(values), step):
            x = torch.from_numpy(values[start : start + step].astype(np.float64))
            for index, (layer, unit) in enumerate(zip(self.binary_layers, units, strict=True)):
                acc = layer.accumulators(x, None if devices is None else devices[index], settings)
                if layer.output:
                    parts.append(acc.numpy().astype(np.int64) + layer.integer_bias(unit))
                    break
                z = torch.from_numpy(layer.normalisation(unit)(acc.numpy()))
                x = Activation.apply(layer.pooled(z), layer.wiring.layer.activation_bits)
        return np.concatenate(parts)

    def export(self, metadata: dict[str, str] | None = None) -> Network:
        """The network as integers: weights, folded thresholds, rounded bias."""
        layers = []
        limit = 1 << self.chip.geometry.acc_bits
        for layer, shape in zip(self.binary_layers, self.template.layers, strict=True):
            unit = layer.unit(self.settings, self.through_array)
            weights = np.where(layer.latent.detach().numpy() >= 0, 1, -1).astype(np.int8).reshape(shape.weights.shape)
            if layer.output:
                layers.append(replace(shape, weights=weights, bias=layer.integer_bias(unit), unit=unit))
                continue
            thresholds, invert = fold(layer.normalisation(unit), shape.activation_bits, limit)
            layers.append(replace(shape, weights=weights, thresholds=thresholds, invert=invert, unit=unit))
        return Network(tuple(layers), dict(metadata or {}))

    @torch.no_grad()
    def adopt(self, network: Network, inputs: Tensor) -> None:
        """Start from a trained network of the same shape; ``inputs`` (images, size) show the sums it meets.

        Raises
        ------
        ValueError
            If the shapes differ.
        """
        if NetworkSpec.of(network) != self.spec or network.input_shape != self.template.input_shape:
            raise ValueError(
                f"start must be a network of the shape {self.spec.text()}, not {NetworkSpec.of(network).text()}"
            )
        for index, (layer, given) in enumerate(zip(self.binary_layers, network.layers, strict=True)):
            layer.latent.copy_(torch.from_numpy(given.weights.reshape(given.neurons, -1)).float() * _LATENT)
            if given.bias is not None:
                layer.shift.copy_(torch.from_numpy(given.bias / given.unit).float() * layer.scale.exp())
                continue
            assert given.thresholds is not None
            assert given.invert is not None
            sums = self(inputs, until=index)
            layer.mean.copy_(sums.mean(0))
            layer.variance.copy_(sums.var(0, unbiased=False))
            deviation = np.sqrt(layer.variance.numpy().astype(np.float64) + _EPSILON)
            levels = activation_levels(given.activation_bits)
            places = (given.thresholds - 0.5) / given.unit
            span = places[:, -1] - places[:, 0]
            # z rises by one deviation a deviation where one threshold leaves the slope open.
            slope = np.where(span > 0, (levels[-1] - levels[0]) / np.where(span > 0, span, 1), 1 / deviation)
            slope *= np.where(given.invert, -1, 1)
            shift = -slope * (places.mean(axis=1) - layer.mean.numpy())
            layer.scale.copy_(torch.from_numpy(slope * deviation).float())
            # A neuron that is always or never active keeps its sign, not its distance.
            layer.shift.copy_(torch.from_numpy(np.clip(shift, -ACTIVATION_SPAN, ACTIVATION_SPAN)).float())
