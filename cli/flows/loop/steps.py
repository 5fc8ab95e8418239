# SPDX-License-Identifier: BSD-3-Clause
"""Steps of the loop: each runs in a process of its own, on files of the run folder; see ``flows.steps``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...options import ChosenEngineName
from ..steps import StepProgress

if TYPE_CHECKING:
    from spintile.model.chip import Chip
    from spintile.model.dies import Population
    from spintile.model.network import Network
    from spintile.model.training import Regime

CHIP = "chip.toml"
FITTED_CHIP = "chip-fitted.toml"
TRUTH = "truth.nc"
RECOVERED = "recovered.nc"
FIT = "fitted.toml"
START = "network-software.safetensors"
_WORDS_FORMAT, _WORDS_VERSION = "spintile report words", 1


def network_file(which: str, number: int = 0) -> str:
    """A network trained on the true or the fitted statistics."""
    return f"network-{which}.safetensors" if number == 0 else f"network-{which}-{number}.safetensors"


def words_file(stage: str, die: int) -> str:
    """What one die streamed while it was measured, or programmed with the network."""
    return f"{stage}/die-{die}.safetensors"


def states_file(which: str) -> str:
    """States of all dies with the network in."""
    return f"states-{which}.safetensors"


def chip_for(which: str) -> str:
    """The chip as training and inference on the true or the fitted statistics know it."""
    return CHIP if which == "true" else FITTED_CHIP


def _chip(folder: Path, name: str = CHIP, bits: int | None = None) -> Chip:
    from spintile.model.chip import Chip

    chip = Chip.load(folder / name)
    return chip if bits is None else chip.replace(sensing=chip.sensing.replace(adc_bits=bits))


def _dies(folder: Path, numbers: list[int] | None = None) -> Population:
    from spintile.model.dies import load_population

    population = load_population(folder / TRUTH)
    if numbers is None:
        return population
    known = population.die_ids.tolist()
    return population.select([known.index(number) for number in numbers])


def _save_words(
    path: Path, die: int, words: list[NDArray[np.uint64]], states: NDArray[np.bool_], initial: NDArray[np.bool_]
) -> None:
    from spintile.model.network import save_tensors

    path.parent.mkdir(exist_ok=True)
    tensors: dict[str, NDArray[Any]] = {"states": states.astype(np.uint8), "initial": initial.astype(np.uint8)}
    tensors |= {f"words.{number}": part for number, part in enumerate(words)}
    save_tensors(path, tensors, {"format": _WORDS_FORMAT, "version": _WORDS_VERSION, "die": die})


def load_words(path: Path) -> dict[str, NDArray[Any]]:
    """``words.0``, ``words.1``, ... of the commands of one die, ``states`` left and ``initial`` ones."""
    from spintile.model.network import load_tensors

    tensors, _ = load_tensors(path, _WORDS_FORMAT, _WORDS_VERSION)
    return tensors


def draw_truth(folder: Path, progress: StepProgress, *, dies: int, seed: int) -> dict[str, Any]:
    """Draw all dies of the true process."""
    from spintile.model.dies import sample_population, save_population

    chip = _chip(folder)
    population = sample_population(chip.geometry, chip.cell, chip.statistics, dies, seed)
    save_population(population, folder / TRUTH)
    return {name: counts.tolist() for name, counts in population.counts().items() if name != "none"}


def prepare_engine(folder: Path, progress: StepProgress, *, engine: ChosenEngineName) -> dict[str, Any]:
    """Export the RTL and build its simulator while the network is being trained."""
    from ..writing.programming import prepare_writing_simulator

    prepare_writing_simulator(_chip(folder), engine)
    return {}


def measure_die(
    folder: Path, progress: StepProgress, *, die: int, bits: int, engine: ChosenEngineName, seed: int
) -> dict[str, Any]:
    """Program a checkerboard into one die, then characterise it."""
    from spintile.model.programming import WriteCommand

    from ..writing.programming import make_targets, run_commands

    chip, population = _chip(folder, bits=bits), _dies(folder, [die])
    targets, _ = make_targets("checkerboard", chip, 1, seed)
    done = run_commands(
        chip,
        population,
        [WriteCommand("targets", targets), WriteCommand("characterise")],
        seed=seed,
        engine=engine,
        folder=folder / "rtl" / f"measure-{die}",
        progress=lambda step, part, remark="": progress(part, remark),
    )
    words = [report.words(0) for report in done.reports] if done.difference is None else []
    _save_words(folder / words_file("measured", die), die, words, done.states, done.initial)
    return done.comparison()


def recover_dies(folder: Path, progress: StepProgress, *, dies: list[int], bits: int) -> dict[str, Any]:
    """Conductances and classes from what the measured dies streamed; write fidelity of the checkerboard."""
    from spintile.model.dies import save_population
    from spintile.model.programming import Report, recover

    from ..writing.characterisation import summarise_characterisation
    from ..writing.fidelity import cell_results, reported_defects, summarise

    chip, truth = _chip(folder, bits=bits), _dies(folder, dies)
    streams = [load_words(folder / words_file("measured", die)) for die in dies]
    wrote, read = (Report.from_words([stream[f"words.{i}"] for stream in streams], chip) for i in (0, 1))
    found = recover(read, chip)
    save_population(found.to_population(truth.die_ids), folder / RECOVERED)
    initial = np.concatenate([stream["initial"] for stream in streams]).astype(np.bool_)
    cells = cell_results(wrote, truth.shape)
    # What the checkerboard left is gone: the characterisation that followed wrote every cell again.
    written = summarise(cells, truth, cells.target, initial)
    return {
        "write": {name: value for name, value in written.items() if name != "wrong_state_after_verify"},
        "both_states": reported_defects(read, truth),
        "characterise": summarise_characterisation(found, truth, chip),
    }


def fit_dies(folder: Path, progress: StepProgress, *, bits: int) -> dict[str, Any]:
    """Statistics and cell of the recovered dies, and the chip with both."""
    from spintile.model.dies import load_population
    from spintile.model.dies.fitting import fit_statistics, save_fit

    from ..dies import fitted_chip

    chip = _chip(folder)
    fit = fit_statistics(load_population(folder / RECOVERED), r_access=chip.cell.r_access, source=RECOVERED)
    save_fit(fit, folder / FIT)
    fitted_chip(chip, fit).save(folder / FITTED_CHIP)
    plain = {
        name: [float(value) if np.isfinite(value) else None for value in each] for name, each in fit.estimates.items()
    }
    truth = {**chip.statistics.as_dict(), "r_p": chip.cell.r_p, "tmr": chip.cell.tmr}
    return {"intervals": plain, "truth": truth, "notes": list(fit.notes), "level": fit.level}


def train_network(
    folder: Path,
    progress: StepProgress,
    *,
    out: str,
    regime: Regime,
    chip: str,
    data: str,
    hidden: list[int],
    output_copies: int,
    input_bits: int,
    train_images: int,
    epochs: int,
    seed: int,
    start: str | None = None,
) -> dict[str, Any]:
    """Train one network: in software, or aware of the statistics that the chip file holds."""
    from spintile.model.network import load_network, save_network

    from ..data import load_data
    from ..training import dense_spec, train_on

    network = train_on(
        data=data,
        spec=dense_spec(hidden, _outputs(load_data(data).classes), input_bits=input_bits, output_copies=output_copies),
        chip=_chip(folder, chip),
        regime=regime,
        train_images=train_images,
        epochs=epochs,
        seed=seed,
        column_seed=seed,
        start=None if start is None else load_network(folder / start),
        progress=progress,
    )
    save_network(network, folder / out)
    return dict(network.metadata)


def _outputs(classes: int) -> int:
    return classes if classes > 2 else 1


def evaluate_network(
    folder: Path,
    progress: StepProgress,
    *,
    which: str,
    number: int,
    measured: list[int],
    data: str,
    test_images: int,
    seed: int,
) -> dict[str, Any]:
    """Program a network into every die by the golden model, and answer the test images with the states left there."""
    from spintile.model.evaluation import compile_for
    from spintile.model.network import load_network, software_classes
    from spintile.model.programming import make_array, program

    from ..data import network_images
    from ..writing.fidelity import cell_results, summarise

    network = load_network(folder / network_file(which, number))
    chip, population = _chip(folder, chip_for(which)), _dies(folder)
    initial = _initial_states(folder, population, measured, seed, chip)
    compiled = compile_for(network, chip)
    array = make_array(chip, population, seed, initial)
    report = program(array, chip, "targets", np.asarray(compiled.states, np.bool_))
    written = summarise(cell_results(report, population.shape), population, array.state, array.initial)
    if number == 0:
        _save_states(folder, which, population, array.state, seed)
    images, labels, _ = network_images(data, network, test_images)
    accuracies = _answers(chip, compiled, population, array.state, images, seed, progress) == labels
    return {
        "accuracies": (accuracies.mean(axis=1) * 100).tolist(),
        "images": len(labels),
        "software": float((software_classes(network, images) == labels).mean() * 100),
        "write": written,
    }


def _answers(
    chip: Chip,
    compiled: Any,
    population: Population,
    states: NDArray[np.bool_],
    images: NDArray[np.uint8],
    seed: int,
    progress: StepProgress,
) -> NDArray[np.integer]:
    """Classes (dies, images) by the golden model."""
    from spintile.model.evaluation import die_image_for
    from spintile.model.golden import infer

    image = die_image_for(compiled, chip, population, seed, states=states)
    record = infer(
        image, compiled, images, repair=chip.repair, progress=lambda done, total: progress(done / total, "images")
    )
    return np.asarray(record.classes)


def _initial_states(
    folder: Path, population: Population, measured: list[int], seed: int, chip: Chip
) -> NDArray[np.bool_]:
    """What each die holds before the network: what characterisation left, or, in a fresh die, anything."""
    from spintile.model.programming import make_array

    initial = make_array(chip, population, seed).initial.copy()
    for position, die in enumerate(population.die_ids.tolist()):
        if die in measured:
            initial[position] = load_words(folder / words_file("measured", die))["states"][0]
    return initial


def _save_states(folder: Path, which: str, population: Population, states: NDArray[np.bool_], seed: int) -> None:
    from ..writing.programming import save_states

    save_states(folder / states_file(which), population, states, {"what": network_file(which), "seed": seed})


def run_on_rtl(
    folder: Path,
    progress: StepProgress,
    *,
    die: int,
    measured: list[int],
    data: str,
    images: int,
    engine: ChosenEngineName,
    seed: int,
) -> dict[str, Any]:
    """Program the network trained on the fitted statistics into one die through the RTL, then infer through the RTL."""
    from spintile.model.evaluation import compile_for, die_image_for
    from spintile.model.network import load_network
    from spintile.model.programming import Report, WriteCommand

    from ..cosimulation import summary
    from ..data import network_images
    from ..writing.fidelity import cell_results, summarise
    from ..writing.programming import load_states, run_commands

    began = time.monotonic()
    network, chip = load_network(folder / network_file("fitted")), _chip(folder, chip_for("fitted"))
    population = _dies(folder, [die])
    compiled = compile_for(network, chip)
    done = run_commands(
        chip,
        population,
        [WriteCommand("targets", np.asarray(compiled.states, np.bool_))],
        seed=seed,
        engine=engine,
        folder=folder / "rtl" / f"program-{die}",
        initial=_initial_states(folder, population, measured, seed, chip),
        progress=lambda step, part, remark="": progress(part / 2, remark),
    )
    if done.difference is not None:
        return {"program": done.comparison(), "write": None, "infer": None}
    words = [report.words(0) for report in done.reports]
    _save_words(folder / words_file("programmed", die), die, words, done.states, done.initial)
    written = summarise(
        cell_results(Report.from_words(words, chip), population.shape), population, done.states, done.initial
    )
    # The golden model programmed all dies at once, for the accuracies: it must have left the same states.
    states = load_states(folder / states_file("fitted"), population)
    found: dict[str, Any] = {
        "program": done.comparison(),
        "write": written,
        "states_differ": int(np.count_nonzero(states != done.states)),
        "infer": None,
    }
    if engine != "model":
        from spintile.cosim.job import CosimJob
        from spintile.cosim.run import cosimulate

        pictures, _, _ = network_images(data, network, images)
        image = die_image_for(compiled, chip, population, seed, states=done.states)
        job = CosimJob(compiled=compiled, image=image, images=pictures, repair=chip.repair)
        result = cosimulate(
            job,
            engine,
            out=folder / "rtl" / f"infer-{die}",
            seed=seed,
            progress=lambda part, total: progress(0.5 + part / total / 2, f"{part} of {total} images"),
        )
        found["infer"] = summary(result)
    found["seconds"] = time.monotonic() - began
    return found


def network_summary(network: Network) -> str:
    """Its shape in words: 196-36-10."""
    return "-".join(str(size) for size in (network.layers[0].inputs, *(layer.neurons for layer in network.layers)))


def widened(chip: Chip, bits: int) -> Chip:
    """The chip with converters of at least so many bits; its reads keep the bits that they had."""
    if chip.geometry.adc_bits >= bits:
        return chip
    return chip.replace(geometry=chip.geometry.replace(adc_bits=bits))
