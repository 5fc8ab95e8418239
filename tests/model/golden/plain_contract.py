# SPDX-License-Identifier: BSD-3-Clause
"""The bit-exact contract once more, in plain Python integers and loops: what the golden model is tested against."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from spintile.model.golden import DieImage, read_noise
from spintile.model.mapping import Compiled
from spintile.model.sensing import Repair


def clamp(value: int, low: int, high: int) -> int:
    return max(low, min(high, value))


def sums(image: DieImage, die: int, kernel: int, rows: list[int], index: int, ordinal: int) -> list[int]:
    found = []
    for col in range(image.cols):
        total = int(image.offset[die, kernel, col])
        total += sum(int(image.q[die, kernel, row, col]) for row in range(image.rows) if rows[row])
        total = clamp(total, int(image.lo[die, kernel, col]), int(image.hi[die, kernel, col]))
        die_id = int(image.die_ids[die])
        found.append(total + int(read_noise(image.noise_sigma, image.noise_seed, die_id, index, ordinal, col)))
    return found


def codes(found: list[int], adc_bits: int, fraction_bits: int) -> list[int]:
    if adc_bits > 1:
        return [clamp((s + (1 << fraction_bits >> 1)) >> fraction_bits, 0, (1 << adc_bits) - 1) for s in found]
    result = [0] * len(found)
    for pair in range(len(found) // 2):
        result[2 * pair] = int(found[2 * pair] >= found[2 * pair + 1])
        result[2 * pair + 1] = 1 - result[2 * pair]
    return result


def repaired(plus: int, minus: int, n: int, repair: Repair, adc_bits: int, fraction_bits: int) -> int:
    if adc_bits == 1:
        return plus - minus if n else 0
    if repair.mode == "none":
        return plus - minus
    margin = (repair.m0 + n * repair.m1) >> fraction_bits
    high = (n * repair.P >> fraction_bits) + margin
    if repair.mode == "range_guard":
        return 0 if plus > high or minus > high else plus - minus
    expected = (n * repair.K + (1 << fraction_bits >> 1)) >> fraction_bits
    if plus + minus <= expected + margin:
        difference = plus - minus
    elif (plus > high and minus > high) or (repair.strict and not plus > high and not minus > high):
        difference = 0
    elif plus >= minus:
        difference = expected - 2 * minus
    else:
        difference = 2 * plus - expected
    bound = n * repair.D >> fraction_bits
    return clamp(difference, -bound, bound)


@dataclass
class Answer:
    """Everything one die says about one image."""

    predicted: int = -1
    codes: list[list[int]] = field(default_factory=list)
    accumulators: list[list[list[int]]] = field(default_factory=list)
    activations: list[list[list[int]]] = field(default_factory=list)


def answer(image: DieImage, die: int, compiled: Compiled, pixels: np.ndarray, repair: Repair, index: int) -> Answer:
    """One image on one die, read after read, straight from placement and network."""
    result = Answer()
    inputs = [int(value) for value in pixels.ravel()]
    pairs = image.cols // 2
    for layer, placed, constants in zip(
        compiled.network.layers, compiled.placement.layers, compiled.layers, strict=True
    ):
        pooled_height, pooled_width, neurons = layer.output_shape
        output = [0] * (pooled_height * pooled_width * neurons)
        accumulators: list[list[int]] = []
        activations: list[list[int]] = []
        scores = [0] * neurons
        for group, lanes in enumerate(placed.groups):
            for place in range(pooled_height * pooled_width):
                pooled = [0] * pairs
                for window in range(layer.pool**2):
                    y = place // pooled_width * layer.pool + window // layer.pool
                    x = place % pooled_width * layer.pool + window % layer.pool
                    patch = _patch(layer, inputs, y, x)
                    total = [0] * pairs
                    for slice_index, sources in enumerate(placed.slices):
                        for kernel in placed.kernels[group, slice_index]:
                            for plane in range(layer.input_bits):
                                rows = [0] * image.rows
                                for row, source in enumerate(sources):
                                    rows[row] = patch[source] >> plane & 1 if source >= 0 else 0
                                found = sums(image, die, int(kernel), rows, index, len(result.codes))
                                read = codes(found, image.adc_bits, image.fraction_bits)
                                result.codes.append(read)
                                for pair in range(pairs):
                                    plus = read[2 * pair] - int(image.registers[die, 2 * pair])
                                    minus = read[2 * pair + 1] - int(image.registers[die, 2 * pair + 1])
                                    total[pair] += (
                                        repaired(plus, minus, sum(rows), repair, image.adc_bits, image.fraction_bits)
                                        << plane
                                    )
                    accumulators.append(total)
                    for lane, neuron in enumerate(lanes):
                        if constants.bias is not None:
                            scores[neuron] = total[lane] + int(constants.bias[neuron])
                            continue
                        met = sum(total[lane] >= int(limit) for limit in constants.thresholds[neuron])  # type: ignore[index]
                        top = (1 << layer.activation_bits) - 1
                        pooled[lane] = max(pooled[lane], top - met if constants.invert[neuron] else met)  # type: ignore[index]
                activations.append(pooled)
                for lane, neuron in enumerate(lanes):
                    output[place * neurons + neuron] = pooled[lane]
        result.accumulators.append(accumulators)
        if layer.is_output:
            result.predicted = int(scores[0] >= 0) if neurons == 1 else scores.index(max(scores))
        else:
            result.activations.append(activations)
        inputs = output
    return result


def _patch(layer, inputs: list[int], y: int, x: int) -> list[int]:  # type: ignore[no-untyped-def]
    if layer.kind == "dense":
        return inputs
    _, width, channels = layer.input_shape
    height, window_width = layer.weights.shape[1:3]
    return [
        inputs[((y + ky) * width + x + kx) * channels + c]
        for ky in range(height)
        for kx in range(window_width)
        for c in range(channels)
    ]
