# SPDX-License-Identifier: BSD-3-Clause
"""The part of the workload in which registers are tried out, and the part in which things go wrong."""

from __future__ import annotations

import numpy as np

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
    """Every register written and read back, byte by byte; accesses that must be answered with an error."""
    for register in script.map.registers:
        addresses = [script.map.address(register.name, index) for index in range(register.count)]
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
            script.do("write", addresses[0], pattern[0], 1 << lane)
            script.do("read", addresses[0])
    holes = (0x0F00, 0x3F000, 0x001FC)
    for address in (*holes, *(script.map.address(name) for name in ("SEGMENT", "TARGET", "THRESHOLD", "FLAG"))):
        script.do("read", address)
    for address in (*holes, *(script.map.address(name) for name in ("IDENTITY", "STATUS", "CYCLES"))):
        script.do("write", address, 0xFFFFFFFF, 0xF)
