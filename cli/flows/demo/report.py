# SPDX-License-Identifier: BSD-3-Clause
"""From what the demonstration's steps found to ``report.json``, its checks and its page."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...report import Check, Comparison, DieMap, KernelLabel, ReportContents, Strip
from .. import checks as run_checks
from ..checks import provenance_tables
from . import steps as demo_steps
from .plan import DemoRun, die_aware_name, evaluation_name

if TYPE_CHECKING:
    from spintile.model.mapping import Compiled
    from spintile.model.network import Network

#: Bounds of the checks, in percent and points.
LEAST_SOFTWARE = 88.0
MEAN_WITHIN = 2.0
WORST_WITHIN = 6.0
OWN_DIE_WITHIN = 1.0
LOST_WITHOUT = 8.0
CYCLES_FACTOR = 1.10

#: What the page calls a data set.
_DATA = {"mnist": "Handwritten digits", "digits": "Handwritten digits", "wine": "Wine", "moons": "Half-moons"}


def accuracies(run: DemoRun, network: str, repaired: bool) -> NDArray[np.float64]:
    """Accuracy on each die [%]."""
    return np.array(run.value(evaluation_name(network, repaired))["accuracies"])


def software_accuracy(run: DemoRun) -> float:
    """Accuracy of the network trained in software, without an array [%]."""
    return float(run.value(evaluation_name("software", True))["software"])


def own_and_others(run: DemoRun, repaired: bool) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Accuracy of the die-aware networks on their own dies, on all others, and the numbers of those others."""
    own, others, numbers = [], [], []
    for die in range(run.settings.die_aware):
        values = accuracies(run, die_aware_name(die, repaired), repaired)
        own.append(values[die])
        others.append(np.delete(values, die))
        numbers.append(np.delete(np.arange(len(values)), die))
    return np.array(own), np.concatenate(others), np.concatenate(numbers)


def regimes(run: DemoRun, repaired: bool) -> dict[str, Any]:
    """Accuracies of every kind of training, with or without column repair."""
    own, others, _ = own_and_others(run, repaired)
    aware = "statistics-aware" if repaired else "statistics-aware-unrepaired"
    result: dict[str, Any] = {
        "software": software_accuracy(run),
        "unaware": _spread(accuracies(run, "software", repaired)),
        "statistics_aware": _spread(accuracies(run, aware, repaired)),
        "die_aware": {**_spread(own), "dies": own.tolist()},
    }
    if others.size:
        result["die_aware"]["others"] = _spread(others)
    return result


def _spread(values: NDArray[np.float64]) -> dict[str, float]:
    return {
        "mean": float(values.mean()),
        "min": float(values.min()),
        "max": float(values.max()),
        "std": float(values.std()),
    }


def make_checks(run: DemoRun) -> tuple[Check, ...]:
    """What the demonstration has to show."""
    repaired, plain, cosim = regimes(run, True), regimes(run, False), run.value("cosim")
    software = repaired["software"]
    aware, own = repaired["statistics_aware"], repaired["die_aware"]
    lost, cycles = software - plain["unaware"]["mean"], cosim["cycles_per_image"]
    return (
        Check("software", f"≥ {LEAST_SOFTWARE:g} %", f"{software:.2f} %", software >= LEAST_SOFTWARE),
        _within("statistics-aware, mean", aware["mean"], software, MEAN_WITHIN),
        _within("statistics-aware, worst die", aware["min"], software, WORST_WITHIN),
        _within("die-aware, own die", own["mean"], software, OWN_DIE_WITHIN, own["min"]),
        Check("unaware, no repair", f"loses ≥ {LOST_WITHOUT:g} points", f"{lost:.2f} points", lost >= LOST_WITHOUT),
        Check(
            "values that differ", "0", f"{cosim['mismatches']:,}", cosim["mismatches"] == 0 and cosim["compared"] > 0
        ),
        Check(
            "cycles per image",
            f"≤ {CYCLES_FACTOR:.2f} × {cosim['cycles_bound']}",
            "none" if cycles is None else f"{cycles:.1f}",
            cycles is not None and cycles <= CYCLES_FACTOR * cosim["cycles_bound"],
        ),
    )


def _within(name: str, value: float, software: float, points: float, worst: float | None = None) -> Check:
    lost = software - value
    also = "" if worst is None else f" (worst {software - worst:.2f})"
    return Check(
        name,
        f"within {points:g} {'point' if points == 1 else 'points'} of software",
        f"{lost:.2f} points{also}",
        lost <= points,
    )


def make_report(run: DemoRun, checks: Sequence[Check]) -> dict[str, Any]:
    """Contents of ``report.json``; accuracies in percent."""
    cosim = run.value("cosim")
    return {
        "format_version": 1,
        "holds": all(check.holds for check in checks),
        "accuracy": regimes(run, True),
        "accuracy_without_repair": regimes(run, False),
        "dies": run.settings.dies,
        "images": run.value(evaluation_name("software", True))["images"],
        "cosim": {
            name: cosim[name]
            for name in (
                "engine", "dies", "images", "compared", "compared_by_stage", "mismatches", "first_difference", "die_ids"
            )
        },
        "rtl": {"cycles_per_image": cosim["cycles_per_image"], "cycles_bound": cosim["cycles_bound"]},
        "seconds": run.seconds,
        "checks": [check.as_dict() for check in checks],
        "steps": {
            name: {"seconds": result.seconds, "reused": result.reused} for name, result in sorted(run.results.items())
        },
        "provenance": provenance(run),
    }  # fmt: skip


def provenance(run: DemoRun) -> dict[str, str]:
    """Versions of what made the numbers, and hashes of the files they came from."""
    networks = ("software", "statistics-aware", "statistics-aware-unrepaired")
    files = [demo_steps.CHIP, demo_steps.POPULATION, *(demo_steps.network_file(name) for name in networks)]
    return run_checks.provenance(run.settings.seed, {name: run.folder / name for name in files})


def make_contents(run: DemoRun, checks: Sequence[Check]) -> ReportContents:
    """What the page shows."""
    from spintile.model.chip import Chip
    from spintile.model.data import load
    from spintile.model.dies import load_population
    from spintile.model.evaluation import compile_for
    from spintile.model.network import load_network

    chip = Chip.load(run.folder / demo_steps.CHIP)
    network = load_network(run.folder / demo_steps.network_file("statistics-aware"))
    population = load_population(run.folder / demo_steps.POPULATION)
    compiled = compile_for(network, chip)
    headline = run.value(evaluation_name("statistics-aware", True))
    strips = make_strips(run, population.die_ids)
    cosim = run.value("cosim")
    shape = _shape(network)
    geometry, statistics = chip.geometry, chip.statistics
    return ReportContents(
        title=f"{_DATA.get(run.settings.data, run.settings.data)} on {run.settings.dies} defective dies",
        subtitle=(
            f"A binary {shape} network on {geometry.devices:,} magnetic tunnel junctions a die: {geometry.kernels} "
            f"kernels of {geometry.rows} × {geometry.cols}, one transistor and one junction a cell, "
            f"read by {chip.adc_bits}-bit ADCs."
        ),
        software=software_accuracy(run),
        strips=strips,
        headline=next(i for i, strip in enumerate(strips) if strip.colour == "statistics" and strip.repaired),
        confusion=np.array(headline["confusion"]),
        die_maps=tuple(
            DieMap(int(die), population.defect[i], float(headline["accuracies"][i]))
            for i, die in enumerate(population.die_ids)
        ),
        kernel_labels=kernel_labels(compiled),
        placement_svg=placement_svg(network, compiled),
        comparison=Comparison(
            engine=cosim["engine"],
            dies=cosim["dies"],
            images=cosim["images"],
            compared=cosim["compared_by_stage"],
            mismatches=cosim["mismatches"],
            first_difference=cosim["first_difference"],
            cycles_per_image=cosim["cycles_per_image"],
            cycles_bound=cosim["cycles_bound"],
        ),
        checks=tuple(checks),
        settings={
            "Chip": {
                "preset": geometry.name,
                "kernels": f"{geometry.kernels} of {geometry.rows} × {geometry.cols}",
                "G_P, G_AP": f"{chip.cell.g_p * 1e6:.0f}, {chip.cell.g_ap * 1e6:.0f} µS",
                "read voltage": f"{chip.sensing.v_read:g} V",
                "ADC": f"{chip.adc_bits} bits, full scale {chip.sensing.full_scale_rows:g} × rows × G_P",
                "columns per ADC": str(geometry.columns_per_adc),
                "column repair": chip.repair_mode.replace("_", " ")
                + (", only where unambiguous" if chip.strict else ""),
                "geometry hash": f"0x{geometry.digest():08x}",
            },
            "Dies": {
                "dies": str(run.settings.dies),
                "shorts": f"{statistics.short:.2%} at {statistics.short_strength:g} G_P",
                "opens": f"{statistics.open:.2%}",
                "stuck-P, stuck-AP": f"{statistics.stuck_p:.2%}, {statistics.stuck_ap:.2%}",
                "resistance spread": f"{statistics.spread:.1%} within a die, {statistics.die_spread:.1%} between dies",
                "clipped die-image entries": str(headline["saturations"]),
            },
            "Network and data": {
                "network": shape,
                "input bits": str(network.input_bits),
                "copies of the output layer": str(network.layers[-1].copies),
                "reads per image": str(compiled.reads_per_image),
                "test images": f"{headline['images']:,}",
            },
        },
        provenance=provenance_tables(provenance(run)),
        credit=load(run.settings.data).attribution,
    )


def _shape(network: Network) -> str:
    return "-".join(str(size) for size in (network.layers[0].inputs, *(layer.neurons for layer in network.layers)))


def make_strips(run: DemoRun, die_ids: NDArray[np.int64]) -> tuple[Strip, ...]:
    """Rows of the accuracy picture: each kind of training without and with repair."""
    rows: list[Strip] = []
    for label, colour, name in (
        ("unaware", "unaware", "software"),
        ("statistics-aware", "statistics", "statistics-aware"),
    ):
        for repaired in (False, True):
            network = name if repaired or name == "software" else f"{name}-unrepaired"
            rows.append(Strip(label, colour, repaired, accuracies(run, network, repaired), die_ids))
    for repaired in (False, True):
        own, _, _ = own_and_others(run, repaired)
        rows.append(Strip("die-aware, each on its own die", "own", repaired, own, die_ids[: len(own)]))
    for repaired in (False, True):
        _, others, numbers = own_and_others(run, repaired)
        if others.size:
            rows.append(
                Strip(
                    "die-aware, on the other dies", "others", repaired, others, die_ids[numbers], run.settings.die_aware
                )
            )
    return tuple(rows)


def kernel_labels(compiled: Compiled) -> tuple[KernelLabel | None, ...]:
    """What each kernel holds; None where it is spare."""
    labels: list[KernelLabel | None] = [None] * compiled.geometry.kernels
    for number, (layer, placed) in enumerate(zip(compiled.network.layers, compiled.placement.layers, strict=True)):
        for group, neurons in enumerate(placed.groups):
            for slice_, inputs in enumerate(placed.slices):
                used = [i for i in inputs if i >= 0]
                for copy, kernel in enumerate(placed.kernels[group, slice_]):
                    labels[int(kernel)] = KernelLabel(
                        layer=number,
                        neurons=f"{'classes' if layer.is_output else 'neurons'} {neurons[0]}–{neurons[-1]}",
                        inputs=f"inputs {min(used)}–{max(used)}" + (f", copy {copy + 1}" if layer.copies > 1 else ""),
                    )
    return tuple(labels)


def placement_svg(network: Network, compiled: Compiled) -> str:
    """The placement drawing as an SVG element; the same placement gives the same text."""
    import matplotlib
    from spintile.model.mapping import draw_placement

    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "spintile", "svg.fonttype": "none"}):
        draw_placement(network, compiled.placement, title=_shape(network)).savefig(
            buffer, format="svg", metadata={"Date": None}
        )
    text = buffer.getvalue()
    return text[text.index("<svg") :]
