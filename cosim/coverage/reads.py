# SPDX-License-Identifier: BSD-3-Clause
"""Bins of reads: which kernel, how many rows, what the converters gave, and with which settings."""

from __future__ import annotations

from collections import Counter

import numpy as np
from spintile.model.geometry import Geometry

from .bins import Bin, make_bins
from .layer_view import LayerView

__all__ = ["note_reads", "read_bins"]

_FIXED = {
    "code.zero": "a converter of at least 2 bits gave 0",
    "code.one": "gave 1",
    "code.between": "gave neither of the two lowest nor of the two highest codes",
    "code.below_top": "gave full scale less 1",
    "code.top": "gave full scale",
    "converter.all_bits": "converted all the bits that the converters have",
    "converter.fewer_bits": "converted fewer bits, at least 2",
    "converter.two_bits": "converted 2 bits",
    "converter.one_bit": "one-bit reads, a sense amplifier for each pair",
    "converter.own": "each column has a converter of its own",
    "converter.shared": "columns share converters",
    "differential.plus": "a one-bit read gave plus",
    "differential.minus": "a one-bit read gave minus",
    "differential.silent": "a one-bit read without driven rows added nothing",
    "noise.off": "reads without noise",
    "noise.on": "reads with noise",
    "offset.none": "an offset register of 0",
    "offset.positive": "a positive one",
    "offset.negative": "a negative one",
    "offset.calibrated": "offset registers of each die's own",
    "rail.low": "a code that the amplifier's lower rail held up, above 0",
    "rail.high": "a code that its upper rail held down, below full scale",
    "flag.heeded": "a read that looks at flags",
    "flag.ignored": "a read that does not",
    "settle.none": "SETTLE 0",
    "settle.short": "SETTLE less than a conversion",
    "settle.long": "SETTLE longer than a conversion: converters wait for the rows",
}


def shape_names(geometry: Geometry) -> tuple[list[str], list[str]]:
    """Names of the bins of kernels, and of those of driven rows, of chips of that shape."""
    kernels = [f"kernel.{kernel}_of_{geometry.kernels}" for kernel in range(geometry.kernels)]
    return kernels, [f"rows.{rows}_of_{geometry.rows}" for rows in range(geometry.rows + 1)]


def read_bins(geometry: Geometry) -> list[Bin]:
    """Bins of the reads of a chip."""
    kernels, rows = shape_names(geometry)
    table = {name: f"kernel {number} was read" for number, name in enumerate(kernels)}
    table |= {name: f"a read drove {number} rows" for number, name in enumerate(rows)}
    if geometry.cols % 2:
        table["column.unpaired"] = "a last column without a partner"
    table |= {f"plane.{plane}": f"a read of bit plane {plane}" for plane in range(geometry.input_bits)}
    table |= {f"replica.{copy}": f"a read as replica {copy}" for copy in range(4)}
    return make_bins(table | _FIXED)


def note_reads(view: LayerView, found: Counter[str]) -> None:
    """Count the bins that the reads of a layer hit."""
    job, schedule, image = view.job, view.schedule, view.job.image
    geometry, images, bits = job.geometry, len(view.inputs), image.adc_bits
    names, rows = shape_names(geometry)
    for name, count in zip(names, np.bincount(schedule.read_kernel, minlength=len(names)), strict=True):
        found[name] += images * int(count)
    for name, count in zip(rows, np.bincount(view.driven.ravel(), minlength=len(rows)), strict=True):
        found[name] += int(count)
    for kind, values in (("plane", schedule.read_plane), ("replica", schedule.read_replica)):
        for value, count in enumerate(np.bincount(values)):
            found[f"{kind}.{value}"] += images * int(count)
    reads = images * schedule.reads
    found["flag.heeded" if schedule.flagged else "flag.ignored"] += reads
    found["noise.on" if image.noise_sigma else "noise.off"] += reads
    found["converter.shared" if geometry.columns_per_adc > 1 else "converter.own"] += reads
    found["column.unpaired"] += reads * (geometry.cols % 2)
    found["converter.all_bits"] += reads * (bits == geometry.adc_bits)
    found["converter.fewer_bits"] += reads * (1 < bits < geometry.adc_bits)
    found["converter.two_bits"] += reads * (bits == 2)
    found["converter.one_bit"] += reads * (bits == 1)
    conversion = geometry.conversion_cycles(bits)
    settle = job.settle_cycles
    found["settle.none" if not settle else "settle.short" if settle < conversion else "settle.long"] += reads
    registers = image.registers[view.die]
    for name, hits in (("none", registers == 0), ("positive", registers > 0), ("negative", registers < 0)):
        found[f"offset.{name}"] += reads * int(np.count_nonzero(hits))
    found["offset.calibrated"] += reads * (image.column_offset.ndim == 2)
    if bits > 1:
        _note_codes(view, found)
        return
    paired = view.codes[..., : geometry.pairs * 2 : 2]
    silent = view.driven == 0
    found["differential.plus"] += int(np.count_nonzero(paired[~silent]))
    found["differential.minus"] += int(np.count_nonzero(paired[~silent] == 0))
    found["differential.silent"] += int(np.count_nonzero(silent))


def _note_codes(view: LayerView, found: Counter[str]) -> None:
    image = view.job.image
    counts = np.bincount(view.codes.ravel(), minlength=1 << image.adc_bits)
    found["code.zero"] += int(counts[0])
    found["code.one"] += int(counts[1])
    found["code.between"] += int(counts[2:-2].sum())
    found["code.below_top"] += int(counts[-2])
    found["code.top"] += int(counts[-1])
    if image.noise_sigma:
        return  # noise comes after the rails
    half, top = 1 << (image.fraction_bits - 1), (1 << image.adc_bits) - 1
    low, high = (
        (getattr(image, rail)[view.die, view.schedule.read_kernel] + half) >> image.fraction_bits
        for rail in ("lo", "hi")
    )
    found["rail.low"] += int(np.count_nonzero((view.codes == low) & (low > 0)))
    found["rail.high"] += int(np.count_nonzero((view.codes == high) & (high < top)))
