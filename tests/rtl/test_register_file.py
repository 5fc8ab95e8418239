# SPDX-License-Identifier: BSD-3-Clause
"""The register file is the register map in hardware: every register, every window, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from amaranth.hdl import Value
from amaranth.sim import SimulatorContext
from spintile.model.geometry import Geometry
from spintile.rtl.register_file import RegisterFile
from stream_bench import plain, run

GEOMETRY = Geometry(
    name="small", rows=5, cols=7, kernels=3, adc_bits=6, segment_depth=9, threshold_depth=5, layer_limit=3
)


async def write(ctx: SimulatorContext, file: RegisterFile, address: int, data: int) -> bool:
    """One write; whether it was accepted."""
    access = file.access
    ctx.set(access.write_address, address)
    ctx.set(access.write_data, data)
    ctx.set(access.write, 1)
    _, _, error = await ctx.tick().sample(access.write_error)
    ctx.set(access.write, 0)
    return not error


async def read(ctx: SimulatorContext, file: RegisterFile, address: int) -> int | None:
    """One read, None if refused; takes a cycle."""
    ctx.set(file.access.read_address, address)
    await ctx.tick()
    return None if ctx.get(file.access.read_error) else ctx.get(file.access.read_data)


def element(file: RegisterFile, name: str, index: int) -> Value:
    """Port of a register."""
    port = getattr(file, name.lower())
    return Value.cast(port[index] if file.map.register(name).count > 1 else port)


def test_every_register_resets_holds_its_fields_and_shows_what_the_chip_says() -> None:
    file = RegisterFile(GEOMETRY)

    async def host(ctx: SimulatorContext) -> None:
        for register in file.map.registers:
            if register.access == "wo":
                continue
            for index in range(register.count):
                address = file.map.address(register.name, index)
                pulses = sum(part.mask for part in register.fields if part.pulse)
                assert await read(ctx, file, address) == register.reset, register.name
                if register.access == "rw":
                    port = element(file, register.name, index)
                    assert await write(ctx, file, address, 0xFFFF_FFFF)
                    assert ctx.get(port) == register.mask, register.name
                    assert await read(ctx, file, address) == register.mask & ~pulses
                    await ctx.tick()
                    assert ctx.get(port) == register.mask & ~pulses, f"{register.name}: pulses last one cycle"
                    assert await write(ctx, file, address, 0)
                    assert await read(ctx, file, address) == 0
                else:
                    assert not await write(ctx, file, address, 0)
                    if register.name not in RegisterFile.CONSTANTS:
                        ctx.set(element(file, register.name, index), register.mask)
                        assert await read(ctx, file, address) == register.mask

    run(file, host)


def test_write_only_registers_pass_on_their_fields_and_cannot_be_read() -> None:
    file = RegisterFile(GEOMETRY)
    registers = [register for register in file.map.registers if register.access == "wo"]
    assert [register.name for register in registers] == ["STEP_P", "STEP_AP"]

    async def host(ctx: SimulatorContext) -> None:
        ctx.set(file.access.write_data, 0xFFFF_FFFF)
        for register in registers:
            for index in range(register.count):
                address = file.map.address(register.name, index)
                ctx.set(file.access.write_address, address)
                ctx.set(file.access.write, 1)
                assert not ctx.get(file.access.write_error)
                for other in registers:
                    assert ctx.get(getattr(file, other.name.lower()).valid) == (other is register)
                flow = getattr(file, register.name.lower())
                assert ctx.get(flow.payload.index) == index
                assert ctx.get(Value.cast(flow.payload.value)) == register.mask
                await ctx.tick()
                ctx.set(file.access.write, 0)
                assert not ctx.get(flow.valid)
                assert await read(ctx, file, address) is None

    run(file, host)


def test_every_word_of_every_window_arrives_with_its_group_and_lane() -> None:
    file = RegisterFile(GEOMETRY)

    async def host(ctx: SimulatorContext) -> None:
        number = 0
        for window in file.map.windows:
            for group in range(window.groups):
                for lane in range(window.lanes):
                    number += 1
                    address = file.map.address(window.name, group, lane)
                    ctx.set(file.access.write_address, address)
                    ctx.set(file.access.write_data, number)
                    ctx.set(file.access.write, 1)
                    assert not ctx.get(file.access.write_error)
                    for other in ("flag", "instruction", "segment", "target", "threshold"):
                        flow = getattr(file, other)
                        assert ctx.get(flow.valid) == (other == window.name.lower())
                        if other == window.name.lower():
                            assert plain(ctx.get(flow.payload)) == {"group": group, "lane": lane, "data": number}
                    await ctx.tick()
                    ctx.set(file.access.write, 0)
                    if window.name == "OFFSET":
                        assert ctx.get(file.offsets[group]) == number
                        assert await read(ctx, file, address) == number

    run(file, host)


def test_every_word_of_every_memory_is_asked_for_and_shown_while_the_chip_does_not_need_it() -> None:
    file = RegisterFile(GEOMETRY)
    windows = [window for window in file.map.windows if window.name != "OFFSET"]
    ports = {window.name: getattr(file, f"{window.name.lower()}_read") for window in windows}

    async def host(ctx: SimulatorContext) -> None:
        number = 0
        for free in (1, 0):
            ctx.set(file.memories_free, free)
            for window in windows:
                for group in range(window.groups):
                    for lane in range(window.lanes):
                        number += 1
                        ctx.set(file.access.read_address, file.map.address(window.name, group, lane))
                        ctx.set(file.access.read, 1)
                        asked = [name for name, port in ports.items() if ctx.get(port.valid)]
                        assert asked == [window.name] * free
                        await ctx.tick()
                        ctx.set(file.access.read, 0)
                        port = ports[window.name]
                        assert not ctx.get(port.valid)
                        assert (ctx.get(port.group), ctx.get(port.lane)) == (group, lane)
                        ctx.set(port.data, number)
                        assert ctx.get(file.access.read_error) == 1 - free
                        assert not free or ctx.get(file.access.read_data) == number

    run(file, host)


def test_memories_that_are_taken_in_the_cycle_after_still_answer_and_those_freed_then_do_not() -> None:
    file = RegisterFile(GEOMETRY)

    async def host(ctx: SimulatorContext) -> None:
        for free in (1, 0):
            ctx.set(file.memories_free, free)
            ctx.set(file.access.read_address, file.map.address("SEGMENT", 2))
            ctx.set(file.access.read, 1)
            await ctx.tick()
            ctx.set(file.access.read, 0)
            ctx.set(file.memories_free, 1 - free)
            assert ctx.get(file.access.read_error) == 1 - free

    run(file, host)


def test_offsets_are_signed() -> None:
    file = RegisterFile(GEOMETRY)

    async def host(ctx: SimulatorContext) -> None:
        await write(ctx, file, file.map.address("OFFSET", 6), -5 & 0xFFFF_FFFF)
        assert plain(ctx.get(file.offsets)) == [0, 0, 0, 0, 0, 0, -5]

    run(file, host)


@pytest.mark.parametrize(
    "address",
    [
        0x64,
        0x7C,
        0x8C,
        0xFFC,
        0x1000 + 4 * 7,
        0x2000 + 4 * 9,
        0x02C,
        0x12C,
        0x200 + 4 * 3,
        0x300 + 4 * 7,
        0x04000 + 4 * 3,
        0x10000 + 4 * 15,
        0x40000 + 4 * 3,
        0x40000 + 4 * 20,
        0xFFFFC,
    ],
    ids=hex,
)
def test_addresses_between_are_refused_and_change_nothing(address: int) -> None:
    file = RegisterFile(GEOMETRY)
    flows: list[Any] = [
        *(file.instruction, file.segment, file.threshold, file.target, file.flag),
        *(file.step_p, file.step_ap),
    ]

    async def host(ctx: SimulatorContext) -> None:
        ctx.set(file.access.write_address, address)
        ctx.set(file.access.write_data, 0xFFFF_FFFF)
        ctx.set(file.access.write, 1)
        assert not any(ctx.get(flow.valid) for flow in flows)
        assert not await write(ctx, file, address, 0xFFFF_FFFF)
        assert await read(ctx, file, address) is None
        for register in file.map.registers:
            if register.name not in RegisterFile.CONSTANTS and register.access != "wo":
                assert await read(ctx, file, register.offset) == register.reset
        assert plain(ctx.get(file.offsets)) == [0] * 7

    run(file, host)


def test_writing_the_image_index_is_announced_once() -> None:
    file = RegisterFile(GEOMETRY)

    async def host(ctx: SimulatorContext) -> None:
        await write(ctx, file, file.map.address("BEATS"), 1)
        assert not ctx.get(file.image_index_written)
        await write(ctx, file, file.map.address("IMAGE_INDEX"), 1)
        assert ctx.get(file.image_index_written)
        await ctx.tick()
        assert not ctx.get(file.image_index_written)

    run(file, host)
