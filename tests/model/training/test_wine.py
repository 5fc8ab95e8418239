# SPDX-License-Identifier: BSD-3-Clause
"""Wine on passive arrays: training all at once, files, arrays, integers; each with a fault that must show."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from spintile.model.golden import infer, make_die_image
from spintile.model.mapping import compile_network, place
from spintile.model.network import software_classes
from spintile.model.training.wine import (
    CELLS,
    Solutions,
    TrainingSettings,
    array_results,
    array_scores,
    chip_of,
    ideal_scores,
    integer_network,
    load_samples,
    pack,
    read_folder,
    save_folder,
    solution_metrics,
    splits,
    train_solutions,
    unpack,
    write_solutions,
)

SAMPLES = load_samples()


@pytest.fixture(scope="module")
def trained() -> Solutions:
    """Four solutions, trained briefly."""
    numbers = (0, 1, 2, 3)
    return train_solutions(SAMPLES.inputs, SAMPLES.labels, splits(numbers, 1), numbers, 1, TrainingSettings(steps=300))


def accuracy(scores: np.ndarray) -> np.ndarray:
    """Share of right answers of scores (..., samples, 3)."""
    return (scores.argmax(axis=-1) == SAMPLES.labels).mean(axis=-1)


def test_samples_are_scaled_and_split_148_to_30() -> None:
    assert SAMPLES.inputs.shape == (178, 13)
    assert SAMPLES.inputs.min() == 0
    assert SAMPLES.inputs.max() == 1
    chosen = splits((0, 7), 1)
    assert chosen.sum(axis=1).tolist() == [148, 148]
    assert (chosen[0] != chosen[1]).any()
    np.testing.assert_array_equal(chosen[1], splits((7,), 1)[0])


def test_training_learns_and_repeats_itself(trained: Solutions) -> None:
    assert np.median(accuracy(ideal_scores(trained, SAMPLES.inputs, 1.0))) > 0.9
    # An untrained slice of the same tensors does not.
    numbers = (0, 1)
    few = [
        train_solutions(SAMPLES.inputs, SAMPLES.labels, splits(numbers, 1), numbers, 1, TrainingSettings(steps=1))
        for _ in range(2)
    ]
    assert np.median(accuracy(ideal_scores(few[0], SAMPLES.inputs, 1.0))) < 0.9
    assert pack(few[0]) == pack(few[1])


def test_only_training_samples_are_learnt_from() -> None:
    numbers, chosen = (0,), splits((0,), 1)
    short = TrainingSettings(steps=20)
    labels = SAMPLES.labels.copy()
    labels[~chosen[0]] = 0  # nobody may look here
    plain = train_solutions(SAMPLES.inputs, SAMPLES.labels, chosen, numbers, 1, short)
    assert pack(plain) == pack(train_solutions(SAMPLES.inputs, labels, chosen, numbers, 1, short))
    labels[chosen[0]] = 0
    assert pack(plain) != pack(train_solutions(SAMPLES.inputs, labels, chosen, numbers, 1, short))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": 0}, "training: steps must be at least 1, not 0"),
        ({"flips": -0.1}, "training: flips must be from 0 to below 10, not -0.1"),
        ({"gain": 0.0}, "training: gain must be positive, not 0.0"),
    ],
)
def test_bad_settings_are_refused(change: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError) as refused:
        TrainingSettings().replace(**change)
    assert str(refused.value) == message


def test_pair_order_is_even_plus_odd_minus() -> None:
    first, second = np.zeros((1, 13, 12), bool), np.zeros((1, 6, 6), bool)
    first[0, 4, 2], second[0, 1, 5] = True, True
    made = Solutions((0,), first, np.zeros((1, 6)), second, np.zeros((1, 3)))
    weights = made.weights
    assert weights[0][0, 4, 1] == 1
    assert weights[1][0, 1, 2] == -1
    assert np.abs(weights[0]).sum() + np.abs(weights[1]).sum() == 2


def test_folder_gives_back_what_was_saved(trained: Solutions, tmp_path: Path) -> None:
    save_folder(trained, tmp_path)
    assert pack(read_folder(tmp_path)) == pack(trained)
    assert pack(unpack(pack(trained))) == pack(trained)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("0_fc1_weight.txt", "0 1\n", "line 1: must have 12 states, not 2"),
        ("0_fc2_weight.txt", "0 1 0 1 0 1\n" * 2 + "0 1 2 1 0 1\n", "line 3: states must be 0 or 1, not '2'"),
        ("0_fc2_weight.txt", "0 1 0 1 0 1\n" * 5, "line 6: must be one of 6 lines of 6 states, not the end"),
        ("0_fc2_weight.txt", "0 1 0 1 0 1\n" * 7, "line 7: must be the end after 6 lines, not a further line"),
        ("0_fc1_bias.txt", "1\n2\nx\n", "line 3: values must be finite numbers, not 'x'"),
        ("0_fc2_bias.txt", "1\nnan\n3\n", "line 2: values must be finite numbers, not 'nan'"),
        ("0_fc2_bias.txt", "1 2\n", "line 2: must be one of 3 numbers, not the end after 2"),
        ("0_fc2_bias.txt", "1\n2\n3\n4\n", "line 4: must be the end after 3 numbers, not '4'"),
        ("0_fc2_bias.txt", "1\n1e9\n3\n", "line 2: biases must be within +-1e+06, not '1e9'"),
    ],
)
def test_malformed_file_is_refused_with_file_and_line(
    trained: Solutions, tmp_path: Path, name: str, text: str, message: str
) -> None:
    save_folder(trained, tmp_path)
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError) as refused:
        read_folder(tmp_path)
    assert str(refused.value) == f"{tmp_path / name}: {message}"


def test_folder_without_all_files_is_refused(trained: Solutions, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"must hold files like 0_fc1_weight.txt, and there is none"):
        read_folder(tmp_path)
    save_folder(trained, tmp_path)
    (tmp_path / "2_fc1_bias.txt").unlink()
    with pytest.raises(ValueError, match=r"2_fc1_bias.txt: must be there beside the other files of solution 2"):
        read_folder(tmp_path)
    (tmp_path / "2_fc1_bias.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match=r"2_fc1_bias.txt: must be a text file in UTF-8: byte 0 is not"):
        read_folder(tmp_path)


def test_array_of_perfect_cells_is_the_ideal_network(trained: Solutions) -> None:
    group = trained.select([0])
    chip = chip_of("mtj-50nm", segment=0.0)
    perfect = chip.replace(statistics=type(chip.statistics)())
    run = write_solutions(group, perfect, 1)
    assert run.wrong.sum() == 0
    scores = array_scores(group, run, perfect, SAMPLES.inputs, (0.8, 1.0))
    for found, scale in zip(scores, (0.8, 1.0), strict=True):
        np.testing.assert_allclose(found, ideal_scores(group, SAMPLES.inputs, scale), rtol=1e-9)
    # One cell in the wrong state, or wires, and it is not.
    run.states[0, 1, 0, 0] ^= True
    assert run.wrong.tolist() == [[0, 1]]
    wrong = array_scores(group, run, perfect, SAMPLES.inputs, (1.0,))
    assert np.abs(wrong - scores[1:]).max() > 0.1
    run.states[0, 1, 0, 0] ^= True
    wired = array_scores(group, run, chip_of("mtj-50nm"), SAMPLES.inputs, (1.0,))
    assert np.abs(wired - scores[1:]).max() > 0.01


def test_writing_depends_on_seed_and_number_alone(trained: Solutions) -> None:
    chip = chip_of("mtj-50nm", "first-pulse")
    together = write_solutions(trained.select([0, 1]), chip, 1)
    alone = write_solutions(trained.select([1]), chip, 1)
    np.testing.assert_array_equal(together.states[1], alone.states[0])
    assert together.before[1] == alone.before[0]
    assert together.wrong.sum() > 0  # a weak pulse leaves errors, and they are counted
    counted = 1 - together.wrong.sum(axis=1) / CELLS
    assert np.abs(counted - together.after).max() < 0.05


def test_devices_and_ways_of_writing_are_named_in_errors() -> None:
    with pytest.raises(ValueError, match="device must be one of mtj-50nm, mtj-40nm, mtj-11nm, not 'x'"):
        chip_of("x")
    with pytest.raises(ValueError, match="write must be one of verified, one-pulse, first-pulse, defects, not 'x'"):
        chip_of("mtj-50nm", "x")


def test_task_gives_every_answer(trained: Solutions) -> None:
    group = pack(trained.select([0]))
    found = array_results(1, "mtj-11nm", "one-pulse", [0.9, 1.0], group)
    assert found["correct"].shape == (2, 1, 178)
    assert found["correct"].mean() > 0.6
    metrics = solution_metrics(1.0, group)
    right = accuracy(ideal_scores(trained.select([0]), SAMPLES.inputs, 1.0))
    np.testing.assert_allclose(metrics["ideal"], right)
    assert metrics["sensitivity"][0] > 0


def test_sensitivity_is_that_of_flipping_each_device(trained: Solutions) -> None:
    group = trained.select([0])
    found = solution_metrics(1.0, pack(group))["sensitivity"][0]
    total = 0.0
    for name in ("first", "second"):
        states = getattr(group, name)
        for cell in np.ndindex(states.shape):
            states[cell] ^= True
            total += float(accuracy(ideal_scores(group, SAMPLES.inputs, 1.0))[0])
            states[cell] ^= True
    right = float(accuracy(ideal_scores(group, SAMPLES.inputs, 1.0))[0])
    assert found == pytest.approx(right - total / CELLS, abs=1e-12)


def test_integers_answer_as_the_solution_does(trained: Solutions) -> None:
    chip = chip_of("mtj-50nm")
    network = integer_network(trained, 1, chip, 1.0)
    ideal = ideal_scores(trained, SAMPLES.inputs, 1.0)[1].argmax(axis=1)
    # 4-bit activations move a few samples at the border.
    assert (software_classes(network, SAMPLES.levels) == ideal).mean() > 0.95
    # A constant that is not folded into the output bias shows.
    bias = network.layers[1].bias
    assert bias is not None
    steps = 7.5 * network.layers[1].weights.sum(axis=1) * network.layers[1].unit
    bias += np.rint(steps).astype(np.int64)
    assert (software_classes(network, SAMPLES.levels) == ideal).mean() < 0.95
    with pytest.raises(ValueError, match="scale must be positive, not 0"):
        integer_network(trained, 1, chip, 0)


def test_integers_run_on_the_chip(trained: Solutions) -> None:
    chip = chip_of("mtj-50nm")
    network = integer_network(trained, 0, chip, 1.0)
    compiled = compile_network(
        network, place(network, chip.geometry), codes_per_weight=chip.codes_per_weight, adc_bits=chip.adc_bits
    )
    run = write_solutions(trained.select([0]), chip, 1)
    np.testing.assert_array_equal(compiled.states[np.newaxis], run.targets)
    image = make_die_image(run.population, run.states, chip.geometry, chip.cell, chip.sensing, 1, wires=chip.wires)
    assert infer(image, compiled, SAMPLES.levels).accuracy(SAMPLES.labels)[0] > 0.85
