# SPDX-License-Identifier: BSD-3-Clause
"""Line faults in numbers: frames through bad lines, resets and pulled cables; no answer may be wrong."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass

import numpy as np

from ..host.board import Board
from .direct_line import DirectLine
from .line import LineFaults
from .link_case import LinkCase
from .simulation import SimulatedBoard

__all__ = ["SCENARIOS", "Scenario", "SliceReport", "add_up", "plan", "run_campaign", "run_slice"]

#: Seconds of the board's clock: a line of a simulated board is as fast as its receiver.
_TIMEOUT, _BACKOFF, _UNPLUGGED, _LATE = 0.005, 0.001, 0.02, 0.01
#: Images that a host asks for at a time.
_IMAGES = 64
#: Frames of a slice: a host and a board of their own.
_SLICE = 2_000


_SOUND = LineFaults()


@dataclass(frozen=True)
class Scenario:
    """What goes wrong.

    Parameters
    ----------
    faults : LineFaults
        Of each byte.
    resets, unplugged, power_lost : float
        Probability, each time the host sends something, that the board is reset, that the cable is pulled and put
        back, and that the board loses its power with it.
    """

    faults: LineFaults = _SOUND
    resets: float = 0.0
    unplugged: float = 0.0
    power_lost: float = 0.0


SCENARIOS: Mapping[str, Scenario] = {
    "clean": Scenario(),
    "flipped": Scenario(LineFaults(flipped=1e-3)),
    "dropped": Scenario(LineFaults(dropped=1e-2)),
    "doubled": Scenario(LineFaults(doubled=1e-3)),
    "delayed": Scenario(LineFaults(delayed=1e-3, longest_delay=_LATE)),
    "unplugged": Scenario(unplugged=0.01),
    "reset": Scenario(resets=0.005, power_lost=0.005),
    "everything": Scenario(LineFaults(1e-3, 1e-3, 1e-3, 1e-4, _LATE), resets=0.002, unplugged=0.002, power_lost=0.002),
}


@dataclass(frozen=True)
class SliceReport:
    """What came of it.

    Parameters
    ----------
    frames : int
        Frames that the host sent, and those that reached it, damaged ones included.
    images, wrong, lost : int
        Images asked for; answered wrongly; without an answer, and said to be so.
    restarts : int
        Sessions begun anew and everything loaded again.
    resent, damaged, rejects, timeouts : int
        Of the host's end of the link.
    faults : int
        Bytes that something was done to.
    mishaps : int
        Resets and pulled cables.
    cycles : int
        Of the board.
    """

    frames: int = 0
    images: int = 0
    wrong: int = 0
    lost: int = 0
    restarts: int = 0
    resent: int = 0
    damaged: int = 0
    rejects: int = 0
    timeouts: int = 0
    faults: int = 0
    mishaps: int = 0
    cycles: int = 0


class _MishapLine(DirectLine):
    """A line at whose other end things happen."""

    def __init__(self, board: SimulatedBoard, scenario: Scenario, seed: int) -> None:
        super().__init__(board, scenario.faults, seed)
        self.mishaps = 0
        self._scenario = scenario
        self._random = np.random.default_rng([seed, 1])

    def write(self, data: bytes) -> None:
        super().write(data)
        chance, scenario = self._random.random(), self._scenario
        if chance < scenario.resets:
            self.mishaps += 1
            self.board.reset()
        elif chance < scenario.resets + scenario.unplugged + scenario.power_lost:
            self.mishaps += 1
            self.unplug(_UNPLUGGED, power=chance >= scenario.resets + scenario.unplugged)


def run_slice(case: LinkCase, name: str, frames: int, seed: int) -> SliceReport:
    """A host and a board, until so many frames have passed; the same seed gives the same report.

    Parameters
    ----------
    case : LinkCase
    name : str
        A scenario's.
    frames : int
        How many at least.
    seed : int

    Raises
    ------
    BoardError
        If the board cannot be loaded at all.
    """
    line = _MishapLine(SimulatedBoard(case.library), SCENARIOS[name], seed)
    board = Board(
        line, case.geometry, timeout=_TIMEOUT, retries=8, session=1 + seed % 60_000, attempts=50, backoff=_BACKOFF
    )
    board.keep(case.contents)
    counts = board.connection.counts
    random = np.random.default_rng([seed, 2])
    images = wrong = lost = restarts = 0
    while counts.sent + counts.received + counts.damaged < frames:
        chosen = random.integers(0, len(case.images), _IMAGES)
        answers = board.run(case.images[chosen], first_index=int(random.integers(1 << 20)))
        missing = answers.classes < 0
        images += _IMAGES
        lost += int(missing.sum())
        wrong += int((answers.classes != case.classes[chosen])[~missing].sum())
        restarts += answers.restarts
    faults = sum(sum(way.line.counts.values()) for way in (line.down, line.up))
    return SliceReport(
        counts.sent + counts.received + counts.damaged,
        images,
        wrong,
        lost,
        restarts,
        counts.resent,
        counts.damaged,
        counts.rejects,
        counts.timeouts,
        faults,
        line.mishaps,
        line.board.cycles,
    )


def add_up(reports: list[SliceReport]) -> SliceReport:
    """All of them together."""
    sums = {name: sum(getattr(report, name) for report in reports) for name in asdict(SliceReport())}
    return SliceReport(**sums)


def plan(frames: int, seed: int, only: str | None = None) -> list[tuple[str, int, int]]:
    """Slices of a campaign of at least so many frames, whatever runs them: scenario, frames, seed.

    Parameters
    ----------
    frames, seed : int
    only : str, optional
        A single scenario; all of them in turn unless given.
    """
    names = list(SCENARIOS) if only is None else [only]
    # Every scenario has its turn, in a small campaign too.
    count = max(len(names), -(-frames // _SLICE))
    each = -(-frames // count)
    return [(names[number % len(names)], each, (seed << 20) + number) for number in range(count)]


def run_campaign(
    case: LinkCase,
    slices: list[tuple[str, int, int]],
    *,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, SliceReport]:
    """All slices, in processes of their own where there are several jobs; the same reports whatever ``jobs`` is.

    Returns
    -------
    dict of SliceReport
        By scenario.
    """
    reports: list[SliceReport] = []

    def done(report: SliceReport) -> None:
        reports.append(report)
        if progress is not None:
            progress(len(reports), len(slices))

    if jobs == 1:
        for each in slices:
            done(run_slice(case, *each))
    else:
        # A fork would copy locks that other threads of this process hold.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(jobs, mp_context=context) as pool:
            for report in pool.map(run_slice, [case] * len(slices), *zip(*slices, strict=True)):
                done(report)
    names = [name for name, _, _ in slices]
    return {
        name: add_up([report for other, report in zip(names, reports, strict=True) if other == name])
        for name in dict.fromkeys(names)
    }
