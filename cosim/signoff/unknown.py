# SPDX-License-Identifier: BSD-3-Clause
"""Silicon starts with unknown registers and memories: what the reset does not settle must not matter.

Two ways to look: Icarus with every register and memory at X (what depends on it reads as X at a port, or hangs), and
Verilator with random contents, another for each seed, which sees what X hides: ``if (x)`` takes the other branch as if
x were 0.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..compiled.engine import CompiledEngine, EngineError
from ..compiled.library import build_library
from ..compiled.session import run_shape
from ..compiled.verdict import compare_batch
from ..design import TOP, periphery_verilog
from ..job import CosimJob
from ..limits import cycle_limits
from ..loading import program_writes
from ..result import CosimResult
from ..run import cosimulate
from ..yosys import run_yosys

__all__ = ["RandomStart", "start_at_random", "start_unknown", "without_initial_values"]


def without_initial_values(verilog: str, top: str = TOP) -> str:
    """The same design with no initial value in any register or memory.

    Raises
    ------
    MissingTool
        If there is no Yosys.
    RuntimeError
        If it cannot read the design.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "design.v").write_text(verilog)
        steps = ["read_verilog design.v", f"hierarchy -check -top {top}", "proc", "setattr -unset init w:*"]
        steps += ["delete t:$meminit t:$meminit_v2", "opt_clean", "write_verilog -noattr unknown.v"]
        run_yosys(steps, folder)
        return (folder / "unknown.v").read_text()


def start_unknown(
    job: CosimJob, *, verilog: str | None = None, cache: Path | None = None, timeout: float = 600.0
) -> CosimResult:
    """Run a job under Icarus on a design that starts with X everywhere, and compare every stage with the golden model.

    A port that is X after the reset where the bench looks at it ends the run with an error.

    Parameters
    ----------
    job : CosimJob
        Few images: Icarus is slow.
    verilog : str, optional
        Another design than the exported periphery.
    cache : Path, optional
        Where builds are kept.
    timeout : float
        Seconds.
    """
    text = periphery_verilog(job.geometry, cache=cache) if verilog is None else verilog
    return cosimulate(job, "icarus", verilog=_held(without_initial_values(text)), cache=cache, timeout=timeout)


def _held(verilog: str, top: str = TOP) -> str:
    """The design with its outputs 0 until the first clock edge with the reset: before it X is in order."""
    inner = f"{top}_inside"
    module = re.search(rf"^module {top}\b.*?^endmodule", verilog, re.MULTILINE | re.DOTALL)
    if module is None:
        raise ValueError(f"Verilog must have a module {top!r}")
    ports = re.findall(r"^\s*(input|output)\s+(?:wire\s+)?(\[\d+:\d+\]\s*)?(\w+)\s*;", module.group(0), re.MULTILINE)
    lines = [f"module {top}({', '.join(name for _, _, name in ports)});"]
    lines += [f"  {direction} {width}{name};" for direction, width, name in ports]
    lines += [f"  wire {width}x_{name};" for direction, width, name in ports if direction == "output"]
    lines += ["  reg held = 1;", "  always @(posedge clk) if (rst) held <= 0;"]
    lines += [f"  assign {name} = held ? 0 : x_{name};" for direction, _, name in ports if direction == "output"]
    joined = ", ".join(f".{name}({'x_' if direction == 'output' else ''}{name})" for direction, _, name in ports)
    lines += [f"  {inner} periphery({joined});", "endmodule"]
    return re.sub(rf"^module {top}\b", f"module {inner}", verilog, flags=re.MULTILINE) + "\n".join(lines) + "\n"


@dataclass(frozen=True)
class RandomStart:
    """What a run from random contents showed.

    Parameters
    ----------
    seed : int
        Of the contents.
    compared : int
        Values compared with the golden model.
    message : str
        The first difference or error; empty if there is none.
    """

    seed: int
    compared: int
    message: str


def start_at_random(
    job: CosimJob,
    seeds: Sequence[int],
    *,
    reset_after: int = 0,
    verilog: str | None = None,
    cache: Path | None = None,
) -> list[RandomStart]:
    """Run a job's first die from random contents of all registers and memories, once for each seed.

    Parameters
    ----------
    job : CosimJob
        What is run.
    seeds : sequence of int
        Of the contents.
    reset_after : int
        If not 0: a first attempt is ended by the reset after that many cycles, and more for each seed.
    verilog : str, optional
        Another design than the exported periphery.
    cache : Path, optional
        Where builds are kept.
    """
    text = periphery_verilog(job.geometry, cache=cache) if verilog is None else verilog
    library = build_library(without_initial_values(text), TOP, job.geometry, random_state=True, cache=cache)
    job = job.replace(image=job.image.select([0]))
    record, found = job.golden(), []
    for number, seed in enumerate(seeds):
        engine = CompiledEngine(library, seed=seed, random_state=True)
        for port in library.ports.values():
            if port.direction == "input":
                engine.poke(port.name, 0)  # what the host and the array drive is not the chip's to start with
        engine.set_pins(job.settle_cycles)
        engine.set_die(job.at_pins, 0)
        try:
            engine.reset()
            engine.check_identity()
            if reset_after:
                _attempt(engine, job, reset_after + number)
            engine.expect_idle()
            _load(engine, job)
            stream = job.stream(job.images)
            patience, deadline = cycle_limits(
                job.geometry,
                job.image.adc_bits,
                job.settle_cycles,
                stream.shape[1],
                len(stream),
                job.compiled.reads_per_image,
                job.disturbance,
            )
            outcome = engine.run(
                stream, run_shape(job), first_index=job.first_index, patience=patience, deadline=deadline, seed=seed
            )
            comparison = compare_batch(outcome, record, job, 0, job.first_index)
            message = outcome.error or (str(comparison.first) if comparison.first else "")
            if not message:
                engine.expect_idle()
            found.append(RandomStart(seed, sum(comparison.compared.values()), message))
        except EngineError as error:
            found.append(RandomStart(seed, 0, str(error)))
    return found


def _load(engine: CompiledEngine, job: CosimJob) -> None:
    engine.write_all(program_writes(job.loaded, job.at_pins, job.repair, job.settle_cycles, job.geometry))
    engine.write("IMAGE_INDEX", job.first_index)
    engine.control("enable", "clear_counters")


def _attempt(engine: CompiledEngine, job: CosimJob, cycles: int) -> None:
    """Images that a reset ends half-way."""
    _load(engine, job)
    engine.feed(job.stream(job.images[:1]))
    engine.idle(cycles)
    engine.reset()
    engine.check_identity()
