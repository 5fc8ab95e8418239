# SPDX-License-Identifier: BSD-3-Clause
"""Directed runs of the register bus: every order of its channels, back-pressure on each, every refusal."""

from __future__ import annotations

from ...compiled import BusAccess, EngineError, Interference, access_table
from ...loading import program_writes
from .session import DirectedSession

__all__ = ["run_bus"]

_OKAY, _SLVERR = 0, 2
_WINDOWS = ("INSTRUCTION", "SEGMENT", "THRESHOLD", "OFFSET", "FLAG")
#: Accesses that wait for each other in ``_held``, and cycles in which they must be done.
_ACCESSES, _CYCLES = 3, 80


def run_bus(session: DirectedSession) -> None:
    """Everything that a manager may do, beside images that must come out right."""
    session.hit("status.idle", session.engine.read("STATUS") == 0, "STATUS must be 0 before images come")
    _memories(session)
    _while_running(session)
    _held(session)
    session.infer()


def _memories(session: DirectedSession) -> None:
    """Program, flags and offsets are read back as they were written."""
    job, engine = session.job, session.engine
    for each in program_writes(job.loaded, job.at_pins, job.repair, job.settle_cycles, job.geometry):
        if each.name not in _WINDOWS:
            continue
        for place, word in enumerate(each.words):
            wanted, found = word & 0xFFFFFFFF, engine.read(each.name, each.index, place)
            session.hit("bus.read_memory", found == wanted, f"{each.name} must be 0x{wanted:x}, not 0x{found:x}")


def _while_running(session: DirectedSession) -> None:
    address = session.map.address
    beats, identity = address("BEATS"), address("IDENTITY")
    same = session.engine.read("BEATS")
    setup = address("WRITE_SETUP")
    accesses: dict[str, tuple[BusAccess, int]] = {
        "bus.address_first": (BusAccess(True, setup, 11, data_delay=4, answer_delay=9), _OKAY),
        "bus.data_first": (BusAccess(True, setup, 12, address_delay=4, answer_delay=9), _OKAY),
        "bus.partial_strobe": (BusAccess(True, setup, 13, strobe=0x7), _SLVERR),
        "bus.write_read_only": (BusAccess(True, identity, 1), _SLVERR),
        "bus.write_nothing": (BusAccess(True, 0x0F00, 1), _SLVERR),
        "bus.read_write_only": (BusAccess(False, address("STEP_P"), answer_delay=6), _SLVERR),
        "bus.read_busy_memory": (BusAccess(False, address("SEGMENT")), _SLVERR),
        "bus.read_nothing": (BusAccess(False, 0x0F00), _SLVERR),
        "bus.while_running": (BusAccess(False, beats, cycle=60), _OKAY),
        "status": (BusAccess(False, address("STATUS"), cycle=60), _OKAY),
    }
    table = access_table([access for access, _ in accesses.values()])
    session.infer(interference=Interference(accesses=table))
    for row, (name, (_, response)) in zip(table, accesses.items(), strict=True):
        right = bool(row["done"]) and row["response"] == response
        if name == "status":
            session.hit("status.busy", right and bool(row["value"] & 1), "STATUS.busy must be 1 while images run")
            in_flight = int(row["value"]) >> 8 & 0xFF
            session.hit("status.images_in_flight", in_flight > 0, "STATUS.images_in_flight must be above 0")
            continue
        right = right and (name != "bus.while_running" or row["value"] == same)
        session.hit(name, right, f"must be answered with {response}, not {row['response']}")
    left = session.engine.read("WRITE_SETUP")
    session.hit("bus.partial_strobe", left == 12, f"WRITE_SETUP must still be 12, not {left}")


def _held(session: DirectedSession) -> None:
    """Writes and reads at once, all channels offered without a pause, answers taken late."""
    engine, registers = session.engine, ("WRITE_SETUP", "WRITE_OPTIONS", "WINDOW_P")
    before = [engine.read(name) for name in registers]
    asked = {"aw": 0, "w": 0, "b": 0, "ar": 0, "r": 0}
    values: list[int] = []
    for cycle in range(_CYCLES):
        patient = cycle % 8 == 7
        for channel in ("aw", "w", "ar"):
            engine.poke(f"s_axi__{channel}valid", int(asked[channel] < _ACCESSES))
        for channel, port in (("aw", "awaddr"), ("ar", "araddr")):
            engine.poke(f"s_axi__{port}", session.map.address(registers[min(asked[channel], _ACCESSES - 1)]))
        engine.poke("s_axi__wdata", before[min(asked["w"], _ACCESSES - 1)])
        engine.poke("s_axi__wstrb", 0xF)
        for channel in ("b", "r"):
            engine.poke(f"s_axi__{channel}ready", int(patient))
        engine.settle()
        taken = [name for name in asked if engine.peek(f"s_axi__{name}valid") and engine.peek(f"s_axi__{name}ready")]
        if "r" in taken:
            values.append(engine.peek("s_axi__rdata"))
        engine.idle(1)
        for name in taken:
            asked[name] += 1
    for name in ("awvalid", "wvalid", "arvalid", "bready", "rready"):
        engine.poke(f"s_axi__{name}", 0)
    if set(asked.values()) != {_ACCESSES}:
        raise EngineError(f"bus must answer {_ACCESSES} writes and reads, and has not: {asked}")
    session.hit("bus.together", values == before, f"reads beside writes must give {before}, not {values}")
    after = [engine.read(name) for name in registers]
    session.hit("bus.together", after == before, f"writes beside reads must leave {before}, not {after}")
