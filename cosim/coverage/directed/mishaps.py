# SPDX-License-Identifier: BSD-3-Clause
"""Directed runs of errors and resets: each must be told by its bit, and the next image must be right."""

from __future__ import annotations

from collections.abc import Container

import numpy as np
from spintile.model.geometry import LAYER, Geometry, Opcode, encode, pack
from spintile.rtl.activation_memory import half_words

from ...compiled import EngineError
from .session import DirectedSession

__all__ = ["run_mishaps"]

_READ = {"segments": 1, "first": 1, "last": 1}
_EMIT = {"lanes": 1, "bits": 1, "pool_first": 1, "pool_last": 1}
#: Cycles in which an error must show.
_SOON = 100


def run_mishaps(session: DirectedSession) -> None:
    """Illegal programs, streams and settings; resets and a cleared ``enable`` with images under way."""
    for name, (bit, words) in _programs(session.job.geometry, session.names).items():
        _illegal_program(session, name, bit, words)
    _wrong_ends(session)
    _wrong_settings(session)
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
    errors = ("illegal_instruction", "loop_error", "stream_error", "configuration_error")
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
