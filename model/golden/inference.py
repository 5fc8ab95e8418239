# SPDX-License-Identifier: BSD-3-Clause
"""Inference of a compiled network on dies, exact and vectorised over dies and images.

It follows the schedule and the placement, never the program's words, so that a wrong word cannot hide.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from threadpoolctl import threadpool_limits

from ..mapping import Compiled
from ..sensing import Repair
from .arithmetic import median_of_three
from .die_image import DieImage
from .full_array import FullArray
from .layer_reads import LayerReads
from .record import Record

#: Images evaluated together, and column sums per block: so many that numpy's calls cost little, yet still in cache.
_IMAGES = 1024
_BLOCK = 1 << 18
#: Largest activation map kept for one chunk of images, in bytes.
_MAP_BYTES = 1 << 26


def infer(
    image: DieImage,
    compiled: Compiled,
    images: ArrayLike,
    *,
    repair: Repair | None = None,
    first_index: int = 0,
    record: bool = False,
    progress: Callable[[int, int], None] | None = None,
    jobs: int = 1,
    chunk: int | None = None,
    full: FullArray | None = None,
) -> Record:
    """Answers of all dies of a die image to all images.

    Parameters
    ----------
    image : DieImage
        The dies, with the compiled network's states written.
    compiled : Compiled
        The network on its chip.
    images : int array (images, ...)
        Inputs from 0 to 2^input_bits - 1; trailing axes flatten to the first layer's inputs.
    repair : Repair or None
        Column repair; None: none.
    first_index : int
        Index in the data set of the first image: part of the noise's counter.
    record : bool
        Whether to keep codes, accumulators and activations.
    progress : function (images done, images in all) or None
        Called after every chunk of images.
    jobs : int
        Threads.
    chunk : int or None
        Images evaluated together; the result does not depend on it.
    full : FullArray or None
        The same dies, solved in full at every read instead of by the die image, of which offsets and entries then do
        not count: for the accuracy that the image's linearity costs. About a millisecond for a read of 25 x 25.

    Returns
    -------
    Record

    Raises
    ------
    ValueError
        If image, network and inputs do not fit each other.
    """
    inputs = _check_inputs(image, compiled, images)
    settings = Repair() if repair is None else repair
    layers = [LayerReads.prepare(image, layer, settings, record) for layer in compiled.schedule.layers]
    if full is not None:
        if not np.array_equal(full.population.die_ids, image.die_ids):
            raise ValueError("full must be of the die image's dies, in their order")
        layers = [dataclasses.replace(layer, sums_type=np.float64, full=full) for layer in layers]
    largest_map = max(int(np.prod(layer.output_shape)) for layer in compiled.network.layers)
    step = max(1, min(_IMAGES, _MAP_BYTES // (image.dies * largest_map))) if chunk is None else chunk
    if step < 1 or jobs < 1:
        raise ValueError(f"chunk and jobs must be at least 1, not {step} and {jobs}")
    result = Record.allocate(compiled, image.dies, len(inputs), record)
    starts = range(0, len(inputs), step)

    def run(start: int) -> int:
        part = slice(start, min(start + step, len(inputs)))
        _run_chunk(layers, compiled, inputs[part], first_index + start, part, result)
        return part.stop - part.start

    done = 0
    # The products are small: a BLAS that splits each among threads spends its time waiting (10 times slower, measured).
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(max_workers=jobs) as pool:
        for future in as_completed([pool.submit(run, start) for start in starts]):
            done += future.result()
            if progress is not None:
                progress(done, len(inputs))
    return result


def _check_inputs(image: DieImage, compiled: Compiled, images: ArrayLike) -> NDArray[np.uint8]:
    geometry = compiled.geometry
    expected = (geometry.kernels, geometry.rows, geometry.cols)
    if image.q.shape[1:] != expected:
        raise ValueError(f"die image must have (kernels, rows, cols) = {expected}, not {image.q.shape[1:]}")
    if image.adc_bits != compiled.adc_bits:
        raise ValueError(f"die image must have the network's {compiled.adc_bits} ADC bits, not {image.adc_bits}")
    if image.fraction_bits != geometry.fraction_bits:
        raise ValueError(
            f"die image must have the geometry's {geometry.fraction_bits} fraction bits, not {image.fraction_bits}"
        )
    raw = np.asarray(images)
    size = int(np.prod(compiled.network.input_shape))
    if raw.ndim < 2 or int(np.prod(raw.shape[1:])) != size:
        raise ValueError(f"images must have {size} inputs each, not shape {raw.shape}")
    top = (1 << compiled.network.input_bits) - 1
    if raw.size and (raw.dtype.kind not in "biu" or raw.min() < 0 or raw.max() > top):
        raise ValueError(f"images must be integers from 0 to {top}, not {raw.dtype} from {raw.min()} to {raw.max()}")
    return raw.reshape(len(raw), size).astype(np.uint8)


def _run_chunk(
    layers: list[LayerReads], compiled: Compiled, inputs: NDArray[np.uint8], index: int, part: slice, record: Record
) -> None:
    """All layers for one chunk of images; the result goes to ``part`` of the record's images."""
    activations = np.ascontiguousarray(inputs.T)[np.newaxis]  # (dies, inputs, images); all dies share the first layer's
    for number, reads in enumerate(layers):
        output = _Output(compiled, number, reads, record, part, inputs.shape[0])
        pooled = reads.positions.shape[0]
        unit = reads.columns_per_die() * reads.positions.shape[1] * inputs.shape[0]
        position_step = max(1, min(pooled, _BLOCK // unit))
        die_step = max(1, _BLOCK // (unit * position_step))
        shared = activations.shape[0] == 1
        for first in range(0, pooled, position_step):
            block = slice(first, min(first + position_step, pooled))
            common = list(_driven(reads, activations, block)) if shared else []
            for first_die in range(0, reads.image.dies, die_step):
                dies = slice(first_die, min(first_die + die_step, reads.image.dies))
                driven = common if shared else _driven(reads, activations[dies], block)
                accumulators = _accumulate(reads, driven, dies, block, slice(index, index + inputs.shape[0]), output)
                output.take(accumulators, dies, block)
        activations = output.finish()


@dataclasses.dataclass(frozen=True)
class _Driven:
    """What drives the reads of one slice and bit plane.

    Parameters
    ----------
    slice_index, plane : int
    bits : uint8 array (dies or 1, driven rows, reads)
    rows : float array (dies or 1, driven rows + 1, reads)
        The bits and, last, the row that is always driven.
    count : int array (dies or 1, 1, 1, 1, reads)
        Number of driven rows.
    """

    slice_index: int
    plane: int
    bits: NDArray[Any]
    rows: NDArray[Any]
    count: NDArray[np.intp]


def _driven(reads: LayerReads, activations: NDArray[np.uint8], block: slice) -> Iterator[_Driven]:
    """Slice by slice, plane by plane, the bits of activations (dies or 1, inputs, images) at a block of positions."""
    positions = reads.positions[block].ravel()
    dies, _, images = activations.shape
    for slice_index in range(reads.schedule.shape[3]):
        rows = reads.rows(slice_index)
        sources = reads.schedule.patches[np.ix_(positions, reads.schedule.row_inputs[slice_index][rows])].T
        values = activations[:, sources].reshape(dies, len(rows), positions.size * images)
        planes = reads.schedule.shape[5]
        for plane in range(planes):
            bits = values if planes == 1 else (values >> plane) & 1
            driven = np.ones((dies, len(rows) + 1, bits.shape[2]), reads.sums_type)
            driven[:, :-1] = bits
            count = bits.sum(axis=1, dtype=np.intp)[:, np.newaxis, np.newaxis, np.newaxis]
            yield _Driven(slice_index, plane, bits, driven, count)


def _accumulate(
    reads: LayerReads,
    driven: Iterable[_Driven],
    dies: slice,
    block: slice,
    images: slice,
    output: _Output,
) -> NDArray[Any]:
    """Accumulators (dies, groups, pairs, pooled positions, window, images) of a block."""
    groups, _, window, _, copies, _ = reads.schedule.shape
    pooled, image_count = block.stop - block.start, images.stop - images.start
    count, die_count = pooled * window * image_count, dies.stop - dies.start
    total = np.zeros((die_count, groups, reads.image.cols // 2, count), reads.work_type)
    image_index = np.tile(np.arange(images.start, images.stop), pooled * window)
    ordinals = reads.schedule.nested(reads.schedule.ordinals)[:, block]  # (groups, pooled, window, slices, ...)
    for part in driven:
        index, plane = part.slice_index, part.plane
        weights = reads.weights(dies, index)
        if reads.full is not None:
            sums = reads.full_sums(reads.full, dies, index, reads.rows(index), part.bits)
        elif part.rows.shape[0] == 1:
            sums = weights.reshape(-1, weights.shape[2]) @ part.rows[0]
        else:
            sums = weights @ part.rows
        sums = sums.reshape(die_count, groups, copies, -1, count)
        counters = None
        if reads.image.noise_sigma:
            of_reads = ordinals[:, :, :, index, :, plane].reshape(groups, -1, copies)
            counters = np.repeat(of_reads, image_count, axis=1).swapaxes(1, 2)
        codes = reads.codes(sums, dies, index, counters, image_index)
        output.take_codes(codes, dies, block, index, plane)
        differences = reads.differences(codes, dies, index, part.count)
        if reads.schedule.combine == "median":
            total += median_of_three(*(differences[:, :, copy] for copy in range(3))) << plane
            continue
        for copy in range(copies):
            total += differences[:, :, copy] << plane if plane else differences[:, :, copy]
    return total.reshape(die_count, groups, -1, pooled, window, image_count)


class _Output:
    """Where one layer's results go for one chunk of images: next layer's input, classes, record."""

    def __init__(
        self, compiled: Compiled, number: int, reads: LayerReads, record: Record, part: slice, images: int
    ) -> None:
        self._number = number
        self._reads = reads
        self._record = record
        self._part = part
        self._layer = compiled.network.layers[number]
        self._constants = compiled.layers[number]
        lanes = reads.schedule.lane_neurons
        self._group, self._lane = np.nonzero(lanes >= 0)
        self._neuron = lanes[self._group, self._lane]
        pooled = reads.positions.shape[0]
        if self._layer.is_output:
            self._scores = np.zeros((reads.image.dies, self._layer.neurons, images), np.int64)
        else:
            self._map = np.zeros((reads.image.dies, pooled, self._layer.neurons, images), np.uint8)
        first = sum(layer.reads for layer in compiled.schedule.layers[:number])
        self._reads_part = slice(first, first + reads.schedule.reads)

    def take_codes(self, codes: NDArray[Any], dies: slice, block: slice, slice_index: int, plane: int) -> None:
        """Codes (dies, groups, copies, cols, reads) of one slice and plane into the record."""
        if self._record.codes is None:
            return
        images = self._part.stop - self._part.start
        window = self._reads.schedule.shape[2]
        shaped = codes.reshape(*codes.shape[:4], block.stop - block.start, window, images)
        target = self._record.codes[dies, self._part, self._reads_part]
        # A view: this writes into the record.
        target = self._reads.schedule.nested(target, axis=2)
        place = np.argsort(self._reads.columns)
        target[:, :, :, block, :, slice_index, :, plane] = shaped.transpose(0, 6, 1, 4, 5, 2, 3)[..., place]

    def take(self, accumulators: NDArray[Any], dies: slice, block: slice) -> None:
        """Decide on accumulators (dies, groups, pairs, pooled positions, window, images) of a block."""
        if self._record.accumulators:
            target = self._record.accumulators[self._number][dies, self._part]
            target = target.reshape(*target.shape[:2], *self._reads.schedule.shape[:3], -1)
            target[:, :, :, block] = accumulators.transpose(0, 5, 1, 3, 4, 2)
        neurons = accumulators[:, self._group, self._lane]  # (dies, neurons in lane order, pooled, window, images)
        if self._layer.is_output:
            assert self._constants.bias is not None
            bias = self._constants.bias[self._neuron].reshape(-1, 1)
            self._scores[dies, self._neuron] = neurons[:, :, 0, 0].astype(np.int64) + bias
            return
        activations = self._activate(neurons).max(axis=3)
        self._map[dies, block, self._neuron] = activations.swapaxes(1, 2)
        if self._record.activations:
            target16 = self._record.activations[self._number][dies, self._part]
            target16 = target16.reshape(*target16.shape[:2], *self._reads.schedule.shape[:2], -1)
            lanes = np.zeros((*target16.shape[:3], block.stop - block.start, target16.shape[-1]), np.int16)
            lanes[:, :, self._group, :, self._lane] = activations.transpose(1, 0, 3, 2)
            target16[:, :, :, block] = lanes

    def _activate(self, neurons: NDArray[Any]) -> NDArray[np.uint8]:
        thresholds, invert = self._constants.thresholds, self._constants.invert
        assert thresholds is not None
        assert invert is not None
        beyond = self._reads.accumulator_bound + 1
        limits = np.clip(thresholds[self._neuron], -beyond, beyond).astype(self._reads.work_type)
        met = np.zeros(neurons.shape, np.uint8)
        for limit in limits.T:
            met += neurons >= limit.reshape(-1, 1, 1, 1)
        flipped = invert[self._neuron].reshape(-1, 1, 1, 1)
        return np.where(flipped, np.uint8(limits.shape[1]) - met, met)

    def finish(self) -> NDArray[np.uint8]:
        """The next layer's input (dies, inputs, images); of the output layer the classes go to the record."""
        if not self._layer.is_output:
            dies, _, _, images = self._map.shape
            return self._map.reshape(dies, -1, images)
        scores = self._scores
        classes = scores[:, 0] >= 0 if self._layer.neurons == 1 else scores.argmax(axis=1)
        self._record.classes[:, self._part] = classes
        return np.zeros((0, 0, 0), np.uint8)
