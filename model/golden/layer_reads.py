# SPDX-License-Identifier: BSD-3-Clause
"""All reads of one layer for blocks of dies, positions and images: the fast form of ``arithmetic``.

Sums are matrix products in floating point, which is exact here: every partial sum is an integer times 2^-F whose
magnitude is proved to stay below 2^24 (32-bit) or 2^53 (64-bit). Offset and rounding constant ride along as one more
row that is always driven. From the codes on everything is integer.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..mapping import LayerSchedule
from ..sensing import Repair
from .arithmetic import RepairTable, convert, repair_differences, repair_table
from .die_image import DieImage
from .full_array import FullArray
from .noise import PEAK_SIGMAS, read_noise

FloatArray = NDArray[Any]
IntArray = NDArray[Any]


@dataclass(frozen=True)
class LayerReads:
    """One layer on a die image.

    Parameters
    ----------
    image : DieImage
    schedule : LayerSchedule
        Order and geometry of the layer's reads.
    kernels : int64 array (groups, slices, copies)
        Kernel of each read.
    positions : int64 array (pooled positions, window positions)
        Index into ``schedule.patches`` in program order.
    sums_type : dtype
        Floating point type in which sums are exact.
    work_type : dtype
        Integer type that holds differences and accumulators.
    accumulator_bound : int
        No accumulator is larger in magnitude.
    table : RepairTable
        Limits of the repair, in ``work_type``.
    unpaired : bool
        Whether sums and codes of an unpaired last column are wanted.
    full : FullArray or None
        What gives the sums in place of the die image.
    """

    image: DieImage
    schedule: LayerSchedule
    kernels: NDArray[np.int64]
    positions: NDArray[np.int64]
    sums_type: Any
    work_type: Any
    accumulator_bound: int
    table: RepairTable
    unpaired: bool = True
    full: FullArray | None = None

    @classmethod
    def prepare(cls, image: DieImage, schedule: LayerSchedule, repair: Repair, unpaired: bool = True) -> LayerReads:
        """Choose number types from the image's largest values."""
        groups, pooled, window, slices, copies, planes = schedule.shape
        kernels = schedule.nested(schedule.read_kernel)[:, 0, 0, :, :, 0]
        positions = schedule.emit_position.reshape(groups, pooled, window)[0]
        repair.pair_sums(image.cols // 2)
        table = repair_table(repair, image.rows, image.adc_bits, image.fraction_bits)
        offset = int(np.abs(image.column_offset).max(initial=0))
        code = (1 << image.adc_bits) - 1 + offset
        difference = int(table.bound.max()) if repair.clamps else code + offset
        bound = difference * slices * (copies if schedule.combine == "sum" else 1) * ((1 << planes) - 1)
        # A repair forms at most expected - 2 * code; thresholds are clamped to one beyond the accumulators.
        widest = max(3 * max(code, table.peak), bound + 1)
        work_type = next(kind for kind in (np.int16, np.int32, np.int64) if widest <= np.iinfo(kind).max)
        return cls(
            image, schedule, kernels, positions, _sums_type(image), work_type, bound, table.astype(work_type), unpaired
        )

    def columns_per_die(self) -> int:
        """Columns converted at once per die, position and image: the unit of block sizes."""
        return self.schedule.shape[0] * self.schedule.shape[4] * self.image.cols

    @cached_property
    def columns(self) -> NDArray[np.intp]:
        """Columns of a kernel in the order of sums and codes: G+, then G-, then one that is not paired, if wanted."""
        pairs = self.image.cols // 2
        return np.r_[0 : 2 * pairs : 2, 1 : 2 * pairs : 2, 2 * pairs : self.image.cols if self.unpaired else 2 * pairs]

    def rows(self, slice_index: int) -> NDArray[np.intp]:
        """The rows that a slice drives, (driven rows,)."""
        return self._slices[slice_index][1]

    def weights(self, dies: slice, slice_index: int) -> FloatArray:
        """Columns by rows of one slice, in codes: (dies, groups * copies * cols, driven rows + 1).

        Columns of a kernel come in the order of ``columns``. The last row carries offset and rounding constant.
        """
        return self._slices[slice_index][0][dies]

    @cached_property
    def _slices(self) -> list[tuple[FloatArray, NDArray[np.intp]]]:
        """Weights of every slice for all dies, and its rows."""
        return [self._lay_out(index) for index in range(self.schedule.shape[3])]

    def _lay_out(self, slice_index: int) -> tuple[FloatArray, NDArray[np.intp]]:
        image = self.image
        rows = np.flatnonzero(self.schedule.row_inputs[slice_index] >= 0)
        kernels = self.kernels[:, slice_index].ravel()
        q = image.q[:, kernels][:, :, rows]  # (dies, kernels, rows, cols)
        constant = image.offset[:, kernels] + _half(image)
        joined = np.concatenate([q, constant[:, :, np.newaxis]], axis=2)[..., self.columns].swapaxes(2, 3)
        scaled = joined.astype(self.sums_type) * self.sums_type(2.0**-image.fraction_bits)
        return scaled.reshape(image.dies, -1, len(rows) + 1), rows

    @cached_property
    def _code_limits(self) -> tuple[Any, Any] | None:
        """Lowest and highest code of every column where all columns have the same; None: they differ."""
        rails = [
            convert(rail, self.image.adc_bits, self.image.fraction_bits) for rail in (self.image.lo, self.image.hi)
        ]
        if any((rail != rail.flat[0]).any() for rail in rails):
            return None
        return self.sums_type(rails[0].flat[0]), self.sums_type(rails[1].flat[0])

    @cached_property
    def _fits(self) -> bool:
        """Whether no sum can be below zero, or too large for ``work_type``, before it is clamped."""
        image = self.image
        if (
            self.full is not None
            or self._code_limits is None
            or self._code_limits[0]
            or image.offset.min() < 0
            or image.q.min() < 0
        ):
            return False
        largest = int((image.q.sum(axis=2, dtype=np.int64) + image.offset).max()) + _half(image)
        return largest >> image.fraction_bits <= np.iinfo(self.work_type).max

    def full_sums(
        self, full: FullArray, dies: slice, slice_index: int, rows: NDArray[np.intp], bits: IntArray
    ) -> FloatArray:
        """What ``weights`` and the driven rows give, solved in full.

        Parameters
        ----------
        rows : int array (driven rows,)
            From ``weights``.
        bits : int array (dies or 1, driven rows, reads)
            What drives them.

        Returns
        -------
        float64 array (dies, groups, copies, cols, reads)
        """
        kernels = self.kernels[:, slice_index]
        driven = np.zeros((bits.shape[0], bits.shape[2], self.image.rows), np.bool_)
        driven[:, :, rows] = bits.swapaxes(1, 2)
        numbers = range(self.image.dies)[dies]
        sums = np.empty((len(numbers), *kernels.shape, len(self.columns), bits.shape[2]))
        for place, die in enumerate(numbers):
            found = full.sums(die, kernels.ravel(), driven[place if len(driven) > 1 else 0])
            laid = found.swapaxes(1, 2).reshape(*kernels.shape, self.image.cols, -1)
            sums[place] = laid[..., self.columns, :]
        return (sums + _half(self.image)) * 2.0**-self.image.fraction_bits

    def codes(
        self, sums: FloatArray, dies: slice, slice_index: int, ordinals: IntArray | None, image_index: IntArray
    ) -> IntArray:
        """Codes from sums (dies, groups, copies, cols, reads), which are overwritten; columns as in ``columns``.

        ``sums`` are in LSB, with the rounding constant added. ``ordinals`` (groups, copies, reads) and ``image_index``
        (reads,) count the noise; without noise there need be no ordinals.
        """
        image = self.image
        if image.adc_bits > 1 and not image.noise_sigma and self._code_limits is not None:
            # Clamping to the rails and rounding to codes are both monotone: one clamp in codes does both.
            if not self._fits:
                np.clip(sums, *self._code_limits, out=sums)
                return sums.astype(self.work_type)
            codes = sums.astype(self.work_type)
            # A row of limits: numpy takes several times as long over a single one.
            limits = np.full(codes.shape[-1], self._code_limits[1], self.work_type)
            return np.minimum(codes, limits, out=codes)
        kernels = self.kernels[:, slice_index]
        low, high = (rail[dies][:, kernels][..., self.columns] for rail in (image.lo, image.hi))
        if image.adc_bits > 1 and not image.noise_sigma:
            low, high = (convert(rail, image.adc_bits, image.fraction_bits) for rail in (low, high))
            np.clip(sums, _limits(low, self.sums_type), _limits(high, self.sums_type), out=sums)
            return sums.astype(self.work_type)
        step = 2.0**-image.fraction_bits
        np.clip(
            sums,
            _limits((low + _half(image)) * step, self.sums_type),
            _limits((high + _half(image)) * step, self.sums_type),
            out=sums,
        )
        if image.noise_sigma:
            assert ordinals is not None
            noise = read_noise(
                image.noise_sigma,
                image.noise_seed,
                image.die_ids[dies].reshape(-1, 1, 1, 1, 1),
                image_index,
                ordinals[:, :, np.newaxis],
                self.columns.reshape(-1, 1),
            )
            sums += noise.astype(self.sums_type) * self.sums_type(step)
        if image.adc_bits == 1:
            pairs = image.cols // 2
            codes = np.zeros(sums.shape, self.work_type)
            codes[..., :pairs, :] = sums[..., :pairs, :] >= sums[..., pairs : 2 * pairs, :]
            codes[..., pairs : 2 * pairs, :] = 1 - codes[..., :pairs, :]
            return codes
        # Noise may reach below zero, where a conversion to integers would round up: clamp first.
        np.clip(sums, 0, (1 << image.adc_bits) - 1, out=sums)
        return sums.astype(self.work_type)

    def differences(self, codes: IntArray, dies: slice, slice_index: int, driven: IntArray) -> IntArray:
        """Repaired differences (dies, groups, copies, pairs, reads) of codes; ``driven`` broadcasts from the right."""
        image = self.image
        if image.column_offset.any():
            registers = image.registers[dies][:, self.columns].astype(self.work_type)
            codes = codes - registers[:, np.newaxis, np.newaxis, :, np.newaxis]
        pairs = image.cols // 2
        return repair_differences(
            codes[..., :pairs, :],
            codes[..., pairs : 2 * pairs, :],
            driven,
            self.table,
            np.arange(pairs)[:, np.newaxis],
            self._flags(dies, slice_index),
        )

    def _flags(self, dies: slice, slice_index: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]] | None:
        """Flagged G+ and G- columns of one slice (dies, groups, copies, pairs, 1), if its reads look at flags."""
        if not self.schedule.flagged:
            return None
        if self.image.flags is None:
            nothing = np.zeros((1, 1, 1, 1, 1), np.bool_)
            return nothing, nothing
        flags = self.image.flags[dies][:, self.kernels[:, slice_index], :, np.newaxis]
        paired = self.image.cols // 2 * 2
        return flags[..., 0:paired:2, :], flags[..., 1:paired:2, :]


def _half(image: DieImage) -> int:
    return 1 << (image.fraction_bits - 1)


def _limits(limits: NDArray[Any], kind: Any) -> Any:
    """Limits (dies, groups, copies, cols) as one number where all are equal, else with a last axis for the reads."""
    first = limits.flat[0]
    return kind(first) if np.all(limits == first) else limits[..., np.newaxis].astype(kind)


def _sums_type(image: DieImage) -> Any:
    rows = np.abs(image.q.astype(np.int64)).sum(axis=2) + np.abs(image.offset)
    largest = int(rows.max(initial=0))
    if image.noise_sigma or image.adc_bits == 1:
        rails = max(int(np.abs(image.lo).max(initial=0)), int(np.abs(image.hi).max(initial=0)))
        largest = max(largest, rails + PEAK_SIGMAS * image.noise_sigma)
    return np.float32 if largest + _half(image) < 1 << 24 else np.float64
