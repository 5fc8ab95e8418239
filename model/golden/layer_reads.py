# SPDX-License-Identifier: BSD-3-Clause
"""All reads of one layer for blocks of dies, positions and images: the fast form of ``arithmetic``.

Sums are matrix products in floating point, which is exact here: every partial sum is an integer times 2^-F whose
magnitude is proved to stay below 2^24 (32-bit) or 2^53 (64-bit). Offset and rounding constant ride along as one more
row that is always driven. From the codes on everything is integer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..mapping import LayerSchedule
from ..sensing import Repair
from .arithmetic import RepairTable, convert, repair_differences, repair_table
from .die_image import DieImage
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
    """

    image: DieImage
    schedule: LayerSchedule
    kernels: NDArray[np.int64]
    positions: NDArray[np.int64]
    sums_type: Any
    work_type: Any
    accumulator_bound: int
    table: RepairTable

    @classmethod
    def prepare(cls, image: DieImage, schedule: LayerSchedule, repair: Repair) -> LayerReads:
        """Choose number types from the image's largest values."""
        groups, pooled, window, slices, copies, planes = schedule.shape
        kernels = schedule.read_kernel.reshape(schedule.shape)[:, 0, 0, :, :, 0]
        positions = schedule.emit_position.reshape(groups, pooled, window)[0]
        table = repair_table(repair, image.rows, image.adc_bits, image.fraction_bits)
        offset = int(np.abs(image.column_offset).max(initial=0))
        code = (1 << image.adc_bits) - 1 + offset
        difference = int(table.bound.max()) if repair.mode == "pair_check" else code + offset
        bound = difference * slices * copies * ((1 << planes) - 1)
        # A repair forms at most expected - 2 * code; thresholds are clamped to one beyond the accumulators.
        widest = max(3 * max(code, table.peak), bound + 1)
        work_type = next(kind for kind in (np.int16, np.int32, np.int64) if widest <= np.iinfo(kind).max)
        return cls(image, schedule, kernels, positions, _sums_type(image), work_type, bound, table.astype(work_type))

    def columns_per_die(self) -> int:
        """Columns converted at once per die, position and image: the unit of block sizes."""
        return self.schedule.shape[0] * self.schedule.shape[4] * self.image.cols

    def weights(self, dies: slice, slice_index: int) -> tuple[FloatArray, NDArray[np.intp]]:
        """Columns by rows of one slice, in codes, and the rows it drives.

        Returns
        -------
        weights : float array (dies, groups * copies * cols, driven rows + 1)
            The last row carries offset and rounding constant.
        rows : int array (driven rows,)
        """
        image = self.image
        rows = np.flatnonzero(self.schedule.row_inputs[slice_index] >= 0)
        kernels = self.kernels[:, slice_index].ravel()
        q = image.q[dies][:, kernels][:, :, rows]  # (dies, kernels, rows, cols)
        constant = image.offset[dies][:, kernels] + _half(image)
        joined = np.concatenate([q, constant[:, :, np.newaxis]], axis=2).swapaxes(2, 3)
        scaled = joined.astype(self.sums_type) * self.sums_type(2.0**-image.fraction_bits)
        return scaled.reshape(scaled.shape[0], -1, len(rows) + 1), rows

    def codes(
        self, sums: FloatArray, dies: slice, slice_index: int, ordinals: IntArray, image_index: IntArray
    ) -> IntArray:
        """Codes from sums (dies, groups, copies, cols, reads), which are overwritten.

        ``sums`` are in LSB, with the rounding constant added. ``ordinals`` (groups, copies, reads) and ``image_index``
        (reads,) count the noise.
        """
        image = self.image
        kernels = self.kernels[:, slice_index]
        low, high = image.lo[dies][:, kernels], image.hi[dies][:, kernels]  # (dies, groups, copies, cols)
        if image.adc_bits > 1 and not image.noise_sigma:
            # Clamping to the rails and rounding to codes are both monotone: one clamp in codes does both.
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
            noise = read_noise(
                image.noise_sigma,
                image.noise_seed,
                image.die_ids[dies].reshape(-1, 1, 1, 1, 1),
                image_index,
                ordinals[:, :, np.newaxis],
                np.arange(image.cols).reshape(-1, 1),
            )
            sums += noise.astype(self.sums_type) * self.sums_type(step)
        if image.adc_bits == 1:
            paired = image.cols // 2 * 2
            codes = np.zeros(sums.shape, self.work_type)
            codes[..., 0:paired:2, :] = sums[..., 0:paired:2, :] >= sums[..., 1:paired:2, :]
            codes[..., 1:paired:2, :] = 1 - codes[..., 0:paired:2, :]
            return codes
        # Noise may reach below zero, where a conversion to integers would round up: clamp first.
        np.clip(sums, 0, (1 << image.adc_bits) - 1, out=sums)
        return sums.astype(self.work_type)

    def differences(self, codes: IntArray, driven: IntArray) -> IntArray:
        """Repaired differences (dies, groups, copies, pairs, reads) of codes; ``driven`` broadcasts from the right."""
        image = self.image
        if image.column_offset.any():
            codes = codes - image.column_offset.astype(self.work_type).reshape(-1, 1)
        paired = image.cols // 2 * 2
        return repair_differences(codes[..., 0:paired:2, :], codes[..., 1:paired:2, :], driven, self.table)


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
