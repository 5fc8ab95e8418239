# SPDX-License-Identifier: BSD-3-Clause
"""The part of the workload for the test hooks: read-back, loop-back, and arrays that are ready late or never."""

from __future__ import annotations

import numpy as np
from spintile.model.geometry import WriteOp

from ..job import BenchJob
from .script import Script
from .writing import start

__all__ = ["add_hooks"]

#: Index of the images that are sent.
_INDEX = 0xD00000
#: Chance of 256 that the array is not ready: always, and now and then.
_NEVER, _SELDOM = 256, 200
#: Limits, and whether the array is ever ready. The last one takes all but the top bits of the count.
_LIMITS = ((1, False), (2, True), (3, True), (5, True), (16, False), (20, True), (133, False), (0x1235, False))


def add_hooks(script: Script, job: BenchJob, die: int, generator: np.random.Generator) -> None:
    """Every window read back, images without an array, images and commands with an array that is not ready."""
    script.do("die", die)
    script.load(job)
    _read_back(script)
    _looped(script, job, generator)
    for limit, ready in _LIMITS:
        _late(script, job, limit, _SELDOM if ready else _NEVER)
    _without_limit(script, job)
    _command(script)
    script.load(job)


def _read_back(script: Script) -> None:
    """The first and last groups of each window, every lane; then one word of each while the chip is enabled."""
    for window in script.map.windows:
        groups = sorted({*range(min(12, window.groups)), *range(max(0, window.groups - 3), window.groups)})
        for group in groups:
            for lane in range(window.lanes):
                script.do("read", script.map.address(window.name, group, lane))
    script.control("enable")
    for window in script.map.windows:
        script.do("read", window.offset)
    script.control()


def _looped(script: Script, job: BenchJob, generator: np.random.Generator) -> None:
    """Codes from registers, of one bit to all, with an array that is ready seldom."""
    geometry = script.geometry
    for bits in (geometry.adc_bits, 1, 2):
        codes = generator.integers(0, 1 << geometry.adc_bits, geometry.cols)
        codes[:4] = codes[0], codes[0], (1 << geometry.adc_bits) - 1, 0
        script.write("TEST_CODE", *codes.tolist())
        script.write("TEST", 1)
        script.write("READY_LIMIT", 2)
        script.write("ADC_BITS", bits)
        script.do("pauses", 0, 0, 0, _SELDOM, 0)
        _images(script, job)
    script.do("pauses", 0, 0, 0, 0, 0)
    script.write("ADC_BITS", 1)
    for bit in (*range(geometry.adc_bits), *range(geometry.adc_bits)):
        codes = generator.integers(0, 1 << geometry.adc_bits, geometry.cols)
        codes[1::2] = codes[: 2 * (geometry.cols // 2) : 2] ^ 1 << bit  # decided by that bit
        script.write("TEST_CODE", *codes.tolist())
        _images(script, job)
    script.write("TEST", 0)
    script.write("ADC_BITS", job.image.adc_bits)
    _images(script, job)


def _images(script: Script, job: BenchJob) -> None:
    """Images that come through."""
    script.write("IMAGE_INDEX", _INDEX)
    script.control("enable", "clear_counters")
    script.images(job.stream[:3].tolist())
    script.do("results", len(job.stream[:3]))
    script.do("idle", 20)
    script.read("STATUS", "READS")
    script.control()


def _late(script: Script, job: BenchJob, limit: int, stall: int) -> None:
    """Images that may not come through: what is said of them; then one that does."""
    script.write("READY_LIMIT", limit)
    script.write("IMAGE_INDEX", _INDEX)
    script.do("pauses", 0, 0, 0, stall, 0)
    script.control("enable", "clear_counters")
    script.images(job.stream[:2].tolist())
    script.do("idle", 400 + (limit if stall == _NEVER else 0))
    script.read("STATUS", "READS", "IMAGES")
    script.do("quiet", 1)
    script.do("drop")
    script.control("soft_reset")
    script.do("pauses", 0, 0, 0, 0, 0)
    script.do("idle", 20)
    script.do("quiet", 0)
    script.control()
    script.read("STATUS")
    _images(script, job)


def _without_limit(script: Script, job: BenchJob) -> None:
    """An array that is ready at last is waited for."""
    script.write("READY_LIMIT", 0)
    script.write("IMAGE_INDEX", _INDEX)
    script.do("pauses", 0, 0, 0, _NEVER, 0)
    script.control("enable", "clear_counters")
    script.images(job.stream[:1].tolist())
    script.do("idle", 300)
    script.read("STATUS")
    script.do("pauses", 0, 0, 0, 0, 0)
    script.do("results", 1)
    script.do("idle", 20)
    script.read("STATUS")
    script.control()


def _command(script: Script) -> None:
    """A command that reads, ended by the array; the next one is refused, the one after the soft reset is not."""
    one = (0, 0)
    script.write("READY_LIMIT", 9)
    script.write("ADC_BITS", script.geometry.adc_bits)
    script.do("pauses", 0, 0, 0, _NEVER, 0)
    for _ in range(2):
        start(script, WriteOp.READ, one, one, one, steps=1, repeats=1, passes=1)
        script.do("idle", 60)
        script.read("STATUS", "WRITE_STATUS")
    script.do("pauses", 0, 0, 0, 0, 0)
    script.control("soft_reset")
    script.control()
    start(script, WriteOp.READ, one, one, one, steps=1, repeats=1, passes=1)
    script.do("report")
    script.until("WRITE_STATUS", "busy", 0)
    script.read("STATUS", "WRITE_STATUS")
