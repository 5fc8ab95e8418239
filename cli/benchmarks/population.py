# SPDX-License-Identifier: BSD-3-Clause
"""What exact inference on a population costs: the golden model against the bare matrix products in it.

36 dies with resistive wires answer 10,000 images, rounding, clamping, repair and thresholds included, to the bit. The
bare products are those of the same sizes and in the same number format, laid out in whichever of three ways is fastest.
Both run in one thread of one process and take turns; times are processor time, and the shortest of several counts.
Where aihwkit is installed, its torch tile passes the same images through layers of the same sizes: without wires and
defects, with its own converters and noise.
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from ...model.array import Wires
from ...model.chip import Chip
from ...model.data import load
from ...model.dies import sample_population
from ...model.golden import infer, make_die_image
from ...model.mapping import Compiled, compile_network, place
from ...model.training import NetworkSpec, train
from .solver import shortest

Floats = NDArray[np.float32]
#: Of every wire segment, driver and sense amplifier [Ohm].
SEGMENT = 2.0
#: (dies, images) of one product.
_BLOCKS = ((36, 128), (6, 256), (3, 512))


def population_benchmark(
    *,
    dies: int = 36,
    images: int = 10_000,
    rounds: int = 5,
    progress: Callable[[str, float], None] | None = None,
) -> dict[str, Any]:
    """Everything that ``spintile bench population --json`` prints.

    Parameters
    ----------
    dies, images : int
        At most 10,000 images.
    rounds : int
        How often each is measured.

    Returns
    -------
    dict
        ``ratio_to_matmul``: time of the golden model over that of the bare products; ``ratio_without_repair``: the same
        with the column repair off; ``seconds`` of each; ``accuracy`` over the dies [%]; ``aihwkit``: seconds of its
        torch tile and their ratio to ours, or None where it is not installed.
    """

    def tell(step: str, done: float) -> None:
        if progress is not None:
            progress(step, done)

    wires = Wires(SEGMENT, SEGMENT, SEGMENT, SEGMENT)
    chip = Chip.preset("borders").replace(wires=wires)
    mnist = load("mnist")
    tell("training a network", 0.0)
    network = train(mnist.take(train=10_000), NetworkSpec.dense((36,), 10), "software", chip, epochs=5)
    compiled = compile_network(
        network, place(network, chip.geometry), codes_per_weight=chip.codes_per_weight, adc_bits=chip.adc_bits
    )
    population = sample_population(chip.geometry, chip.cell, chip.statistics, dies, seed=0)
    image = make_die_image(population, compiled.states, chip.geometry, chip.cell, chip.sensing, wires=wires)
    inputs, labels = mnist.inputs(network.input_bits)[1][:images], mnist.test_labels[:images]
    without = chip.replace(repair_mode="none").repair
    accuracy = infer(image, compiled, inputs, repair=chip.repair).accuracy(labels)
    products = bare_products(compiled, dies, len(inputs))
    calls: list[Callable[[], object]] = [
        lambda: infer(image, compiled, inputs, repair=chip.repair),
        lambda: infer(image, compiled, inputs, repair=without),
        *(lambda block=block: products(*block) for block in _BLOCKS),
    ]
    best = [float("inf")] * len(calls)
    with threadpool_limits(1):
        for turn in range(rounds):
            tell("the golden model and bare products", (1 + turn) / (rounds + 2))
            best = list(map(min, best, shortest([(call, 1) for call in calls])))
    ours, unrepaired, bare = best[0], best[1], min(best[2:])
    tell("aihwkit", (rounds + 1) / (rounds + 2))
    theirs = aihwkit_seconds(dies, np.asarray(inputs).reshape(len(inputs), -1))
    return {
        "network": "196-36-10",
        "dies": dies,
        "images": len(inputs),
        "wire_segment_ohm": SEGMENT,
        "repair": chip.repair.mode,
        "ratio_to_matmul": ours / bare,
        "ratio_without_repair": unrepaired / bare,
        "seconds": {"golden": ours, "golden_without_repair": unrepaired, "matmul": bare},
        "matmul_block": dict(zip(("dies", "images"), _BLOCKS[int(np.argmin(best[2:]))], strict=True)),
        "accuracy": {"mean": 100 * float(np.mean(accuracy)), "min": 100 * float(np.min(accuracy))},
        "aihwkit": None if theirs is None else {"seconds": theirs, "ratio": theirs / ours},
    }


def bare_products(compiled: Compiled, dies: int, images: int) -> Callable[[int, int], None]:
    """The matrix products of a population's inference, as a function of the dies and images of one product.

    Every pair that carries a weight is two columns, every slice one product; the first layer's inputs are common to all
    dies, later ones belong to their die.
    """
    rng = np.random.default_rng(0)
    layers = []
    for number, (layer, schedule) in enumerate(zip(compiled.network.layers, compiled.schedule.layers, strict=True)):
        columns = 2 * layer.neurons * layer.copies
        inputs = 1 if number == 0 else dies
        for rows in (schedule.row_inputs >= 0).sum(axis=1):
            weights = rng.random((dies, columns, int(rows)), dtype=np.float32)
            layers.append((weights, rng.random((inputs, int(rows), images), dtype=np.float32)))

    def multiply(block: int, count: int) -> None:
        for weights, inputs in layers:
            for out, some, given in _blocks(weights, inputs, block, count):
                np.matmul(some, given, out=out)

    return multiply


def _blocks(weights: Floats, inputs: Floats, block: int, count: int) -> Iterator[tuple[Floats, Floats, Floats]]:
    """Where results go, weights and inputs of every block; results stay in the cache."""
    dies, columns, rows = weights.shape
    common = len(inputs) == 1
    room = np.empty((block, columns, count), np.float32)
    for start in range(0, inputs.shape[2], count):
        given = np.ascontiguousarray(inputs[:, :, start : start + count])
        width = given.shape[2]
        for first in range(0, dies, block):
            some = weights[first : first + block]
            out = room[: len(some), :, :width] if width == count else np.empty((len(some), columns, width), np.float32)
            if common:
                yield out.reshape(-1, width), some.reshape(-1, rows), given[0]
            else:
                yield out, some, given[first : first + block]


def aihwkit_seconds(dies: int, inputs: NDArray[np.uint8]) -> float | None:
    """Shortest processor time that aihwkit's torch tile takes for 196-36-10 on as many dies; None: not installed.

    ``pip install --no-deps aihwkit==1.1.0`` is enough for it.
    """
    if importlib.util.find_spec("aihwkit") is None:
        return None
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from aihwkit.nn import AnalogLinear
        from aihwkit.simulator.configs import TorchInferenceRPUConfig

        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            sizes = (inputs.shape[1], 36, 10)
            of_die = [
                torch.nn.Sequential(
                    AnalogLinear(sizes[0], sizes[1], bias=True, rpu_config=TorchInferenceRPUConfig()),
                    torch.nn.Sigmoid(),
                    AnalogLinear(sizes[1], sizes[2], bias=True, rpu_config=TorchInferenceRPUConfig()),
                ).eval()
                for _ in range(dies)
            ]
            given = torch.from_numpy(inputs.astype(np.float32))

            def answer() -> None:
                with torch.no_grad():
                    for model in of_die:
                        model(given).argmax(1)

            return shortest([(answer, 3)])[0]
        finally:
            torch.set_num_threads(threads)
