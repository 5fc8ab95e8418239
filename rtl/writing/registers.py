# SPDX-License-Identifier: BSD-3-Clause
"""Registers and windows of the write controller: its part of the register map."""

from __future__ import annotations

from typing import Literal

from spintile.model.geometry import (
    LEVEL_BITS,
    PASSES_LIMIT,
    REPEATS_LIMIT,
    SETUP_BITS,
    WIDTH_BITS,
    WINDOW_BITS,
    WRITE_STEPS,
    Geometry,
)

from ..register_table import Register, RegisterField, Window, whole

__all__ = ["step_register", "write_registers", "write_windows"]


def write_registers(geometry: Geometry) -> tuple[Register, ...]:
    """Registers of commands, by ascending offset. They must not be written while a command runs."""
    command = Register(
        "WRITE_COMMAND",
        0x100,
        "rw",
        (
            RegisterField("start", 0, 1, "Start the command op on the region.", pulse=True),
            RegisterField("abort", 1, 1, "Every line rests in the next cycle; the command ends as it is.", pulse=True),
            RegisterField("op", 4, 3, "0 program TARGET, 1 program all P, 2 program all AP, 3 read, 4 characterise."),
        ),
        "Starts and aborts commands. A start needs CONTROL.enable 0 and STATUS.busy 0, else it is refused.",
    )
    options = Register(
        "WRITE_OPTIONS",
        0x110,
        "rw",
        (
            RegisterField("steps", 0, 5, f"Most pulses for a cell in one pass, 1 to {WRITE_STEPS}."),
            RegisterField("repeats", 8, 6, f"Reads that a READ adds up, 1 to {REPEATS_LIMIT}."),
            RegisterField("passes", 16, 6, f"Most passes over the rows of a kernel, 1 to {PASSES_LIMIT}."),
            RegisterField("single", 24, 1, "One cell per pulse; 0: all cells of a row that go to the same state."),
            RegisterField("passive", 25, 1, "No access transistors: gates all on, columns take the opposite drive."),
            RegisterField("float_unselected", 26, 1, "In a pulse, rows and columns that are not selected float."),
            RegisterField("read_first", 27, 1, "Verify before the first pulse of the first pass too."),
        ),
        "How cells are programmed and read.",
    )
    status = Register(
        "WRITE_STATUS",
        0x120,
        "ro",
        (
            RegisterField("busy", 0, 1, "A command runs, or words of its report have not been taken."),
            RegisterField("refused", 1, 1, "A start came while CONTROL.enable or STATUS.busy was 1."),
            RegisterField("configuration_error", 2, 1, "A start came with registers out of range."),
            RegisterField("aborted", 3, 1, "The last command was aborted."),
        ),
        "What the write controller is doing. The other bits stay until the next accepted start or soft_reset.",
    )
    return (
        command,
        _region("WRITE_KERNELS", 0x104, geometry.kernels, 8, "Kernels"),
        _region("WRITE_ROWS", 0x108, geometry.rows, 6, "Rows"),
        _region("WRITE_COLS", 0x10C, geometry.cols, 6, "Columns"),
        options,
        whole(
            "WRITE_SETUP",
            0x114,
            "rw",
            "Cycles that kernel, gates and level stand before and after each pulse.",
            width=SETUP_BITS,
            reset=2,
        ),
        _window("WINDOW_P", 0x118, "P"),
        _window("WINDOW_AP", 0x11C, "AP"),
        status,
        whole("WRITE_FAILED", 0x124, "ro", "Cells of the last command not in their window in the last pass over them."),
        whole("WRITE_PULSES", 0x128, "ro", "Pulses given by the last command."),
        step_register("STEP_P"),
        step_register("STEP_AP"),
    )


def write_windows(geometry: Geometry) -> tuple[Window, ...]:
    """The states that op 0 programs."""
    lanes = -(-geometry.cols // 32)
    return (
        Window(
            "TARGET",
            0x10000,
            geometry.kernels * geometry.rows,
            "States to program, one group per row (kernel * rows + row): bit c of lane l is column 32 * l + c, 1 = P.",
            lanes=lanes,
            stride=lanes,
        ),
    )


def _region(name: str, offset: int, size: int, width: int, what: str) -> Register:
    """First and last of something, the whole chip after reset."""
    return Register(
        name,
        offset,
        "rw",
        (
            RegisterField("first", 0, width, "First one."),
            RegisterField("last", 8, width, f"Last one, at least the first and at most {size - 1}.", reset=size - 1),
        ),
        f"{what} that a command works on.",
    )


def _window(name: str, offset: int, state: str) -> Register:
    return Register(
        name,
        offset,
        "rw",
        (
            RegisterField("low", 0, WINDOW_BITS, "Smallest code."),
            RegisterField("high", 16, WINDOW_BITS, "Largest code."),
        ),
        f"Codes, the reference taken off, that show a single cell in the {state} state.",
    )


def step_register(name: Literal["STEP_P", "STEP_AP"]) -> Register:
    """The pulses towards a state."""
    offset, state = {"STEP_P": (0x180, "P"), "STEP_AP": (0x1C0, "AP")}[name]
    return Register(
        name,
        offset,
        "wo",
        (
            RegisterField("level", 0, LEVEL_BITS, "Code of the write DAC."),
            RegisterField("width", LEVEL_BITS, WIDTH_BITS, "Cycles of the pulse, at least 1."),
        ),
        f"The pulses towards {state}, one after the other until the cell verifies. Widths are 0 after reset.",
        count=WRITE_STEPS,
    )
