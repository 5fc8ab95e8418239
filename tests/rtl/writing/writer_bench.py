# SPDX-License-Identifier: BSD-3-Clause
"""The writer and a read path, with a host that sets registers straight, a report sink and an array behind the pins."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Awaitable, Callable
from typing import Any

from amaranth import Module
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out, connect, flipped
from amaranth.sim import SimulatorContext
from plain_writing import Command, Plain
from small_array import SmallArray, WatchedPins
from spintile.model.geometry import Geometry
from spintile.rtl.image_loader import AxiStream
from spintile.rtl.pins import ArrayPins
from spintile.rtl.read_path import ReadPath
from spintile.rtl.register_file import window_write
from spintile.rtl.tokens import Flow, adc_bits_shape, codes_token, rows_token
from spintile.rtl.writing.registers import write_windows
from spintile.rtl.writing.step_table import step_write
from spintile.rtl.writing.tokens import write_settings
from spintile.rtl.writing.writer import Writer, writer_status
from stream_bench import run

SMALL = Geometry(name="small", rows=3, cols=5, kernels=3, adc_bits=6, fraction_bits=3, settle_cycles=1)


class WriterHarness(Component):
    """Writer and read path as the top module has them, without registers and inference."""

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        self.writer = Writer(geometry)
        self.read_path = ReadPath(geometry)
        (window,) = write_windows(geometry)
        super().__init__(
            {
                "settings": In(write_settings()),
                **{name: In(1) for name in ("start", "abort", "enable", "chip_busy", "soft_reset")},
                "adc_bits": In(adc_bits_shape(geometry), init=geometry.adc_bits),
                "settle": In(8, init=geometry.settle_cycles),
                "target": In(Flow(window_write(window))),
                "step_p": In(Flow(step_write())),
                "step_ap": In(Flow(step_write())),
                "rows": In(stream.Signature(rows_token(geometry))),
                "codes": Out(stream.Signature(codes_token(geometry))),
                "array": Out(ArrayPins(geometry)),
                "report": Out(AxiStream(64)),
                "status": Out(writer_status()),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Wires."""
        m = Module()
        m.submodules.writer = writer = self.writer
        m.submodules.read_path = read_path = self.read_path
        for name in ("target", "step_p", "step_ap"):
            connect(m, flipped(getattr(self, name)), getattr(writer, name))
        connect(m, flipped(self.rows), writer.rows)
        connect(m, writer.codes, flipped(self.codes))
        connect(m, writer.read_rows, read_path.rows)
        connect(m, read_path.codes, writer.read_codes)
        connect(m, writer.drive, read_path.write)
        connect(m, read_path.array, flipped(self.array))
        connect(m, writer.report, flipped(self.report))
        names = ("settings", "start", "abort", "enable", "chip_busy", "soft_reset", "adc_bits")
        m.d.comb += [getattr(writer, name).eq(getattr(self, name)) for name in names]
        m.d.comb += [
            read_path.adc_bits.eq(self.adc_bits),
            read_path.settle.eq(self.settle),
            read_path.abort.eq(writer.drop),
            self.status.eq(writer.status),
        ]
        return m


def command(op: int, seed: int = 0, steps: int = 3, geometry: Geometry = SMALL, **fields: Any) -> Command:
    """A command on a whole chip, with random targets."""
    chance = random.Random(seed)
    base = Command(
        op,
        kernels=(0, geometry.kernels - 1),
        rows=(0, geometry.rows - 1),
        cols=(0, geometry.cols - 1),
        step_p=tuple((95 + 3 * step, 1 + step % 3) for step in range(steps)),
        step_ap=tuple((94 + 3 * step, 3 - step % 3) for step in range(steps)),
        targets={cell: chance.random() < 0.5 for cell in SmallArray(geometry).cells},
    )
    return dataclasses.replace(base, **fields)


def settings_of(command: Command, setup: int) -> dict[str, Any]:
    """A command as the write_settings layout."""
    region = [dict(zip(("first", "last"), pair, strict=True)) for pair in (command.kernels, command.rows, command.cols)]
    windows = [dict(zip(("low", "high"), pair, strict=True)) for pair in (command.window_p, command.window_ap)]
    return {
        "op": command.op,
        "kernels": region[0],
        "rows": region[1],
        "cols": region[2],
        "steps": len(command.step_p),
        "repeats": command.repeats,
        "passes": command.passes,
        "single": command.single,
        "passive": command.passive,
        "float_unselected": command.floating,
        "read_first": command.read_first,
        "setup": setup,
        "windows": {"p": windows[0], "ap": windows[1]},
    }


Script = Callable[["WriterBench", SimulatorContext], Awaitable[None]]


class WriterBench:
    """One harness, its array, and the same array behind the plain rendering.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.
    setup : int
        The register WRITE_SETUP.
    pause : float
        Probability per cycle that the report, or the array, is not ready.
    seed : int
        Of the array.
    """

    def __init__(self, geometry: Geometry = SMALL, *, setup: int = 2, pause: float = 0.0, seed: int = 0) -> None:
        self.geometry = geometry
        self.setup = setup
        self.dut = WriterHarness(geometry)
        self.array = SmallArray(geometry, seed=seed)
        self.plain = Plain(self.array.copy(), geometry.adc_bits)
        self.pins = WatchedPins(self.dut.array, self.array, setup, pause)
        self.words: list[int] = []
        self.last: list[int] = []  # places of tlast in words
        self.cycle = 0
        self.pause = pause

    async def report(self, ctx: SimulatorContext) -> None:
        """Takes words for ever; a word once offered must stay."""
        port = self.dut.report
        chance = random.Random(4)
        offered = None
        while True:
            ready = chance.random() >= self.pause
            ctx.set(port.tready, ready)
            _, _, valid, data, last = await ctx.tick().sample(port.tvalid, port.tdata, port.tlast)
            self.cycle += 1
            assert offered is None or (valid and (data, last) == offered), "an offered word must stay until taken"
            offered = (data, last) if valid and not ready else None
            if valid and ready:
                if last:
                    self.last.append(len(self.words))
                self.words.append(int(data))

    async def load_targets(self, ctx: SimulatorContext, targets: dict[tuple[int, int, int], bool]) -> None:
        """Fills the target memory."""
        geometry, flow = self.geometry, self.dut.target
        for kernel in range(geometry.kernels):
            for row in range(geometry.rows):
                bits = sum(targets[kernel, row, col] << col for col in range(geometry.cols))
                for lane in range(-(-geometry.cols // 32)):
                    group = kernel * geometry.rows + row
                    ctx.set(flow.payload, {"group": group, "lane": lane, "data": bits >> 32 * lane & 0xFFFFFFFF})
                    ctx.set(flow.valid, 1)
                    await ctx.tick()
        ctx.set(flow.valid, 0)

    async def start(self, ctx: SimulatorContext, command: Command) -> None:
        """Sets the registers and starts."""
        dut = self.dut
        for flow, steps in ((dut.step_p, command.step_p), (dut.step_ap, command.step_ap)):
            for index, (level, width) in enumerate(steps):
                ctx.set(flow.payload, {"index": index, "value": {"level": level, "width": width}})
                ctx.set(flow.valid, 1)
                await ctx.tick()
            ctx.set(flow.valid, 0)
        ctx.set(dut.settings, settings_of(command, self.setup))
        if command.op == 0:
            await self.load_targets(ctx, command.targets)
        ctx.set(dut.start, 1)
        await ctx.tick()
        ctx.set(dut.start, 0)

    async def finish(self, ctx: SimulatorContext) -> int:
        """Waits for the end of a command; cycles that it took."""
        cycles = 0
        while ctx.get(self.dut.status.busy):
            await ctx.tick()
            cycles += 1
        return cycles

    def run(self, script: Script, *, report: bool = True, limit: int = 60_000) -> None:
        """Runs a script with everything around it; without ``report`` nobody takes words."""

        async def host(ctx: SimulatorContext) -> None:
            await script(self, ctx)

        run(self.dut, host, background=[self.pins.testbench, *([self.report] if report else [])], limit=limit)

    def check(self, commands: list[Command]) -> None:
        """Runs the commands one after the other, each compared with the plain rendering."""

        async def script(bench: WriterBench, ctx: SimulatorContext) -> None:
            for command in commands:
                await bench.start(ctx, command)
                await bench.finish(ctx)
                await ctx.tick()  # the pins see the end of the last pulse's recovery
                bench.compare(command, ctx)

        self.run(script)

    def compare(self, command: Command, ctx: SimulatorContext) -> None:
        """Words, pulses, states and the two registers of the command that has just ended."""
        self.plain.run(command)
        assert [hex(word) for word in self.words] == [hex(word) for word in self.plain.words]
        assert self.last == [len(self.words) - 1], "tlast must come with the last word, and only there"
        assert self.pins.pulses == self.plain.pulses
        assert self.array.state == self.plain.array.state
        assert ctx.get(self.dut.status.failed) == self.plain.failed
        assert ctx.get(self.dut.status.pulses) == len(self.plain.pulses)
        self.words, self.last, self.pins.pulses = [], [], []
