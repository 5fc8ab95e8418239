# SPDX-License-Identifier: BSD-3-Clause
"""The tasks of the sweep: train one network with one seed, write it thousands of times; run one die through the RTL."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from spintile.model.array import Wires
from spintile.model.sweep import Setting

from ....options import EngineName
from .settings import SEGMENT, DroletSettings

if TYPE_CHECKING:
    from spintile.model.training.moons import Points, Transfers, WritingErrors, Written

#: Seed of the transfers that are counted; training and the choice of a beginning draw others.
_COUNTED = 99
#: Dies in the golden model at once.
_BLOCK = 250


@dataclasses.dataclass(frozen=True)
class Method:
    """A kind of training: key in the report, name on the page, arguments of its tasks."""

    key: str
    title: str
    arguments: Mapping[str, Any]


def methods(settings: DroletSettings) -> list[Method]:
    """What is trained, regular ones first."""
    found = [
        Method("regular", "regular", _regular(settings, None)),
        Method("regular_10", "regular, |w| ≤ 10", _regular(settings, 10.0)),
        Method("regular_5", "regular, |w| ≤ 5", _regular(settings, 5.0)),
        Method("hardware_aware", "hardware-aware", _aware(settings.narrow)),
        Method("wider", "hardware-aware, 2-48-1", _aware(settings.wide)),
    ]
    if settings.further:
        middle = {**settings.wide, "hidden": 24, "scales": (20.0, 3.0)}
        found += [
            Method("with_wires", "hardware-aware, wires in the loop", _aware(settings.narrow, segment=SEGMENT)),
            Method("one_array", "hardware-aware, one array a layer", _aware(settings.narrow, arrays=(9, 8))),
            Method("wider_24", "hardware-aware, 2-24-1", _aware(middle)),
        ]
    return found


def _regular(settings: DroletSettings, weight_range: float | None) -> dict[str, Any]:
    return {"training": {"kind": "regular", "epochs": settings.epochs, "weight_range": weight_range}, "arrays": (8, 4)}


def _aware(recipe: Mapping[str, Any], arrays: tuple[int, int] = (8, 4), segment: float = 0.0) -> dict[str, Any]:
    return {"training": {"kind": "aware", "recipe": dict(recipe), "segment": segment}, "arrays": arrays}


def case_settings(settings: DroletSettings) -> list[Setting]:
    """Every task: each method with each seed, the seeds of a method one after another."""
    common = {
        "transfers": settings.transfers,
        "points": settings.points,
        "disturbance": settings.disturbance,
        "segment": SEGMENT,
    }
    return [
        {**method.arguments, **common, "seed": seed} for method in methods(settings) for seed in range(settings.seeds)
    ]


def writing_errors(disturbance: Sequence[Sequence[float]] | None) -> WritingErrors:
    """Published errors, with a table of the disturbance or the package's own."""
    from spintile.model.training.moons import WritingErrors

    if disturbance is None:
        return WritingErrors()
    return WritingErrors(disturbance=tuple((row[0], row[1], row[2]) for row in disturbance))


def wires(segment: float) -> Wires:
    """Lines of this resistance between neighbouring devices."""
    return Wires(row_segment=segment, col_segment=segment)


def run_case(
    training: Mapping[str, Any],
    arrays: Sequence[int],
    transfers: int,
    points: int,
    disturbance: Sequence[Sequence[float]] | None,
    segment: float,
    seed: int,
) -> dict[str, Any]:
    """Train, then write many times: without wires, with them, and (2-8-1 trained for transfers) as the chip reads it.

    Returns
    -------
    dict
        ``targets`` (one array a layer) and ``scales``; ``ideal``, ``wires`` and, for the chip, ``chip``, each with
        ``share``, ``mean`` and ``clean`` [%]; ``right``, share of transfers in which each point is right.
    """
    from spintile.model.training.moons import LayerArrays, Transfers, correct_shares, load_points

    learned, fresh = load_points(points)
    errors, cut = writing_errors(disturbance), LayerArrays(*arrays)
    written = _trained(training, learned, errors, cut, seed)
    counted = Transfers(errors, transfers, _COUNTED)
    through = dataclasses.replace(counted, wires=wires(segment))
    right, clean = correct_shares(written, fresh, counted)
    result = {
        "targets": list(written.targets),
        "scales": list(written.scales),
        "arrays": list(written.array_count),
        "shape": written.shape,
        "ideal": summary(right, clean),
        "wires": summary(*correct_shares(written, fresh, through)),
        "right": right,
    }
    if training["kind"] == "aware" and written.targets[0].shape[0] == 8 and tuple(arrays) == (8, 4):
        result["chip"] = _on_chip(written, fresh, through)
    return result


def _trained(training: Mapping[str, Any], learned: Points, errors: WritingErrors, arrays: Any, seed: int) -> Written:
    from spintile.model.training.moons import Recipe, fit_hardware_aware, fit_regular

    if training["kind"] == "regular":
        weight_range = training["weight_range"]
        return fit_regular(learned, seed, epochs=training["epochs"], weight_range=weight_range, arrays=arrays)
    given: dict[str, Any] = {**training["recipe"], "arrays": arrays}
    if "scales" in given:
        given["scales"] = tuple(given["scales"])
    recipe = Recipe(**given)
    return fit_hardware_aware(learned, errors, recipe, seed, wires(training["segment"]))


def summary(right: NDArray[np.float64], clean: NDArray[np.bool_] | None) -> dict[str, float | None]:
    """Share of points right in at least 95 % of transfers, mean over points and transfers, without errors [%]."""
    return {
        "share": 100 * float((right >= 0.95).mean()),
        "mean": 100 * float(right.mean()),
        "clean": None if clean is None else 100 * float(clean.mean()),
    }


def _on_chip(written: Written, fresh: Points, through: Transfers) -> dict[str, float | None]:
    from spintile.model.golden import infer
    from spintile.model.training.moons import onto_chip

    on_chip = onto_chip(written, through)
    inputs = on_chip.inputs(fresh.x)
    right = np.zeros(len(inputs), np.int64)
    for start in range(0, on_chip.image.dies, _BLOCK):
        image = on_chip.image.select(range(start, min(start + _BLOCK, on_chip.image.dies)))
        right += (infer(image, on_chip.compiled, inputs, repair=on_chip.repair).classes == fresh.label).sum(axis=0)
    return summary(right / on_chip.image.dies, None)


def rtl_settings(settings: DroletSettings, case: Mapping[str, Any]) -> list[Setting]:
    """A task for each die that goes through the RTL; ``case`` is the result of the network that was chosen."""
    common = {
        "targets": [np.asarray(target).tolist() for target in case["targets"]],
        "scales": list(case["scales"]),
        "disturbance": settings.disturbance,
        "segment": SEGMENT,
        "points": settings.rtl_points,
        "engine": settings.engine,
    }
    return [{**common, "die": die} for die in range(settings.rtl_dies)]


def run_die(
    targets: Sequence[Any],
    scales: Sequence[float],
    disturbance: Sequence[Sequence[float]] | None,
    segment: float,
    points: int,
    engine: EngineName,
    die: int,
) -> dict[str, Any]:
    """One transfer at the pins of the RTL: every code, accumulator, activation and class against the golden model."""
    from spintile.cosim.job import CosimJob
    from spintile.cosim.run import cosimulate
    from spintile.model.training.moons import LayerArrays, Transfers, Written, load_points, onto_chip

    layers = tuple(np.array(target, np.float32) for target in targets)
    written = Written(layers, tuple(scales), LayerArrays())
    errors = writing_errors(disturbance)
    on_chip = onto_chip(written, Transfers(errors, die + 1, _COUNTED, wires(segment)))
    _, fresh = load_points(points)
    job = CosimJob(
        compiled=on_chip.compiled,
        image=on_chip.image.select([die]),
        images=on_chip.inputs(fresh.x),
        repair=on_chip.repair,
    )
    result = cosimulate(job, engine)
    return {
        "engine": result.engine,
        "points": points,
        "compared": result.compared["total"],
        # A run that hung or broke the protocol has not shown equality, even where no value differs.
        "mismatches": result.mismatches["total"] or int(not result.passed),
        "first_difference": None if result.passed else result.message,
        "right": int((job.golden().classes[0] == fresh.label).sum()),
    }
