# SPDX-License-Identifier: BSD-3-Clause
"""What is to be trained: the shape of a network before it has weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..geometry import Geometry
from ..mapping import Placement, place
from ..network import Layer, Network


@dataclass(frozen=True)
class LayerSpec:
    """One layer.

    Parameters
    ----------
    neurons : int
        Neurons, or filters of a convolution.
    window : int
        Side of a convolution's window; 0: a dense layer.
    pool : int
        Side of the pooling window of a convolution.
    activation_bits : int
        Bits of the activations; without meaning in the output layer.
    copies : int
        How often each pair is placed.
    combine : {"sum", "median"}
        Whether the copies are added, or the median of three is taken.

    Raises
    ------
    ValueError
        If a field is out of range; the message names it.
    """

    neurons: int
    window: int = 0
    pool: int = 1
    activation_bits: int = 1
    copies: int = 1
    combine: Literal["sum", "median"] = "sum"

    def __post_init__(self) -> None:
        for name, low, high in (
            ("neurons", 1, None),
            ("window", 0, None),
            ("pool", 1, None),
            ("activation_bits", 1, 4),
            ("copies", 1, None),
        ):
            value = getattr(self, name)
            if (
                isinstance(value, bool)
                or not isinstance(value, int)
                or value < low
                or (high is not None and value > high)
            ):
                allowed = f"an integer of at least {low}" if high is None else f"an integer from {low} to {high}"
                raise ValueError(f"layer: {name} must be {allowed}, not {value!r}")
        if self.combine not in ("sum", "median"):
            raise ValueError(f"layer: combine must be 'sum' or 'median', not {self.combine!r}")
        if self.combine == "median" and self.copies != 3:
            raise ValueError(f"layer: copies must be 3 for a median, not {self.copies}")
        if self.pool > 1 and not self.window:
            raise ValueError(f"layer: pool must be 1 in a dense layer, not {self.pool}")


@dataclass(frozen=True)
class NetworkSpec:
    """Layers in order; the last one is dense and gives the scores.

    Parameters
    ----------
    layers : tuple of LayerSpec
        The last has one neuron for each class, or a single one for two classes.
    input_bits : int
        Bits of each input, 1 to 8.

    Raises
    ------
    ValueError
        If there is no layer, the last one is a convolution, or a convolution follows a dense layer.
    """

    layers: tuple[LayerSpec, ...]
    input_bits: int = 1

    def __post_init__(self) -> None:
        if not self.layers or self.layers[-1].window:
            raise ValueError(
                f"network: the last layer must be dense, not {self.layers[-1] if self.layers else 'absent'}"
            )
        kinds = [layer.window > 0 for layer in self.layers]
        if kinds != sorted(kinds, reverse=True):
            raise ValueError("network: convolutions must come before dense layers")
        if isinstance(self.input_bits, bool) or not isinstance(self.input_bits, int) or not 1 <= self.input_bits <= 8:
            raise ValueError(f"network: input_bits must be an integer from 1 to 8, not {self.input_bits!r}")

    def text(self) -> str:
        """In a few words, for messages: ``1-bit inputs, 24 5x5 pool 2, 36, 10 x 3``."""
        words = [f"{self.input_bits}-bit inputs"]
        for layer in self.layers:
            shape = f" {layer.window}x{layer.window} pool {layer.pool}" if layer.window else ""
            bits = f" of {layer.activation_bits} bits" if layer.activation_bits > 1 else ""
            copies = f" x {layer.copies}" if layer.copies > 1 else ""
            words.append(f"{layer.neurons}{shape}{bits}{copies}{' by median' if layer.combine == 'median' else ''}")
        return ", ".join(words)

    @classmethod
    def dense(
        cls,
        hidden: Sequence[int] = (36,),
        outputs: int = 10,
        *,
        input_bits: int = 1,
        activation_bits: int = 1,
        output_copies: int = 1,
    ) -> NetworkSpec:
        """Dense layers only."""
        layers = [LayerSpec(neurons, activation_bits=activation_bits) for neurons in hidden]
        return cls((*layers, LayerSpec(outputs, copies=output_copies)), input_bits)

    @classmethod
    def convolution(
        cls,
        filters: Sequence[int] = (24,),
        window: int = 5,
        pool: int = 2,
        hidden: Sequence[int] = (),
        outputs: int = 10,
        *,
        input_bits: int = 1,
        activation_bits: int = 1,
        output_copies: int = 1,
    ) -> NetworkSpec:
        """Convolutions, each followed by pooling, then dense layers."""
        layers = [LayerSpec(count, window, pool, activation_bits) for count in filters]
        layers += [LayerSpec(neurons, activation_bits=activation_bits) for neurons in hidden]
        return cls((*layers, LayerSpec(outputs, copies=output_copies)), input_bits)

    @classmethod
    def demo(cls) -> NetworkSpec:
        """196 - 36 - 10 on the default chip: 24 kernels, and 2 more placed three times."""
        return cls.dense((36,), 10, output_copies=3)

    @classmethod
    def of(cls, network: Network) -> NetworkSpec:
        """The shape of a network.

        Raises
        ------
        ValueError
            If a window is not square.
        """
        layers = []
        for index, layer in enumerate(network.layers):
            window = layer.weights.shape[1:3] if layer.kind == "conv" else (0, 0)
            if window[0] != window[1]:
                raise ValueError(f"layer {index}: window must be square, not {window}")
            layers.append(
                LayerSpec(layer.neurons, int(window[0]), layer.pool, layer.activation_bits, layer.copies, layer.combine)
            )
        return cls(tuple(layers), network.input_bits)

    def template(self, input_shape: Sequence[int], units: Sequence[float] | None = None) -> Network:
        """A network of this shape with every weight +1 and zero thresholds: what placement needs to know.

        Parameters
        ----------
        input_shape : sequence of int
            (features,), (height, width) or (height, width, channels) of one input.
        units : sequence of float, optional
            Unit of each layer; 1 unless given.

        Raises
        ------
        ValueError
            If a convolution meets inputs that are no map, or a window or pool does not fit its map.
        """
        shape = tuple(int(size) for size in input_shape)
        if len(shape) == 2:
            shape = (*shape, 1)
        bits = self.input_bits
        layers: list[Layer] = []
        for index, layer in enumerate(self.layers):
            output = index == len(self.layers) - 1
            shape = _input_shape(layer, shape, index)
            patch = (layer.window, layer.window, shape[2]) if layer.window else shape
            thresholds = np.zeros((layer.neurons, (1 << layer.activation_bits) - 1), np.int64)
            layers.append(
                Layer(
                    kind="conv" if layer.window else "dense",
                    weights=np.ones((layer.neurons, *patch), np.int8),
                    input_shape=shape,
                    input_bits=bits,
                    thresholds=None if output else thresholds,
                    invert=None if output else np.zeros(layer.neurons, np.bool_),
                    bias=np.zeros(layer.neurons, np.int64) if output else None,
                    activation_bits=1 if output else layer.activation_bits,
                    pool=layer.pool,
                    copies=layer.copies,
                    combine=layer.combine,
                    unit=1.0 if units is None else float(units[index]),
                )
            )
            shape, bits = layers[-1].output_shape, layer.activation_bits
        return Network(tuple(layers))

    def placed(self, input_shape: Sequence[int], geometry: Geometry) -> Placement:
        """Where the weights will sit; ``DoesNotFit`` says what is missing."""
        return place(self.template(input_shape), geometry)


def _input_shape(layer: LayerSpec, shape: tuple[int, ...], index: int) -> tuple[int, ...]:
    """The shape in which a layer takes what came before."""
    if not layer.window:
        return (math.prod(shape),)
    if len(shape) != 3:
        raise ValueError(f"layer {index}: a convolution's input must be (height, width, channels), not {shape}")
    if min(shape[:2]) - layer.window + 1 < layer.pool:
        raise ValueError(
            f"layer {index}: window {layer.window} and pool {layer.pool} must fit into a map of {shape[0]} x {shape[1]}"
        )
    return shape
