# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import numpy as np
import pytest
from spintile.model.array import Wires
from spintile.model.chip import Chip
from spintile.model.dies import DefectStatistics
from spintile.model.programming import characterise_campaign, random_targets, write_campaign

BORDERS, GOODWILL = Chip.preset("borders"), Chip.preset("goodwill")
SMALL = BORDERS.replace(geometry=BORDERS.geometry.replace(kernels=4))
BAD = SMALL.statistics.replace(short=0.01, open=0.01, stuck_p=0.01, stuck_ap=0.01)


def test_verification_leaves_no_healthy_cell_behind() -> None:
    found = write_campaign(BORDERS, 6, 3)
    assert found["fidelity"]["healthy"] > 119_000
    assert found["fidelity"]["healthy_failed_after"] == found["healthy_in_wrong_state"] == 0
    # A first pulse alone does leave some: without retries the figure is another one.
    assert found["fidelity"]["healthy_failed_before"] > 500
    assert found["healthy_failure_rate_below"] == pytest.approx(3 / found["fidelity"]["healthy"], rel=0.01)


def test_one_step_without_retries_is_found_out() -> None:
    writing = SMALL.writing
    once = writing.replace(levels_p=writing.levels_p[:1], levels_ap=writing.levels_ap[:1], widths=writing.widths[:1])
    found = write_campaign(SMALL.replace(writing=once), 2, 3)
    assert found["fidelity"]["healthy_failed_after"] == found["healthy_in_wrong_state"] > 20


def test_figures_do_not_depend_on_the_batch() -> None:
    assert write_campaign(SMALL, 5, 3, batch=1) == write_campaign(SMALL, 5, 3, batch=4)
    first, second = (characterise_campaign(SMALL, 3, 3, batch=batch) for batch in (1, 3))
    for key in ("mean_error", "bias"):  # sums of floating-point numbers: the last digit may differ
        assert first.pop(key) == pytest.approx(second.pop(key), rel=1e-9)
    assert first == second


def test_targets_of_a_die_are_its_own() -> None:
    assert np.array_equal(random_targets(SMALL, 3, 1), random_targets(SMALL, 3, 1))
    assert not np.array_equal(random_targets(SMALL, 3, 1), random_targets(SMALL, 4, 1))


@pytest.mark.parametrize("strength", [6.0, 2.3])
def test_classes_come_back(strength: float) -> None:
    found = characterise_campaign(SMALL.replace(statistics=BAD.replace(short_strength=strength)), 4, 3)
    assert found["confusion"]["defects"] > 350
    assert found["confusion"]["precision"] == found["confusion"]["recall"] == 1.0
    assert found["largest_error_lsb"] < 1


def test_progress_counts_dies_and_nonsense_is_refused() -> None:
    seen: list[tuple[int, int]] = []
    write_campaign(SMALL, 3, 1, lambda done, dies: seen.append((done, dies)), batch=2)
    assert seen == [(2, 3), (3, 3)]
    with pytest.raises(ValueError, match=r"^campaign: dies and batch must be at least 1, not 0 and 4$"):
        write_campaign(SMALL, 0)


PASSIVE = GOODWILL.replace(
    geometry=GOODWILL.geometry.replace(kernels=1), wires=Wires(), statistics=DefectStatistics(spread=0.05)
)
#: Ideal wires: pulses strong enough that half of one flips a weak cell now and then.
HARSH = PASSIVE.replace(
    writing=GOODWILL.writing.replace(levels_p=(655, 721, 786), levels_ap=(655, 721, 786), widths=(10, 10, 10)),
)


@pytest.mark.parametrize(("scheme", "disturbed"), [("half", True), ("third", False)])
def test_what_half_selection_disturbs_is_repaired_by_later_passes(scheme: str, disturbed: bool) -> None:
    def left(passes: int) -> int:
        chip = HARSH.replace(writing=HARSH.writing.replace(passes=passes, scheme=scheme))
        return int(write_campaign(chip, 10, 1, batch=10)["healthy_in_wrong_state"])

    assert (left(1) > 5) == disturbed
    assert left(5) == 0


def test_the_passive_preset_writes_every_healthy_cell() -> None:
    found = write_campaign(PASSIVE, 10, 1, batch=10)
    assert found["fidelity"]["healthy_failed_before"] > 100
    assert found["fidelity"]["healthy_failed_after"] == found["healthy_in_wrong_state"] == 0
