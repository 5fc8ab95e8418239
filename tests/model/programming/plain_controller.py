# SPDX-License-Identifier: BSD-3-Clause
"""The write controller for one die, cell by cell and read by read: what the vectorised model is held against."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from spintile.model.chip import Chip
from spintile.model.geometry import REPORT_WORD, pack
from spintile.model.golden import column_sums, convert, make_die_image
from spintile.model.writing import WriteArray


class PlainController:
    """One command on an array of one die."""

    def __init__(self, array: WriteArray, chip: Chip, command: int) -> None:
        assert array.shape[0] == 1
        self.array, self.chip, self.command = array, chip, command
        self.words: list[int] = []
        self.pulses = 0
        self.window = chip.writing.windows(chip.geometry, chip.cell, chip.sensing, chip.wires)

    def read(self, kernel: int, row: int | None, stage: int, attempt: int, tag_row: int) -> NDArray[np.int64]:
        chip, array = self.chip, self.array
        image = make_die_image(
            array.population, array.state[0], chip.geometry, chip.cell, chip.sensing, array.seed, wires=chip.wires
        )
        driven = np.zeros(chip.geometry.rows, np.int64)
        if row is not None:
            driven[row] = 1
        tag = 0xFF000000 | (self.command & 0xFFFF) << 8 | stage
        sums = column_sums(image, 0, kernel, driven, tag, attempt << 14 | tag_row << 8 | kernel)
        return np.asarray(convert(sums, image.adc_bits, image.fraction_bits), np.int64)

    def pulse(self, kernel: int, row: int, cols: list[int], toward_p: bool, step: int) -> None:
        writing = self.chip.writing
        level = (writing.levels_p if toward_p else writing.levels_ap)[step]
        rows = np.arange(self.chip.geometry.rows) == row
        chosen = np.isin(np.arange(self.chip.geometry.cols), cols)
        volts, width = level * writing.dac_step, writing.widths[step] * writing.clock_period
        self.array.pulse(0, kernel, rows, chosen, toward_p, volts, width)
        self.pulses += 1

    def judge(self, d: int, target: bool) -> int:
        w = self.window
        in_p, in_ap = w.p_low <= d <= w.p_high, w.ap_low <= d <= w.ap_high
        if in_p if target else in_ap:
            return 0
        if d > w.p_high:
            return 2
        if d < w.ap_low:
            return 3
        return 1 if in_p or in_ap else 4

    def program(self, kernel: int, target: NDArray[np.bool_], base: int, rows: range, cols: range) -> None:
        writing = self.chip.writing
        for number in range(writing.passes):
            stage = base + number
            b = self.read(kernel, None, stage, 63, 0)
            pulsed = False
            for row in rows:
                pending = list(cols)
                first: dict[int, int] = {}
                given = dict.fromkeys(cols, 0)
                d: dict[int, int] = {}
                attempt = 0

                def verify(
                    at: int, row: int = row, stage: int = stage, b: NDArray[np.int64] = b, d: dict[int, int] = d
                ) -> None:
                    codes = self.read(kernel, row, stage, at, row)
                    for c in cols:
                        d[c] = int(codes[c] - b[c])

                def settle(
                    row: int = row, d: dict[int, int] = d, first: dict[int, int] = first, pending: list[int] = pending
                ) -> None:
                    right = {c: self.judge(d[c], bool(target[kernel, row, c])) == 0 for c in cols}
                    if not first:
                        first.update({c: int(right[c]) for c in cols})
                    pending[:] = [c for c in pending if not right[c]]

                if number > 0 or writing.read_first:
                    verify(0)
                    settle()
                while pending and attempt < writing.steps:
                    for toward_p in (True, False):
                        cells = [c for c in pending if bool(target[kernel, row, c]) == toward_p]
                        for group in [[c] for c in cells] if writing.single else [cells] if cells else []:
                            self.pulse(kernel, row, group, toward_p, attempt)
                            pulsed = True
                            for c in group:
                                given[c] += 1
                    attempt += 1
                    verify(attempt)
                    settle()
                for c in cols:
                    wanted = int(target[kernel, row, c])
                    self.tell(
                        value=d[c], col=c, row=row, kernel=kernel, target=wanted, first_ok=first[c],
                        outcome=self.judge(d[c], bool(wanted)), pulses=given[c], stage=stage, kind=0,
                    )  # fmt: skip
            if not pulsed:
                break

    def read_out(self, kernel: int, stage: int, state: int, rows: range, cols: range) -> None:
        repeats = range(self.chip.writing.repeats)
        b = sum(self.read(kernel, None, stage, 63, i) for i in repeats)
        about = {"kernel": kernel, "target": state, "stage": stage}
        for c in cols:
            self.tell(value=int(b[c]), col=c, kind=1, **about)  # type: ignore[index]
        for row in rows:
            total = sum(self.read(kernel, row, stage, i, row) for i in repeats)
            for c in cols:
                self.tell(value=int(total[c] - b[c]), col=c, row=row, kind=2, **about)  # type: ignore[index]

    def tell(self, **fields: int) -> None:
        self.words.append(pack(REPORT_WORD, **(dict.fromkeys(REPORT_WORD, 0) | fields)))

    def run(self, op: str, targets: NDArray[np.bool_] | None, kernels: range, rows: range, cols: range) -> None:
        shape = self.array.shape[1:]
        for kernel in kernels:
            if op == "read":
                self.read_out(kernel, 0x40, 0, rows, cols)
            elif op == "characterise":
                self.program(kernel, np.ones(shape, bool), 0, rows, cols)
                self.read_out(kernel, 0x40, 1, rows, cols)
                self.program(kernel, np.zeros(shape, bool), 0x80, rows, cols)
                self.read_out(kernel, 0xC0, 0, rows, cols)
            else:
                wanted = targets if targets is not None else np.full(shape, op == "all_p")
                self.program(kernel, wanted, 0, rows, cols)
