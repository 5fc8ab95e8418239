# SPDX-License-Identifier: BSD-3-Clause
"""Changes of a job for the directed runs: other images, dies, constants or programs, of the same shape."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
from spintile.model.geometry import LAYER, Opcode, decode, encode, pack, unpack
from spintile.model.golden import DieImage
from spintile.model.mapping import compile_network
from spintile.model.network import Network

from ...job import CosimJob
from ...mutation.networks import moved_to_the_end

__all__ = ["around_zero", "at_the_end", "equal_scores", "graded", "nested", "own_registers", "polar", "with_ends"]


def graded(job: CosimJob, rows: int) -> np.ndarray:
    """Images of which image i drives i rows of each read, counted round."""
    images = np.zeros((len(job.images), *job.images.shape[1:]), np.uint8)
    for number, image in enumerate(images.reshape(len(images), -1)):
        for first in range(0, len(image), rows):
            image[first : first + number % (rows + 1)] = 1
    return images


def polar(job: CosimJob) -> CosimJob:
    """Columns that a single row drives to full scale, plus and minus by turns: the largest sums of both signs; among
    them columns that end one code from either end."""
    image: DieImage = job.image
    unit = 1 << image.fraction_bits
    top = (unit << image.adc_bits) - unit
    levels = np.resize([top, 0, 0, top, top - unit, unit], image.cols)
    q = np.zeros_like(image.q)
    q[..., :] = np.where(levels == top, top, 0)
    offset = np.broadcast_to(np.where(levels == top, 0, levels), image.offset.shape)
    changed = image.replace(q=q, offset=offset, lo=np.zeros_like(image.lo), hi=np.full_like(image.hi, 2 * top))
    return job.replace(image=changed, images=np.ones_like(job.images[:4]))


def equal_scores(job: CosimJob) -> CosimJob:
    """Scores that are equal wherever the polar die drives two outputs alike."""
    return polar(_with_bias(job, np.zeros(job.compiled.network.classes, np.int64)))


def own_registers(job: CosimJob, seed: int) -> CosimJob:
    """The same with offset registers of the die's own, and, if it has flags, with many."""
    image: DieImage = job.image
    generator = np.random.default_rng(seed)
    image = image.replace(column_offset=generator.integers(-2, 3, (image.dies, image.cols)))
    if image.flags is not None:
        image = image.replace(flags=generator.random(image.flags.shape) < 0.4)
    return job.replace(image=image)


def at_the_end(job: CosimJob) -> CosimJob:
    """The same program at the end of its memories."""
    return job.replace(program=moved_to_the_end(job.compiled.program, job.geometry))


def nested(job: CosimJob, depth: int) -> CosimJob:
    """The same program, each layer within so many loops, those that it has not itself run through once."""
    program = job.compiled.program
    layers = [unpack(LAYER, int(word)) for word in program.layers]
    instructions: list[int] = program.instructions.tolist()
    bounds = [*(layer["start"] for layer in layers), len(instructions)]
    loop, step = encode(Opcode.LOOP, count=1), encode(Opcode.NEXT, source_step=0, destination_step=0)
    words: list[int] = []
    for layer, (first, last) in zip(layers, itertools.pairwise(bounds), strict=True):
        *body, end = instructions[first:last]
        more = max(0, depth - _deepest(body))
        layer["start"] = len(words)
        words += [*[loop] * more, *body, *[step] * more, end]
    packed = np.array([pack(LAYER, **layer) for layer in layers], np.uint32)
    return job.replace(program=dataclasses.replace(program, instructions=np.array(words, np.uint64), layers=packed))


def _deepest(words: list[int]) -> int:
    """Most loops in each other."""
    opcodes = [decode(word)[0] for word in words]
    return max(itertools.accumulate((each is Opcode.LOOP) - (each is Opcode.NEXT) for each in opcodes))


def around_zero(job: CosimJob) -> CosimJob:
    """A bias that makes the score of some images 0, and that of others -1."""
    scores = np.unique(job.golden().accumulators[0][0, :, -1, 0])
    pairs = scores[1:][np.diff(scores) == 1]
    zero = int(pairs[len(pairs) // 2]) if len(pairs) else int(scores[len(scores) // 2])
    return _with_bias(job, np.array([-zero]))


def with_ends(job: CosimJob) -> CosimJob:
    """Neurons of the first layer that meet every threshold, none, all at once, and each now and then; the last one's
    activation is counted down."""
    hidden, *rest = job.compiled.network.layers
    assert hidden.thresholds is not None
    assert hidden.invert is not None
    thresholds, invert = hidden.thresholds.copy(), hidden.invert.copy()
    invert[:3], invert[-1] = False, True
    thresholds[0], thresholds[1] = -(1 << 40), 1 << 40
    thresholds[2:3] = thresholds[2:3, :1]
    steps = thresholds.shape[1]
    thresholds[3:4] = 2 * np.arange(steps) - (steps - 1)
    return _recompiled(job, Network((dataclasses.replace(hidden, thresholds=thresholds, invert=invert), *rest)))


def _with_bias(job: CosimJob, bias: np.ndarray) -> CosimJob:
    """The same job with other biases, in accumulator steps."""
    *hidden, output = job.compiled.network.layers
    unit = output.summed_copies * job.compiled.codes_per_weight
    return _recompiled(job, Network((*hidden, dataclasses.replace(output, bias=bias, unit=unit))))


def _recompiled(job: CosimJob, network: Network) -> CosimJob:
    """The same job with another network of the same shape."""
    compiled = job.compiled
    changed = compile_network(
        network, compiled.placement, codes_per_weight=compiled.codes_per_weight, adc_bits=compiled.adc_bits
    )
    return job.replace(compiled=changed)
