# SPDX-License-Identifier: BSD-3-Clause
"""Bins of programs: layers, windows, loops, slices, copies, and where they lie in the memories."""

from __future__ import annotations

from collections import Counter

from spintile.model.geometry import Geometry, Opcode, decode
from spintile.model.network import Layer

from ..job import CosimJob
from .bins import Bin, make_bins

__all__ = ["note_program", "program_bins"]

_TABLE = {
    "layer.dense": "a dense layer",
    "layer.window": "a convolution whose window moves along both axes",
    "layer.window_row": "one whose window moves along one axis alone",
    "layer.window_whole": "one whose window is the whole map",
    "layer.channels": "one of more than one channel",
    "layer.pool_2": "pooling windows of 2 x 2",
    "layer.pool_more": "larger pooling windows",
    "layer.one_group": "neurons that fit one group of lanes",
    "layer.groups": "neurons in several groups",
    "layer.one_slice": "inputs that fit the rows of one read",
    "layer.slices": "inputs in several slices",
    "layer.full_slice": "a slice that drives every row",
    "layer.copies": "copies that are added",
    "layer.medians": "copies of which the median is taken",
    "layer.bits_change": "activations of other bits than the inputs",
    "memory.begin": "a program at the beginning of its memories",
    "memory.end": "a program up to the last word of the instruction memory",
    "image.first": "images counted from 0",
    "image.high": "images counted beyond 2^23: the top bit of the index in a result word is set",
    "image.beats_one": "images of one stream word",
    "image.beats_many": "images of several stream words",
}


def program_bins(geometry: Geometry) -> list[Bin]:
    """Bins of the programs of a chip."""
    table = dict(_TABLE)
    deepest = min(geometry.layer_limit, geometry.kernels)
    table |= {f"layers.{count}": f"a program of {count} layers" for count in range(1, deepest + 1)}
    table |= {f"loops.{depth}": f"loops nested {depth} deep" for depth in range(geometry.loop_depth + 1)}
    return make_bins(table)


def note_program(job: CosimJob, found: Counter[str]) -> None:
    """Count the bins that the program of a job hits."""
    network, schedule, program = job.compiled.network, job.compiled.schedule, job.loaded
    found[f"layers.{len(network.layers)}"] += 1
    for depth in _depths(program.instructions.tolist()):
        found[f"loops.{depth}"] += 1
    start = next((place for place, word in enumerate(program.instructions.tolist()) if word), 0)
    found["memory.end"] += int(start > 0 and len(program.instructions) == job.geometry.instruction_depth)
    found["memory.begin"] += int(start == 0)
    found["image.first"] += int(job.first_index == 0)
    found["image.high"] += int(job.first_index >= 1 << 23)
    found["image.beats_one" if program.beats == 1 else "image.beats_many"] += 1
    for layer, placed in zip(network.layers, schedule.layers, strict=True):
        groups, _, _, slices, _, _ = placed.shape
        _note_layer(layer, found)
        found["layer.groups" if groups > 1 else "layer.one_group"] += 1
        found["layer.slices" if slices > 1 else "layer.one_slice"] += 1
        found["layer.full_slice"] += int((placed.row_inputs >= 0).all(axis=1).any())
        found["layer.bits_change"] += int(not layer.is_output and layer.activation_bits != layer.input_bits)


def _note_layer(layer: Layer, found: Counter[str]) -> None:
    if layer.copies > 1:
        found["layer.medians" if layer.combine == "median" else "layer.copies"] += 1
    if layer.kind == "dense":
        found["layer.dense"] += 1
        return
    moves = sum(size > 1 for size in layer.map_shape)
    found[("layer.window_whole", "layer.window_row", "layer.window")[moves]] += 1
    found["layer.channels"] += int(layer.input_shape[2] > 1)
    if layer.pool > 1:
        found["layer.pool_2" if layer.pool == 2 else "layer.pool_more"] += 1


def _depths(words: list[int]) -> set[int]:
    """How deep the loops are nested around each READ of a program."""
    found, depth = set(), 0
    for word in words:
        if not word:
            continue
        opcode, _ = decode(word)
        depth += (opcode is Opcode.LOOP) - (opcode is Opcode.NEXT)
        if opcode is Opcode.READ:
            found.add(depth)
    return found
