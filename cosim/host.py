# SPDX-License-Identifier: BSD-3-Clause
"""The host's side of the registers, inside the simulator: AXI4-Lite accesses by the names of the register map."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cocotbext.axi import AxiLiteBus, AxiLiteMaster, AxiResp
from spintile.model.geometry import Geometry
from spintile.rtl.registers import IDENTITY, register_map

from .job import BenchJob
from .loading import RegisterWrite, flag_writes, offset_write, program_writes

__all__ = ["BenchError", "Host", "RegisterHost"]


class BenchError(AssertionError):
    """The design did not do what a host may expect of it."""


class RegisterHost:
    """Registers and windows of one design, by name.

    Parameters
    ----------
    dut : handle
        The design, with an AXI4-Lite named ``s_axi__*``.
    geometry : Geometry
        Its shape.
    """

    def __init__(self, dut: Any, geometry: Geometry) -> None:
        self.geometry = geometry
        self._map = register_map(geometry)
        self._axi = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axi_"), dut.clk)

    async def write(self, name: str, *words: int, index: int = 0) -> None:
        """Write consecutive words of a register or window.

        Raises
        ------
        BenchError
            If the design answers with an error.
        """
        data = b"".join((word & 0xFFFFFFFF).to_bytes(4, "little") for word in words)
        response = await self._axi.write(self._map.address(name, index), data)
        if response.resp != AxiResp.OKAY:
            raise BenchError(f"writing {name}[{index}] must be answered with OKAY, not {response.resp.name}")

    async def read(self, name: str, index: int = 0) -> int:
        """Read a register.

        Raises
        ------
        BenchError
            If the design answers with an error.
        """
        response = await self._axi.read(self._map.address(name, index), 4)
        if response.resp != AxiResp.OKAY:
            raise BenchError(f"reading {name} must be answered with OKAY, not {response.resp.name}")
        return int.from_bytes(response.data, "little")

    async def control(self, *names: str) -> None:
        """Write CONTROL with these fields set and the others clear."""
        await self.set_fields("CONTROL", **dict.fromkeys(names, 1))

    async def set_fields(self, register: str, index: int = 0, **values: int) -> None:
        """Write a register with these fields as given and the others 0."""
        fields = {field.name: field for field in self._map.register(register).fields}
        for name, value in values.items():
            if value >> fields[name].width:
                raise ValueError(f"{register}.{name} must fit {fields[name].width} bits, not be {value}")
        await self.write(register, sum(value << fields[name].low for name, value in values.items()), index=index)

    async def get_fields(self, register: str) -> dict[str, int]:
        """Read a register's fields."""
        word = await self.read(register)
        return {field.name: (word & field.mask) >> field.low for field in self._map.register(register).fields}

    async def check_identity(self) -> None:
        """The right design, made for this geometry.

        Raises
        ------
        BenchError
            If it is not.
        """
        for name, wanted in (("IDENTITY", IDENTITY), ("GEOMETRY", self.geometry.digest())):
            found = await self.read(name)
            if found != wanted:
                raise BenchError(f"{name} must read 0x{wanted:08x}, not 0x{found:08x}")

    async def expect_idle(self) -> None:
        """Raise BenchError if STATUS is not 0."""
        status = await self.read("STATUS")
        if status:
            fields = self._map.register("STATUS").fields
            told = ", ".join(f"{f.name} {(status & f.mask) >> f.low}" for f in fields if status & f.mask)
            raise BenchError(f"STATUS must be 0 when all is done, not 0x{status:x} ({told})")


class Host(RegisterHost):
    """Loads programs for inference.

    Parameters
    ----------
    dut : handle
        The design.
    job : BenchJob
        What to load.
    """

    def __init__(self, dut: Any, job: BenchJob) -> None:
        super().__init__(dut, job.geometry)
        self._job = job

    async def load_offsets(self, position: int) -> None:
        """Offset registers of the die at that position."""
        await self._write_all([offset_write(self._job.image, position)])

    async def load_flags(self, position: int) -> None:
        """Self-test flags of the die at that position, none where there are none."""
        await self._write_all(flag_writes(self._job.image, position))

    async def load(self) -> None:
        """Program and settings, with the first die's offset registers and flags."""
        job = self._job
        writes = program_writes(job.program, job.image, job.repair, job.settle, job.geometry, job.loop_back)
        await self._write_all(writes)

    async def _write_all(self, writes: Iterable[RegisterWrite]) -> None:
        for each in writes:
            await self.write(each.name, *each.words, index=each.index)
