# SPDX-License-Identifier: BSD-3-Clause
"""A mutation campaign: every mutant through the workload, survivors to the prover; an ended one goes on."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spintile.model.files import write_atomically
from spintile.model.geometry import Geometry

from .equivalence import prove_equivalent
from .events import reference_differences
from .harness import build_bench
from .logic import logic_of
from .mutants import Mutant, MutatedDesign, mutate
from .workload import Workload, make_workload

__all__ = ["DATA_PATH", "Campaign", "run_campaign"]

#: Blocks that numbers of an image pass through.
DATA_PATH = ("memory", "gather", "read_path", "accumulator", "activation")
#: What the prover says of a mutant that changes nothing.
_PROVED = ("equivalent", "unreachable")
_CHUNK = 25


@dataclass(frozen=True)
class Campaign:
    """What became of the mutants.

    Parameters
    ----------
    geometry : str
        Name of the chip.
    seed : int
        Of the draw.
    killed : dict of int to str
        Mutants that were seen, and by what: a channel of the bench, ``protocol``, ``hang`` or ``crash``.
    equivalent : tuple of int
        Mutants proved to change nothing.
    survived : tuple of int
        The others.
    mutants : tuple of Mutant
        All of them.
    cycles : int
        Clock cycles of the workload.
    seconds : float
        Of this run; mutants that were known from a run before are not in it.
    """

    geometry: str
    seed: int
    killed: dict[int, str]
    equivalent: tuple[int, ...]
    survived: tuple[int, ...]
    mutants: tuple[Mutant, ...]
    cycles: int
    seconds: float

    @property
    def score(self) -> float:
        """Share of the mutants not proved equivalent that were killed; 1 if there are none."""
        return _share(len(self.killed), len(self.survived))

    @property
    def data_path_score(self) -> float:
        """The same for mutants in the data path alone."""
        inside = {mutant.number for mutant in self.mutants if mutant.block in DATA_PATH}
        return _share(len(inside & set(self.killed)), len(inside & set(self.survived)))

    def as_dict(self) -> dict[str, Any]:
        """For JSON: counts, what killed, by block, and the survivors with their source."""
        by_number = {mutant.number: mutant for mutant in self.mutants}
        blocks: dict[str, Counter[str]] = {}
        for outcome, numbers in (("killed", self.killed), ("equivalent", self.equivalent), ("survived", self.survived)):
            for number in numbers:
                blocks.setdefault(by_number[number].block, Counter())[outcome] += 1
        return {
            "geometry": self.geometry,
            "seed": self.seed,
            "total": len(self.mutants),
            "killed": len(self.killed),
            "equivalent": len(self.equivalent),
            "survived": len(self.survived),
            "score": self.score,
            "data_path_score": self.data_path_score,
            "killed_by": dict(sorted(Counter(self.killed.values()).items())),
            "blocks": {block: dict(blocks[block]) for block in sorted(blocks)},
            "survivors": [{**by_number[number].as_dict(), "text": by_number[number].text} for number in self.survived],
            "cycles": self.cycles,
            "seconds": self.seconds,
        }


def _share(killed: int, survived: int) -> float:
    return killed / (killed + survived) if killed + survived else 1.0


def run_campaign(
    geometry: Geometry,
    count: int,
    *,
    seed: int = 0,
    out: str | Path,
    jobs: int = 1,
    prove: bool = True,
    progress: Callable[[int, int], None] | None = None,
    cache: Path | None = None,
) -> Campaign:
    """Run mutants of a chip's periphery through the workload.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.
    count : int
        How many mutants.
    seed : int
        Of the draw and of the workload.
    out : path
        Folder for ``mutants.jsonl``, from which a campaign that was ended goes on, and ``mutation.json``.
    jobs : int
        Mutants at once.
    prove : bool
        Try to prove survivors equivalent.
    progress : function (mutants done, mutants in all), optional
        Called after each few mutants.
    cache : Path, optional
        Where builds are kept.

    Raises
    ------
    MissingTool, BuildError
        If a tool is missing, or the bench does not build.
    RuntimeError
        If the design itself fails the workload, or differs from the golden model in it.
    ValueError
        If count or jobs are not positive.
    """
    if jobs < 1:
        raise ValueError(f"jobs must be at least 1, not {jobs}")
    began = time.monotonic()
    design = mutate(geometry, count, seed)
    workload = make_workload(geometry, seed)
    bench = build_bench(design.verilog, geometry, cache=cache, jobs=jobs)
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    cycles = _refer(bench, workload, folder)
    key = hashlib.sha256(f"{design.verilog}\0{workload.script}\0{bench.parent.name}".encode()).hexdigest()
    log = _Log(folder / "mutants.jsonl", key)
    todo = [mutant.number for mutant in design.mutants if mutant.number not in log.verdicts]
    _run(bench, folder, todo, jobs, log, lambda: progress and progress(len(log.verdicts), count))
    if prove:
        _prove(design, log, jobs)
    result = _result(design, seed, log, cycles, time.monotonic() - began)
    write_atomically(folder / "mutation.json", (json.dumps(result.as_dict(), indent=1) + "\n").encode())
    return result


def _refer(bench: Path, workload: Workload, folder: Path) -> int:
    """Run the design itself, and hold it against the golden model; cycles that it took."""
    (folder / "script").write_text(workload.script)
    done = subprocess.run(
        [str(bench), "script", "reference"], cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    lines = done.stdout.splitlines()
    told = json.loads(lines[-1]) if lines else {}
    if done.returncode:
        raise RuntimeError(f"design must pass the workload of the mutants, and does not: {told or done.returncode}")
    difference = reference_differences(workload, folder / "reference")
    if difference:
        raise RuntimeError(f"design must agree with the golden model before it is mutated: {difference}")
    return int(told["cycle"])


class _Log:
    """What is known of each mutant, on disk as it comes in; forgotten if the campaign is another one."""

    def __init__(self, path: Path, key: str) -> None:
        self.verdicts: dict[int, dict[str, Any]] = {}
        self.proofs: dict[int, str] = {}
        self._path = path
        self._lock = threading.Lock()
        lines = path.read_text().splitlines() if path.is_file() else []
        if not lines or lines[0] != json.dumps({"campaign": key}):
            path.write_text(json.dumps({"campaign": key}) + "\n")
            return
        for line in lines[1:]:
            try:
                self._take(json.loads(line))
            except ValueError:  # a line cut short when the campaign was ended
                continue
        if not path.read_text().endswith("\n"):
            with path.open("a") as file:
                file.write("\n")

    def add(self, entries: Iterable[dict[str, Any]]) -> None:
        """Keep some more."""
        with self._lock, self._path.open("a") as file:
            for entry in entries:
                file.write(json.dumps(entry) + "\n")
                self._take(entry)

    def _take(self, entry: dict[str, Any]) -> None:
        if "proof" in entry:
            self.proofs[entry["mutant"]] = entry["proof"]
        else:
            self.verdicts[entry["mutant"]] = entry


def _run(bench: Path, folder: Path, todo: Sequence[int], jobs: int, log: _Log, tell: Callable[[], object]) -> None:
    """Mutants through the workload, a few to each process."""

    def run(numbers: Sequence[int]) -> None:
        command = [str(bench), "script", "reference", *map(str, numbers)]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        entries = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        if done.returncode or [entry["mutant"] for entry in entries] != list(numbers):
            raise RuntimeError(f"bench must give a verdict on each mutant, not end with status {done.returncode}")
        log.add(entries)
        tell()

    chunks = [todo[place : place + _CHUNK] for place in range(0, len(todo), _CHUNK)]
    with ThreadPoolExecutor(jobs) as pool:
        for _ in pool.map(run, chunks):
            pass


def _prove(design: MutatedDesign, log: _Log, jobs: int) -> None:
    """Settle the survivors that are not settled yet, some at once: most of the time belongs to other programs."""
    survivors = [number for number, entry in log.verdicts.items() if entry["verdict"] == "survived"]
    todo = sorted(set(survivors) - set(log.proofs))
    if not todo:
        return
    chosen = tuple(mutant for mutant in design.mutants if mutant.number in todo)
    logic = logic_of(dataclasses.replace(design, mutants=chosen))

    ended = threading.Event()

    def settle(numbers: Sequence[int]) -> None:
        for number, proof in prove_equivalent(logic, numbers):
            log.add([{"mutant": number, "proof": proof}])
            if ended.is_set():
                return

    with ThreadPoolExecutor(jobs) as pool:
        try:
            for _ in pool.map(settle, [todo[place::jobs] for place in range(jobs)]):
                pass
        finally:  # a campaign that is ended waits for the proofs that have begun, not for all
            ended.set()


def _result(design: MutatedDesign, seed: int, log: _Log, cycles: int, seconds: float) -> Campaign:
    killed = {number: entry["by"] for number, entry in sorted(log.verdicts.items()) if entry["verdict"] == "killed"}
    rest = sorted(set(log.verdicts) - set(killed))
    equivalent = tuple(number for number in rest if log.proofs.get(number) in _PROVED)
    survived = tuple(number for number in rest if log.proofs.get(number) not in _PROVED)
    return Campaign(design.geometry.name, seed, killed, equivalent, survived, design.mutants, cycles, seconds)
