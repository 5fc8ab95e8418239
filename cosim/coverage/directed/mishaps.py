# SPDX-License-Identifier: BSD-3-Clause
"""Directed runs of errors and resets: each must be told by its bit, and the next image must be right."""

from __future__ import annotations

from collections.abc import Container

import numpy as np
from spintile.model.geometry import LAYER, Geometry, Opcode, encode, pack
from spintile.rtl.activation_memory import half_words

from ...compiled import EngineError, Interference
from ...compiled.session import run_shape
from .session import DirectedSession

__all__ = ["run_mishaps"]

_READ = {"segments": 1, "first": 1, "last": 1}
_EMIT = {"lanes": 1, "bits": 1, "pool_first": 1, "pool_last": 1}
#: Cycles in which an error must show; a limit on how long a read waits.
_SOON, _LIMIT = 100, 12


def run_mishaps(session: DirectedSession) -> None:
    """Illegal programs, streams and settings; resets and a cleared ``enable`` with images under way."""
    for name, (bit, words) in _programs(session.job.geometry, session.names).items():
        _illegal_program(session, name, bit, words)
    _wrong_ends(session)
    _wrong_settings(session)
    _not_ready(session)
    _resets(session)


def _programs(geometry: Geometry, names: Container[str]) -> dict[str, tuple[str, list[int]]]:
    """Words of a first layer by the bin that they hit, and the bit of STATUS that tells of it."""
    end, loop, step = encode(Opcode.END), encode(Opcode.LOOP, count=1), encode(Opcode.NEXT)
    read = encode(Opcode.READ, **_READ)
    illegal: dict[str, list[int]] = {
        "unwritten_word": [0],
        "opcode_6": [6],
        "opcode_7": [7],
        "end_of_memory": [loop],
        "segments_zero": [encode(Opcode.READ, **(_READ | {"segments": 0})), end],
        "lanes_zero": [read, encode(Opcode.EMIT, **(_EMIT | {"lanes": 0})), end],
        "lanes_beyond": [read, encode(Opcode.EMIT, **(_EMIT | {"lanes": geometry.pairs + 1})), end],
        "bits_zero": [read, encode(Opcode.EMIT, **(_EMIT | {"bits": 0})), end],
        "bits_beyond": [read, encode(Opcode.EMIT, **(_EMIT | {"bits": geometry.activation_bits + 1})), end],
    }
    if "error.kernel_beyond" in names:
        illegal["kernel_beyond"] = [encode(Opcode.READ, **_READ, kernel=geometry.kernels), end]
    loops = {
        "loop_too_deep": [loop] * (geometry.loop_depth + 1),
        "loop_empty": [encode(Opcode.LOOP, count=0), step, end],
        "next_without_loop": [step, end],
        "loop_open": [loop, end],
    }
    found = {name: ("illegal_instruction", words) for name, words in illegal.items()}
    return found | {name: ("loop_error", words) for name, words in loops.items()}


def _illegal_program(session: DirectedSession, name: str, bit: str, words: list[int]) -> None:
    engine = session.engine
    # At the end of the memory, so that a sequencer that goes on leaves it.
    start = session.job.geometry.instruction_depth - len(words)
    engine.write("INSTRUCTION", *(half for word in words for half in (word & 0xFFFFFFFF, word >> 32)), index=start)
    engine.write("LAYER", pack(LAYER, start=start, ordinal=0))
    engine.control("enable")
    session.send(1)
    _told(session, f"error.{name}", bit)


def _told(session: DirectedSession, name: str, bit: str) -> None:
    """The bit of STATUS must be set now, and that of no other error; a soft reset clears it; then all is well."""
    engine = session.engine
    engine.idle(_SOON)
    errors = ("illegal_instruction", "loop_error", "stream_error", "configuration_error", "array_error")
    found = [each for each in errors if session.field("STATUS", each)]
    session.hit(name, found == [bit], f"STATUS must tell of {bit}, not of {', '.join(found) or 'nothing'}")
    engine.control("soft_reset")
    engine.idle(4)
    engine.expect_idle()
    session.reload()
    session.infer()
    session.hits["recovery.error"] += 1


def _wrong_ends(session: DirectedSession) -> None:
    engine, beats = session.engine, session.stream.shape[1]
    for name, words in (("last_early", beats - 1), ("last_late", beats + 1)):
        engine.control("enable")
        one = np.resize(session.stream[0], (1, words))
        try:
            engine.feed(one, limit=_SOON)
        except EngineError:
            if name == "last_early":
                raise
        engine.poke("image__tvalid", 0)
        _told(session, f"error.{name}", "stream_error")


def _wrong_settings(session: DirectedSession) -> None:
    geometry = session.job.geometry
    beyond = {
        "adc_bits": geometry.adc_bits + 1,
        "layers": geometry.layer_limit + 1,
        "beats": half_words(geometry) + 1,
    }
    for register, value in beyond.items():
        for name, wrong in (("zero", 0), ("beyond", value)):
            if f"error.{register}_{name}" not in session.names:
                continue  # the register cannot hold it
            session.engine.write(register.upper(), wrong)
            session.engine.control("enable")
            _told(session, f"error.{register}_{name}", "configuration_error")


def _not_ready(session: DirectedSession) -> None:
    """An array that is never ready, and one that is in the last cycle in which it may be."""
    engine, limit = session.engine, session.engine.read("READY_LIMIT")
    engine.write("READY_LIMIT", _SOON)
    engine.control("enable")
    results = _held_until(session, 10 * _SOON)
    rests = not engine.peek("array__select") and not engine.peek("array__row_mode")
    session.hit("error.array", rests and results == 0, "every line must rest and no result come")
    _told(session, "error.array", "array_error")
    _midway(session)
    waits = _longest_wait(session, _LIMIT) - _longest_wait(session, 1)
    session.hit("error.array_just_not", waits == _LIMIT - 1, f"must be an error {_LIMIT - 1} cycles later, not {waits}")
    engine.write("READY_LIMIT", limit)
    session.infer()


def _midway(session: DirectedSession) -> None:
    """An array that is ready no more when half of the images are through: their results come, and no other."""
    engine, job = session.engine, session.job
    cycles = session.infer().cycles
    engine.write("READY_LIMIT", _SOON)
    engine.write("IMAGE_INDEX", job.first_index)
    engine.control("enable")
    held = Interference(ready_held=(cycles // 2, cycles + 10 * _SOON))
    outcome = engine.run(session.stream, run_shape(job), deadline=cycles + 20 * _SOON, record=False, interference=held)
    came, wanted = outcome.words & 0xFF, session.record.classes[0, : outcome.results] & 0xFF
    right = 0 < outcome.results < len(session.stream) and np.array_equal(came, wanted)
    session.hit("error.array_midway", right, f"results must be {wanted.tolist()}, not {came.tolist()}")
    engine.poke("image__tvalid", 0)
    _told(session, "error.array_midway", "array_error")


def _held_until(session: DirectedSession, cycle: int) -> int:
    """Send one image to an array that is not ready before that cycle; returns how many results came."""
    interference = Interference(ready_held=(0, cycle))
    return session.engine.run(
        session.stream[:1], run_shape(session.job), deadline=20 * _SOON, record=False, interference=interference
    ).results


def _longest_wait(session: DirectedSession, limit: int) -> int:
    """The last cycle that the first read may wait for with this READY_LIMIT."""
    engine = session.engine
    engine.write("READY_LIMIT", limit)
    for cycle in range(10 * _SOON):
        engine.control("enable")
        results = _held_until(session, cycle)
        late = session.field("STATUS", "array_error")
        engine.control("soft_reset")
        engine.idle(4)
        if late:
            return cycle - 1
        if results != 1:
            raise EngineError(f"error.array_just_not: an image must come through, not {results}")
    raise EngineError("error.array_just_not: an array that is never ready must be told of, and is not")


def _resets(session: DirectedSession) -> None:
    engine = session.engine
    for after in (3, 29, 71):
        engine.control("enable")
        session.send()
        engine.idle(after)
        engine.control("soft_reset")
        session.infer()
        session.hits["recovery.soft_reset"] += 1
        engine.control("enable")
        session.send()
        engine.idle(after)
        engine.reset()
        session.reload()
        session.infer()
        session.hits["recovery.reset"] += 1
    _disabled(session)


def _disabled(session: DirectedSession) -> None:
    """Without ``enable`` images that have begun finish, no other begins or is taken; with it all of them finish."""
    engine, each = session.engine, session.job.compiled.reads_per_image
    long = 2 * each * 4 * session.job.geometry.conversion_cycles() + 1000
    engine.control("enable", "clear_counters")
    session.send()
    engine.control()
    engine.idle(long)
    reads, images = engine.read("READS"), engine.read("IMAGES")
    waiting = session.field("STATUS", "images_in_flight")
    left = f"reads and images must be whole, not {reads} of {images} images and {waiting} waiting"
    session.hit("recovery.disabled", reads == images * each and images + waiting == 2, left)
    try:
        engine.feed(session.stream[:1], limit=_SOON)
    except EngineError:
        engine.poke("image__tvalid", 0)
    else:
        raise EngineError("recovery.disabled: no image must be taken while enable is 0")
    engine.control("enable")
    engine.idle(long)
    session.hit("recovery.disabled", engine.read("IMAGES") == 2, "with enable again, all images must finish")
    session.infer()
