# SPDX-License-Identifier: BSD-3-Clause
"""The host's side of the write controller: settings, target states, commands, by the names of the register map."""

from __future__ import annotations

from typing import Any

import numpy as np
from cocotb.triggers import RisingEdge
from numpy.typing import NDArray
from spintile.model.chip import Chip
from spintile.model.geometry import WriteOp
from spintile.model.programming import OPERATIONS, WriteCommand

from ..host import BenchError, RegisterHost
from .pulses import PulseRules

__all__ = ["WriteController", "pulse_rules"]

_POLLS = 1000


def pulse_rules(chip: Chip) -> PulseRules:
    """What pulses a chip's settings allow."""
    writing = chip.writing
    widths: dict[tuple[bool, int], frozenset[int]] = {}
    for toward_p, levels in ((True, writing.levels_p), (False, writing.levels_ap)):
        for level, width in zip(levels, writing.widths, strict=True):
            widths[toward_p, level] = widths.get((toward_p, level), frozenset()) | {width}
    return PulseRules(chip.geometry, writing.setup_cycles, writing.passive, writing.float_unselected, widths)


class WriteController(RegisterHost):
    """Registers of the write controller of one design.

    Parameters
    ----------
    dut : handle
        The design, with an AXI4-Lite named ``s_axi__*``.
    chip : Chip
        What is loaded.
    """

    def __init__(self, dut: Any, chip: Chip) -> None:
        super().__init__(dut, chip.geometry)
        self._clk = dut.clk
        self._chip = chip

    async def load(self, settle: int) -> None:
        """Settings of the converters and of the write path."""
        chip, writing = self._chip, self._chip.writing
        await self.write("ADC_BITS", chip.adc_bits)
        await self.write("SETTLE", settle)
        for name, levels in (("STEP_P", writing.levels_p), ("STEP_AP", writing.levels_ap)):
            fields = {field.name: field for field in self._map.register(name).fields}
            steps = zip(levels, writing.widths, strict=True)
            words = [level << fields["level"].low | width << fields["width"].low for level, width in steps]
            await self.write(name, *words)
        windows = writing.windows(chip.geometry, chip.cell, chip.sensing, chip.wires)
        await self.set_fields("WINDOW_P", low=windows.p_low, high=windows.p_high)
        await self.set_fields("WINDOW_AP", low=windows.ap_low, high=windows.ap_high)
        await self.write("WRITE_SETUP", writing.setup_cycles)
        await self.set_fields(
            "WRITE_OPTIONS",
            steps=writing.steps,
            repeats=writing.repeats,
            passes=writing.passes,
            single=int(writing.single),
            passive=int(writing.passive),
            float_unselected=int(writing.float_unselected),
            read_first=int(writing.read_first),
        )

    async def load_targets(self, targets: NDArray[np.bool_]) -> None:
        """States (kernels, rows, cols) into the target memory."""
        rows = targets.reshape(-1, targets.shape[2])
        lanes = -(-rows.shape[1] // 32)
        padded = np.zeros((len(rows), 32 * lanes), np.bool_)
        padded[:, : rows.shape[1]] = rows
        words = np.packbits(padded, axis=1, bitorder="little").view("<u4")
        await self.write("TARGET", *words.ravel().tolist())

    async def begin(self, command: WriteCommand) -> None:
        """Start a command.

        Raises
        ------
        BenchError
            If it is not accepted.
        """
        kernels, rows, cols = command.region.of(self.geometry)
        for name, chosen in (("WRITE_KERNELS", kernels), ("WRITE_ROWS", rows), ("WRITE_COLS", cols)):
            await self.set_fields(name, first=chosen[0], last=chosen[-1])
        await self.set_fields("WRITE_COMMAND", start=1, op=int(WriteOp(OPERATIONS.index(command.op))))
        status = await self.get_fields("WRITE_STATUS")
        if status["refused"] or status["configuration_error"]:
            raise BenchError(f"command {command.op!r} must be accepted, not answered with {_set(status)}")

    async def abort(self) -> None:
        """Abort the command that runs."""
        await self.set_fields("WRITE_COMMAND", abort=1)

    async def idle(self) -> None:
        """Wait until the controller is idle.

        Raises
        ------
        BenchError
            If it stays busy, or then reports an error.
        """
        status = {"busy": 1}
        for _ in range(_POLLS):
            status = await self.get_fields("WRITE_STATUS")
            if not status["busy"]:
                break
            await RisingEdge(self._clk)
        if any(status.values()):
            raise BenchError(f"WRITE_STATUS must be 0 when a command is done, not {_set(status)}")

    async def dropped(self, aborted: bool) -> None:
        """See that a command that was aborted, or reset, is gone.

        Raises
        ------
        BenchError
            If it is not.
        """
        status = await self.get_fields("WRITE_STATUS")
        if status != {name: int(aborted and name == "aborted") for name in status}:
            wanted = "aborted" if aborted else "nothing"
            raise BenchError(f"WRITE_STATUS must show {wanted} after a command was dropped, not {_set(status)}")

    async def counts(self) -> tuple[int, int]:
        """Cells that failed and pulses given, of the last command."""
        return await self.read("WRITE_FAILED"), await self.read("WRITE_PULSES")


def _set(fields: dict[str, int]) -> str:
    return ", ".join(name for name, value in fields.items() if value) or "nothing"
