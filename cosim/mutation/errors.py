# SPDX-License-Identifier: BSD-3-Clause
"""The part of the workload in which registers are tried out, and the part in which things go wrong."""

from __future__ import annotations

import numpy as np
from spintile.rtl.axi_lite import ADDRESS_BITS

from ..job import BenchJob
from .script import Script

__all__ = ["add_accesses", "add_errors"]

#: Index of the images that are sent again.
_AGAIN = 0xE00000


def add_errors(script: Script, job: BenchJob, die: int) -> None:
    """Errors of host and program: each must be reported, and the next image must be right."""
    geometry = script.geometry
    good = job.stream[:2].tolist()
    script.do("die", die)
    script.load(job)
    script.write("IMAGE_INDEX", _AGAIN)

    def attempt(*cause: tuple[str, int, int]) -> None:
        """Write registers wrongly, see what happens, and repair them."""
        for name, value, index in cause:
            script.write(name, value, index=index)
        script.control("enable")
        script.images(good[:1])
        script.do("idle", 150)
        script.read("STATUS")
        script.control()
        script.do("drop")
        script.control("soft_reset")
        script.read("STATUS")

    attempt(("ADC_BITS", 0, 0))
    attempt(("ADC_BITS", geometry.adc_bits + 1, 0))
    attempt(("ADC_BITS", job.image.adc_bits, 0), ("LAYERS", 0, 0))
    attempt(("LAYERS", geometry.layer_limit + 1, 0))
    attempt(("LAYERS", len(job.program.layers), 0), ("BEATS", 0, 0))
    attempt(("BEATS", 0x7FFF, 0))
    script.write("BEATS", job.program.beats)
    # No instruction; more NEXTs than LOOPs; too many LOOPs, one in the other.
    for words in ([0], [4], [3 | 2 << 4] * (geometry.loop_depth + 2)):
        halves = [half for word in words for half in (word & 0xFFFFFFFF, word >> 32)]
        attempt(*[("INSTRUCTION", half, 0) for half in halves[:2]])
        script.load(job)
    # A last word too early, and none where it must be.
    for last, words in ((1, good[0][:-1] or good[0] * 2), (0, good[0])):
        script.control("enable")
        script.do("words", last, *map(int, words))
        script.do("idle", 60)
        script.read("STATUS")
        script.control("soft_reset")
        script.do("drop")
        script.control()
        script.read("STATUS")
    for after in (37, 101):
        script.do("quiet", 1)
        script.control("enable")
        script.images(good)
        script.do("idle", after)
        script.control("soft_reset")
        script.do("drop")
        script.do("idle", 20)
        script.do("quiet", 0)
        script.read("STATUS")
    script.write("IMAGE_INDEX", _AGAIN)
    script.control("enable", "clear_counters")
    script.images(job.stream.tolist())
    script.do("results", len(job.stream))
    script.do("idle", 20)
    script.read("STATUS", "READS", "IMAGES")


def add_accesses(script: Script, generator: np.random.Generator) -> None:
    """Every register written and read back, byte by byte; accesses anywhere else; accesses that overlap."""
    own: set[int] = set()
    for register in script.map.registers:
        addresses = [script.map.address(register.name, index) for index in range(register.count)]
        own.update(addresses)
        for address in addresses:
            script.do("read", address)
        if register.access == "ro" or register.name in ("CONTROL", "WRITE_COMMAND"):
            continue
        pattern = generator.integers(0, 1 << 32, len(addresses)).tolist()
        for inverse in (0, 0xFFFFFFFF):
            for address, word in zip(addresses, pattern, strict=True):
                script.do("write", address, word ^ inverse, 0xF)
            for address in addresses:
                script.do("read", address)
        for lane in range(4):
            for strobe in (1 << lane, 0xF ^ 1 << lane):
                script.do("write", addresses[0], pattern[0], strobe)
            script.do("read", addresses[0])
    _elsewhere(script, generator, own)
    for pause in (0, 100):
        script.do("pauses", 0, 0, 0, 0, pause)
        _overlapping(script, generator)
    script.do("pauses", 0, 0, 0, 0, 0)


def _elsewhere(script: Script, generator: np.random.Generator, own: set[int]) -> None:
    """Reads of every word below the windows and of windows; writes where nothing is, around every window and at random.

    A window that takes a word that is not its own is seen in the answer.
    """
    first = min(window.offset for window in script.map.windows)
    for address in range(0, first // 2, 4):
        script.do("read", address)
        if address not in own:
            script.do("write", address, 0xFFFFFFFF, 0xF)
    for name in ("IDENTITY", "STATUS", "CYCLES"):
        script.do("write", script.map.address(name), 0xFFFFFFFF, 0xF)
    for window in script.map.windows:
        end = window.offset + 4 * window.groups * window.stride
        near = [window.offset - 4, *(window.offset + 4 * lane for lane in range(window.stride + 1))]
        near += [end - 4 * lane for lane in range(-1, window.stride + 1)]
        near += [window.offset ^ 1 << bit for bit in range(10, ADDRESS_BITS)]
        near += [end - 4 * window.stride ^ 1 << bit for bit in range(10, ADDRESS_BITS)]
        for address in near:
            script.do("write", address % (1 << ADDRESS_BITS), int(generator.integers(1 << 32)), 0xF)
        script.do("read", window.offset)
    for address in generator.integers(first // 4, 1 << (ADDRESS_BITS - 2), 100).tolist():
        script.do("write", 4 * address, int(generator.integers(1 << 32)), 0xF)


def _overlapping(script: Script, generator: np.random.Generator) -> None:
    """Writes and reads at once, each offered before the one before it is answered; then all is read again."""
    names = ("PEAK", "DIFFERENCE", "MARGIN_BASE", "MARGIN_ROW", "LAYER", "PAIR_SUM", "IDENTITY", "WRITE_ROWS")
    addresses = [script.map.address(name) for name in names]
    words = generator.integers(0, 1 << 32, len(addresses)).tolist()
    writes = [part for pair in zip(addresses, words, strict=True) for part in pair]
    script.do("overlapping", len(addresses), *writes, *addresses[::-1])
    for address in addresses:
        script.do("read", address)
