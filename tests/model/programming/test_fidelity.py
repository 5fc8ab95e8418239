# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import numpy as np
import pytest
from small_write_chips import dies_of, small
from spintile.model.dies import DefectStatistics
from spintile.model.geometry import preset
from spintile.model.programming import Fidelity, Report, encode_words, fidelity, make_array, program

CHIP = small(passes=2, levels_p=(800, 1638), levels_ap=(850, 1720), widths=(1, 1))


def words(*cells: tuple[int, int, int, int]) -> np.ndarray:
    """PROGRAM words of (col, pass, first_ok, outcome)."""
    return np.array([encode_words(col=c, stage=p, first_ok=f, outcome=o) for c, p, f, o in cells], np.uint64)


def test_the_first_pass_gives_before_and_the_last_one_after() -> None:
    report = Report(preset("demo"), (words((0, 0, 1, 0), (1, 0, 0, 0), (0, 1, 0, 1), (1, 1, 1, 0)),))
    assert fidelity(report) == Fidelity(2, 2, 1, 1, 1, 1)
    defect = np.zeros((1, 8, 16, 8), np.uint8)
    defect[0, 0, 0, 0] = 3
    found = fidelity(report, defect)
    assert found == Fidelity(2, 1, 1, 1, 1, 0)
    assert (found.before, found.after, found.healthy_before, found.healthy_after) == (0.5, 0.5, 0.0, 1.0)
    assert (found + found).as_dict()["cells"] == 4


def test_classes_of_another_shape_are_refused() -> None:
    report = Report(preset("demo"), (words((0, 0, 1, 0)),))
    with pytest.raises(ValueError, match=r"^defect must have \(dies, kernels, rows, cols\) = \(1, 8, 16, 8\), not "):
        fidelity(report, np.zeros((2, 8, 16, 8), np.uint8))


def test_nothing_written_is_nothing_failed() -> None:
    assert fidelity(Report(preset("demo"), ())).after == 1.0


def test_what_the_report_calls_right_is_right_in_the_array() -> None:
    chip = CHIP.replace(statistics=DefectStatistics(spread=0.05), sensing=CHIP.sensing.replace(noise_sigma=0.0))
    dies = dies_of(chip, 20)
    targets = np.random.default_rng(1).random(dies.shape) < 0.5
    array = make_array(chip, dies, 2)
    report = program(array, chip, "targets", targets)
    table = report.decode()
    found = fidelity(report, dies.defect)
    assert found.failed_after == np.count_nonzero(array.state != targets)
    # The weak first pulse fails often, and the retries help.
    assert found.before < 0.95 < found.after
    wrong = array.state != targets
    wrong[0, 0, 0, 0] ^= True
    assert found.failed_after != np.count_nonzero(wrong)
    assert table.first_ok.size >= found.cells
