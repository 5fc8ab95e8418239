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


def repaired(
    plus: int,
    minus: int,
    n: int,
    repair: Repair,
    adc_bits: int,
    fraction_bits: int,
    pair: int = 0,
    flagged: tuple[bool, bool] | None = None,
) -> int:
    if adc_bits == 1:
        return plus - minus if n else 0
    if repair.mode == "none":
        return plus - minus
    margin = (repair.m0 + n * repair.m1) >> fraction_bits
    high = (n * repair.P >> fraction_bits) + margin
    if repair.mode == "range_guard":
        return 0 if plus > high or minus > high else plus - minus
    pair_sum = repair.K[pair] if isinstance(repair.K, tuple) else repair.K
    expected = (n * pair_sum + (1 << fraction_bits >> 1)) >> fraction_bits
    if repair.mode == "check":
        return checked(plus, minus, expected, margin, n * repair.D >> fraction_bits, flagged)
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


def checked(plus: int, minus: int, expected: int, margin: int, bound: int, flagged: tuple[bool, bool] | None) -> int:
    difference = plus - minus
    if abs(plus + minus - expected) > margin:
        if_plus_is_faulty, if_minus_is_faulty = expected - 2 * minus, 2 * plus - expected
        if flagged == (True, False):
            difference = if_plus_is_faulty
        elif flagged == (False, True):
            difference = if_minus_is_faulty
        elif flagged != (False, False):
            possible = [d for d in (if_plus_is_faulty, if_minus_is_faulty) if abs(d) <= bound + margin]
            difference = possible[0] if len(possible) == 1 else 0
    return clamp(difference, -bound, bound)


@dataclass
class Answer:
    """Everything one die says about one image."""

    predicted: int = -1
    codes: list[list[int]] = field(default_factory=list)
    accumulators: list[list[list[int]]] = field(default_factory=list)
    activations: list[list[list[int]]] = field(default_factory=list)


def answer(
    image: DieImage,
    die: int,
    compiled: Compiled,
    pixels: np.ndarray,
    repair: Repair,
    index: int,
    looks: tuple[bool, ...] = (),
) -> Answer:
    """One image on one die, read after read, straight from placement and network; ``looks``: layers that see flags."""
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
                        kernels = [int(kernel) for kernel in placed.kernels[group, slice_index]]
                        planes = range(layer.input_bits)
                        order = [(kernel, plane) for kernel in kernels for plane in planes]
                        if layer.combine == "median":
                            order = [(kernel, plane) for plane in planes for kernel in kernels]
                        held: list[list[int]] = []
                        for kernel, plane in order:
                            rows = [0] * image.rows
                            for row, source in enumerate(sources):
                                rows[row] = patch[source] >> plane & 1 if source >= 0 else 0
                            found = sums(image, die, kernel, rows, index, len(result.codes))
                            read = codes(found, image.adc_bits, image.fraction_bits)
                            result.codes.append(read)
                            held.append([])
                            for pair in range(pairs):
                                columns = (2 * pair, 2 * pair + 1)
                                plus, minus = (read[column] - int(image.registers[die, column]) for column in columns)
                                flagged = None
                                if looks and looks[len(result.accumulators)]:
                                    assert image.flags is not None
                                    flagged = tuple(bool(image.flags[die, kernel, column]) for column in columns)
                                settings = (repair, image.adc_bits, image.fraction_bits, pair, flagged)
                                held[-1].append(repaired(plus, minus, sum(rows), *settings))
                            if layer.combine == "median" and len(held) < 3:
                                continue
                            for pair in range(pairs):
                                total[pair] += sorted(read[pair] for read in held)[len(held) // 2] << plane
                            held = []
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
