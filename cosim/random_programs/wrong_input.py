# SPDX-License-Identifier: BSD-3-Clause
"""What a host must not send: misplaced ``tlast``, registers out of range, broken programs, changes under way."""

from __future__ import annotations

import dataclasses

import numpy as np
from spintile.model.golden import Record
from spintile.rtl.activation_memory import half_words

from ..compiled import BusAccess, Interference, Outcome, access_table
from ..job import CosimJob
from ..loading import RegisterWrite, program_writes
from .case import Program
from .host import MEMORIES, Host, Wrong
from .recovery import BUSY, DEADLINE, PATIENCE, come_back, only_hangs

__all__ = ["bad_program", "bad_setting", "misplaced_last", "reckless"]

#: Error bits of STATUS.
_ILLEGAL, _LOOP, _STREAM, _CONFIGURATION = 2, 4, 8, 16
#: Registers whose values matter to images under way.
_SETTINGS = ("ADC_BITS", "SETTLE", "LAYERS", "BEATS", "IMAGE_INDEX", "REPAIR", "PEAK", "DIFFERENCE", "LAYER")
#: CONTROL, soft resets in the middle of the stream included; WRITE_COMMAND, but for a start, which pulses may follow.
_MASKS = {"CONTROL": 7, "WRITE_COMMAND": 0x72}


def misplaced_last(host: Host, job: CosimJob, program: Program, record: Record) -> None:
    """``tlast`` too early or missing: the images before come through, that one and all later ones do not."""
    ending, words = program.ending, job.stream(job.images)
    images, beats = words.shape
    bad = ending.place % images
    last = np.zeros(words.shape, np.bool_)
    last[:, -1] = True
    if ending.kind == "late_last" or beats == 1:
        last[bad, -1] = False
    else:
        last[bad, ending.data % (beats - 1)] = True
    host.control("enable", "clear_counters")
    outcome = host.stream(job, program, patience=PATIENCE, interference=Interference(last=last))
    if outcome.results != bad or outcome.code_cycles[bad:].any():
        raise Wrong(f"images before the misplaced tlast, and no other, must come through: {bad}, not {outcome.results}")
    if bad:
        part = job.replace(images=job.images[:bad])
        host.compare(_first(outcome, bad), part, _first_of_record(record, bad))
    host.expect_status([_STREAM], "after a misplaced tlast")
    if host.engine.peek("image__tready"):
        raise Wrong("no word must be taken after a misplaced tlast, and one would be")
    host.expect_rest()
    come_back(host, job, program, record)


def bad_setting(host: Host, job: CosimJob, program: Program, record: Record) -> None:
    """Enabled with a register out of range: it is told, nothing is taken, no line is driven."""
    ending, geometry = program.ending, job.geometry
    beyond = {
        "ADC_BITS": geometry.adc_bits + 1,
        "LAYERS": geometry.layer_limit + 1,
        "BEATS": half_words(geometry) + 1,
    }
    name = list(beyond)[ending.place % len(beyond)]
    mask = host.registers.map.register(name).mask
    value = beyond[name] if ending.data % 2 and beyond[name] <= mask else 0
    host.write_all([RegisterWrite(name, [value])])
    host.control("enable", "clear_counters")
    outcome = host.stream(job, program, patience=500, quiet=True)
    if outcome.results or outcome.code_cycles.any() or host.engine.peek("image__tready"):
        raise Wrong(f"nothing must be taken with {name} {value}, and something was")
    host.expect_rest()
    host.expect_status([_CONFIGURATION], f"with {name} {value}")
    come_back(host, job, program, record, load=True)


def bad_program(host: Host, job: CosimJob, program: Program, record: Record) -> None:
    """A word of the program that is none, or another one: an error, wrong answers or a wait, and never a broken pin."""
    ending, loaded = program.ending, job.loaded
    certain = ending.data % 2 == 0
    if certain:
        start = int(loaded.layers[0]) & 0xFFF
        change = RegisterWrite("INSTRUCTION", [0, 0], start)
    else:
        writes = [
            each
            for each in program_writes(job.loaded, job.at_pins, job.repair, job.settle_cycles, job.geometry)
            if each.name in ("INSTRUCTION", "SEGMENT", "THRESHOLD", "LAYER") and each.words
        ]
        chosen = writes[ending.place % len(writes)]
        words = list(chosen.words)
        words[ending.place // len(writes) % len(words)] ^= ending.data & 0xFFFFFFFF
        change = dataclasses.replace(chosen, words=words)
    host.write_all([change])
    host.control("enable", "clear_counters")
    outcome = host.stream(job, program, patience=PATIENCE, deadline=DEADLINE, quiet=True)
    only_hangs(outcome)
    if certain:
        if outcome.stray_count or outcome.code_cycles.any() or outcome.results:
            raise Wrong("no read must be begun by a program that begins with no instruction, and one was")
        host.expect_status([BUSY | _ILLEGAL], "after a word that is no instruction")
    else:
        host.expect_status([0, BUSY, BUSY | _ILLEGAL, BUSY | _LOOP], "after a changed program")
    come_back(host, job, program, record, load=True)


def reckless(host: Host, job: CosimJob, program: Program, record: Record) -> None:
    """Registers and memories written while images run: answers may be anything, the pins keep their protocol."""
    ending = program.ending
    generator = np.random.default_rng(program.seed + ending.data)
    names = [*_SETTINGS, *MEMORIES, *_MASKS, "OFFSET", "PAIR_SUM"]
    accesses = []
    for number in range(1 + ending.place % 8):
        name = names[int(generator.integers(len(names)))]
        address = host.registers.map.address(name)
        word = int(generator.integers(1 << 32)) >> int(generator.integers(32))
        word &= _MASKS.get(name, word)
        host.registers.note(address, word)
        accesses.append(BusAccess(True, address, word, cycle=ending.cycle + 3 * number))
    host.engine.set_pins(0)
    host.control("enable", "clear_counters")
    interference = Interference(accesses=access_table(accesses))
    only_hangs(host.stream(job, program, patience=PATIENCE, deadline=DEADLINE, quiet=True, interference=interference))
    host.expect_status(range(32), "after registers were changed under way")
    come_back(host, job, program, record, load=True)


def _first(outcome: Outcome, images: int) -> Outcome:
    """What a run showed of its first images."""
    names = ("codes", "kernels", "accumulators", "activations", "classes")
    stamps = ("code_cycles", "accumulator_cycles", "activation_cycles", "class_cycles")
    return dataclasses.replace(outcome, **{name: getattr(outcome, name)[:images] for name in (*names, *stamps)})


def _first_of_record(record: Record, images: int) -> Record:
    assert record.codes is not None
    return Record(
        record.classes[:, :images],
        record.codes[:, :images],
        [each[:, :images] for each in record.accumulators],
        [each[:, :images] for each in record.activations],
    )
