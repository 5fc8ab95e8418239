# SPDX-License-Identifier: BSD-3-Clause
"""What statistics-aware training costs: its step against the step through a perfect array, and against a plain one.

The three kinds of step take turns in one process and one thread, so that other load on the machine weighs on all alike;
each is a whole step as training does it: images gathered, devices drawn, forward, backward, optimiser. Times are
processor time. Of each kind the median over its fastest half counts: what other processes take from the caches only
ever adds.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from ...model.chip import Chip
from ...model.data import load
from ...model.dies import DefectStatistics, sample_population


def training_benchmark(
    chip: Chip | None = None,
    *,
    steps: int = 400,
    dies: int = 4,
    batch: int = 500,
    progress: Callable[[str, float], None] | None = None,
) -> dict[str, Any]:
    """Everything that ``spintile bench training --json`` prints.

    Parameters
    ----------
    chip : Chip or None
        Whose statistics dies are drawn from; None: the preset ``borders`` (shorts 0.2 %, opens and stuck devices 0.1 %
        each, spread 5 %, pair check).
    steps : int
        Of each kind.
    dies, batch : int
        Dies and images of a step; the defaults are training's own.

    Returns
    -------
    dict
        ``to_array``: the statistics-aware step over the same step through an array without faults; ``to_plain``: over a
        plain binary step; and the times behind them [ms].
    """
    import torch

    from ...model.training import NetworkSpec, Settings
    from ...model.training.devices import Devices
    from ...model.training.drawing import DeviceSource
    from ...model.training.fitting import make_optimizer, train_step
    from ...model.training.model import ArrayNetwork

    chip = Chip.preset("borders") if chip is None else chip
    spec = NetworkSpec.demo()
    settings = Settings(epochs=1, learning_rate=0.01, batch=batch, dies_per_batch=dies)
    mnist = load("mnist").take(train=20_000)
    images = torch.from_numpy(mnist.inputs(1)[0].reshape(20_000, -1).astype(np.float32))
    labels = torch.from_numpy(mnist.train_labels)
    threads = torch.get_num_threads()
    times: dict[str, list[float]] = {"plain": [], "array": [], "statistics_aware": []}
    with ExitStack() as stack:
        stack.enter_context(threadpool_limits(1))
        torch.set_num_threads(1)
        stack.callback(torch.set_num_threads, threads)
        generator = torch.Generator().manual_seed(0)
        models = {kind: ArrayNetwork(spec, mnist.shape, chip, through_array=kind != "plain") for kind in times}
        optimizers = {kind: make_optimizer(model, settings) for kind, model in models.items()}
        wirings = models["array"].wirings
        perfect = Devices.of_population(
            sample_population(chip.geometry, chip.cell, DefectStatistics(), dies, 0), chip, wirings, 0
        )
        source = DeviceSource(chip, wirings, 0, generator)
        for model in models.values():
            model.train()
        for step in range(steps):
            chosen = torch.randperm(len(images), generator=generator)[:batch]
            for kind, model in models.items():
                began = time.process_time()
                given = images.index_select(0, chosen), labels.index_select(0, chosen)
                if kind == "plain":
                    train_step(model, optimizers[kind], *given)
                else:
                    devices = perfect if kind == "array" else source.draw(dies)
                    train_step(model, optimizers[kind], *given, devices, dies)
                times[kind].append(time.process_time() - began)
            if progress is not None and step % 20 == 0:
                progress("training steps", step / steps)
    cost = {kind: _typical(values[len(values) // 10 :]) for kind, values in times.items()}
    return {
        "network": "196-36-10, output placed three times",
        "batch": batch,
        "dies": dies,
        "steps": steps,
        "to_array": cost["statistics_aware"] / cost["array"],
        "to_plain": cost["statistics_aware"] / cost["plain"],
        "milliseconds": {kind: 1e3 * value for kind, value in cost.items()},
    }


def _typical(values: list[float]) -> float:
    """Median of the faster half."""
    return float(np.quantile(values, 0.25))
