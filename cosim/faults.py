# SPDX-License-Identifier: BSD-3-Clause
"""Deliberate faults: each must turn a co-simulation red, and the scoreboard must name the place.

A comparison that cannot fail shows nothing. These faults break one thing on one side only: what stands at the pins,
what is loaded, or the gates themselves; the golden model stays as it is.
"""

from __future__ import annotations

import dataclasses
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
from spintile.model.geometry import INSTRUCTIONS, LAYER, THRESHOLD, Opcode, decode, unpack
from spintile.model.golden import Record, infer
from spintile.model.mapping import Program

from .design import periphery_verilog
from .job import CosimJob

__all__ = ["FaultKind", "Faulty", "gate_fault", "inject"]

FaultKind = Literal["die-image", "threshold", "instruction", "gate", "flag", "median"]

#: Operators of an ``assign`` and what a gate fault makes of them.
_SWAPS = {"+": "-", "-": "+", "&": "|", "|": "&", "^": "~^", "==": "!=", "<": ">="}
_TRIES = 50


@dataclass(frozen=True, eq=False)
class Faulty:
    """A job with one thing broken.

    Parameters
    ----------
    job : CosimJob
        What to run.
    kind : str
        Which kind of fault.
    description : str
        What was broken, in one line.
    stage : str
        The stage in which it must show first.
    place : dict
        Fields of the scoreboard's first difference that it must name.
    verilog : str or None
        The design, if its gates were changed.
    """

    job: CosimJob
    kind: FaultKind
    description: str
    stage: str
    place: dict[str, int] = field(default_factory=dict)
    verilog: str | None = None


def inject(job: CosimJob, kind: FaultKind, seed: int = 0) -> Faulty:
    """Break one thing of a job.

    Parameters
    ----------
    job : CosimJob
        Sound.
    kind : {"die-image", "threshold", "instruction", "gate", "flag", "median"}
        One entry of the die image (at the pins only), one lane of a threshold word, one ``READ`` of the program, one
        gate of the periphery, one self-test flag in the chip's memory, or the replicas of one median added instead.
    seed : int
        Chooses which.

    Raises
    ------
    MissingTool
        For ``gate``, if the periphery cannot be exported.
    ValueError
        For an unknown kind, or if nothing can be broken so that these images show it.
    """
    chooser = random.Random(seed)
    if kind == "die-image":
        return _die_image_fault(job, chooser)
    if kind == "threshold":
        return _threshold_fault(job, chooser)
    if kind == "instruction":
        return _instruction_fault(job, chooser)
    if kind == "flag":
        return _flag_fault(job, chooser)
    if kind == "median":
        return _median_fault(job, chooser)
    if kind == "gate":
        text, description = gate_fault(periphery_verilog(job.geometry), seed)
        lane = re.search(r" total\[\d+:(\d+)\]", description)
        place = {"index": int(lane.group(1)) // job.geometry.acc_bits} if lane else {}
        return Faulty(job, "gate", description, "accumulators", place, text)
    raise ValueError(f"fault must be one of {', '.join(get_args(FaultKind))}, not {kind!r}")


def _die_image_fault(job: CosimJob, chooser: random.Random) -> Faulty:
    """Sixteen codes more or less at one used crossing: chosen so that some read of these images shows it."""
    image, geometry = job.image, job.geometry
    record = job.golden()
    used = sorted({int(kernel) for layer in job.compiled.schedule.layers for kernel in layer.read_kernel})
    for _ in range(_TRIES):
        die = chooser.randrange(job.dies)
        kernel, row = chooser.choice(used), chooser.randrange(geometry.rows)
        column = chooser.randrange(2 * geometry.pairs)
        q = image.q.copy()
        before = int(q[die, kernel, row, column])
        step = 16 << image.fraction_bits
        q[die, kernel, row, column] = after = before - step if before > step else before + step
        broken = image.replace(q=q)
        if not _shows(job, record, job.replace(image=broken)):
            continue
        what = f"die {int(image.die_ids[die])}: Q[kernel {kernel}, row {row}, column {column}] is {after} at the pins"
        place = {"die": int(image.die_ids[die]), "kernel": kernel, "index": column}
        return Faulty(job.replace(array_image=broken), "die-image", f"{what}, must be {before}", "codes", place)
    raise ValueError("die image must have an entry that these images drive, and none was found")


def _shows(job: CosimJob, sound: Record, broken: CosimJob) -> bool:
    record = infer(broken.image, job.compiled, job.images, repair=job.repair, first_index=job.first_index, record=True)
    assert record.codes is not None
    assert sound.codes is not None
    return not np.array_equal(record.codes, sound.codes)


def _threshold_fault(job: CosimJob, chooser: random.Random) -> Faulty:
    """The invert bit of one lane flipped; in a network without hidden layers, one bias at the end of its range."""
    program = job.compiled.program
    words = program.thresholds.copy()
    hidden = [(layer, emit) for layer, emit in _instructions(program, Opcode.EMIT) if not emit["output"]]
    if hidden:
        layer, emit = chooser.choice(hidden)
        word, lane = emit["threshold"], chooser.randrange(emit["lanes"])
        words[word, lane] ^= np.uint32(THRESHOLD["invert"].insert("invert", 1))
        description = f"threshold word {word}, lane {lane} (layer {layer}): invert bit flipped"
        place = {"layer": layer, "index": lane}
        return Faulty(_reloaded(job, thresholds=words), "threshold", description, "activations", place)
    layer, emit = next(iter(_instructions(program, Opcode.EMIT)))
    classes = job.golden().classes
    lane, end = 0, job.geometry.acc_bits
    # The largest bias decides for its class, the smallest against it.
    largest = not np.any(classes == 0) if not emit["binary"] else not np.any(classes == 1)
    value = (1 << (end - 1)) - 1 if largest else -(1 << (end - 1))
    words[emit["threshold"], lane] = np.uint32(THRESHOLD["value"].insert("value", value))
    description = f"threshold word {emit['threshold']}, lane {lane} (layer {layer}): bias is {value}"
    return Faulty(_reloaded(job, thresholds=words), "threshold", description, "classes", {})


def _instruction_fault(job: CosimJob, chooser: random.Random) -> Faulty:
    """One ``READ`` of another kernel."""
    program, kernels = job.compiled.program, job.geometry.kernels
    if kernels < 2:
        raise ValueError("instruction fault must have another kernel to read, and there is only 1")
    reads = [
        (address, layer, fields)
        for address, (layer, opcode, fields) in enumerate(_listing(program))
        if opcode is Opcode.READ
    ]
    address, layer, fields = chooser.choice(reads)
    wrong = (fields["kernel"] + chooser.randrange(1, kernels)) % kernels
    words = program.instructions.copy()
    position = INSTRUCTIONS[Opcode.READ]["kernel"]
    words[address] ^= np.uint64(position.insert("kernel", fields["kernel"] ^ wrong))
    description = f"instruction {address} (layer {layer}): READ of kernel {wrong}, must be {fields['kernel']}"
    place = {"layer": layer, "kernel": fields["kernel"], "got": wrong}
    return Faulty(_reloaded(job, instructions=words), "instruction", description, "codes", place)


def _flag_fault(job: CosimJob, chooser: random.Random) -> Faulty:
    """One flag of the chip flipped: chosen so that the repair of some read of these images follows it."""
    image, geometry, record = job.image, job.geometry, job.golden()
    sound = image.flags
    if sound is None:
        sound = np.zeros((job.dies, geometry.kernels, geometry.cols), np.bool_)
    used = sorted({int(kernel) for x in job.compiled.schedule.layers if x.flagged for kernel in x.read_kernel})
    places = [(d, k, c) for d in range(job.dies) for k in used for c in range(2 * geometry.pairs)]
    chooser.shuffle(places)
    # A flag decides only where a sum is wrong: those of suspicious columns come first.
    places.sort(key=lambda place: not sound[place])
    for place in places[: 4 * _TRIES]:
        flags = sound.copy()
        flags[place] = not sound[place]
        broken = image.replace(flags=flags)
        found = job.replace(image=broken).golden()
        if all(np.array_equal(*parts) for parts in zip(found.accumulators, record.accumulators, strict=True)):
            continue
        die, kernel, column = place
        what = f"die {int(image.die_ids[die])}: flag of kernel {kernel}, column {column} is {int(flags[place])}"
        named = {"die": int(image.die_ids[die]), "index": column // 2}
        wrong = job.replace(array_image=broken)
        return Faulty(wrong, "flag", f"{what}, must be {int(sound[place])}", "accumulators", named)
    raise ValueError("flag fault must change an accumulator of these images, and no flag does")


def _median_fault(job: CosimJob, chooser: random.Random) -> Faulty:
    """The three replicas of one slice added one by one: a median that is a sum."""
    program = job.compiled.program
    listing = _listing(program)
    thirds = [
        (address, layer)
        for address, (layer, opcode, fields) in enumerate(listing)
        if opcode is Opcode.READ and fields["replica"] == 3
    ]
    if not thirds:
        raise ValueError("median fault must have a layer that combines its copies by their median, and there is none")
    address, layer = chooser.choice(thirds)
    words = program.instructions.copy()
    for read in (address - 2, address - 1, address):
        replica = INSTRUCTIONS[Opcode.READ]["replica"].insert("replica", listing[read][2]["replica"])
        words[read] ^= np.uint64(replica)
    description = f"instructions {address - 2} to {address} (layer {layer}): replicas are added, not their median"
    return Faulty(_reloaded(job, instructions=words), "median", description, "accumulators", {"layer": layer})


def gate_fault(
    verilog: str, seed: int = 0, *, module: str = "accumulator", operators: Sequence[str] = ("+",)
) -> tuple[str, str]:
    """Change one gate of a design.

    Parameters
    ----------
    verilog : str
        As Yosys writes it.
    seed : int
        Chooses the gate.
    module : str
        Last part of the name of the module to change.
    operators : sequence of str
        Which operators may be changed (``+ - & | ^ == <``). The default, the accumulator's adders, always shows.

    Returns
    -------
    str, str
        The changed design, and what was changed.

    Raises
    ------
    ValueError
        If there is no such gate.
    """
    lines = verilog.splitlines(keepends=True)
    candidates = []
    inside = False
    for number, line in enumerate(lines):
        header = re.match(r"\s*module\s+\\?(\S+)", line)
        if header:
            inside = header.group(1).split(".")[-1].split("(")[0] == module
        match = re.match(r"\s*assign .+? = (.+);\s*$", line)
        if inside and match:
            found = re.findall(r" (\+|-|&|\||\^|==|<) ", match.group(1))
            if len(found) == 1 and found[0] in operators:
                candidates.append((number, found[0]))
    if not candidates:
        raise ValueError(f"design must have an operator {' or '.join(operators)} in a module {module!r}, and has none")
    number, operator = random.Random(seed).choice(candidates)
    lines[number] = lines[number].replace(f" {operator} ", f" {_SWAPS[operator]} ")
    description = (
        f"design line {number + 1} (module {module}): {operator} is {_SWAPS[operator]}: {lines[number].strip()}"
    )
    return "".join(lines), description


def _reloaded(job: CosimJob, **memories: Any) -> CosimJob:
    """The job with other words in a program memory of the RTL."""
    return job.replace(program=dataclasses.replace(job.compiled.program, **memories))


def _listing(program: Program) -> list[tuple[int, Opcode, dict[str, int]]]:
    """Layer, opcode and fields of every instruction."""
    starts = [unpack(LAYER, int(word))["start"] for word in program.layers]
    listing = []
    for address, word in enumerate(program.instructions):
        opcode, fields = decode(int(word))
        listing.append((max(i for i, start in enumerate(starts) if start <= address), opcode, fields))
    return listing


def _instructions(program: Program, wanted: Opcode) -> list[tuple[int, dict[str, int]]]:
    return [(layer, fields) for layer, opcode, fields in _listing(program) if opcode is wanted]
