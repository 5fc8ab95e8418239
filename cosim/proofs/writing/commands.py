# SPDX-License-Identifier: BSD-3-Clause
"""What is claimed of write commands: they end, pulses belong to them, and one read or pulse goes on at a time."""

from __future__ import annotations

from typing import Any

from amaranth import Cat, Const, Mux, ResetSignal, Signal, Value
from amaranth.lib.data import StructLayout
from spintile.model.geometry import PASSES_LIMIT, REPEATS_LIMIT, WRITE_STEPS, Geometry, WriteOp
from spintile.rtl.writing.controller import State
from spintile.rtl.writing.tokens import COLUMN, column_result
from spintile.rtl.writing.writer import Writer

from ...formal import Opened, Properties

__all__ = ["command"]

_STATES: Any = State  # amaranth's enums have no types

#: States in the order in which one attempt runs through them, the first one highest. Aiming and pulsing take turns.
_ORDER = (
    ("BEGIN",),
    ("ROW",),
    ("TARGET",),
    ("ISSUE",),
    ("CONVERT",),
    ("SCAN",),
    ("DECIDE",),
    ("AIM", "PULSE"),
    ("REPORT",),
    ("TAKE",),
    ("NEXT",),
)


def command(geometry: Geometry, block: type[Writer] = Writer, *, brief: bool = False) -> Properties:
    """Every accepted command ends: a rank goes down in each cycle that does not wait for somebody else.

    The registers stand while a command runs. The read path gives codes for each read and keeps them until they are
    taken; when it and the report are ready is free. ``brief`` looks at a few of these runs only, for covers and faults:
    one cell, nobody waits.
    """
    properties = Properties(f"commands of {geometry.name}")
    opened = properties.block(block(geometry), cut=("targets", "reports", "steps"))
    writer = opened.block
    settings = writer.settings
    m = properties.module
    state = opened["controller.state"]
    running = writer.active
    begins = opened["gate.begin"]
    held = properties.past((running | begins) & ~ResetSignal())
    properties.assume("registers_stand", ~held | (Value.cast(settings) == properties.past(settings)))

    # One read at a time: the surroundings owe codes for it, and keep them.
    owed = Signal(name="owed")
    asked = running & writer.read_rows.valid & writer.read_rows.ready
    taken = running & writer.read_codes.valid & writer.read_codes.ready
    with m.If(asked):
        m.d.sync += owed.eq(1)
    with m.If(taken | writer.drop):
        m.d.sync += owed.eq(0)
    kept = properties.past(running & writer.read_codes.valid & ~writer.read_codes.ready & ~writer.drop & ~ResetSignal())
    properties.assume("codes_are_owed", ~running | owed | ~writer.read_codes.valid)
    properties.assume("codes_are_kept", ~kept | writer.read_codes.valid)
    with_codes = _is(state, "SCAN", "DECIDE", "REPORT", "TAKE")
    properties.claim("one_read_at_a_time", ~asked | ~owed)
    properties.claim("codes_are_there_when_used", ~with_codes | (owed & kept))
    properties.claim("a_read_is_owed_in_its_states", owed == (with_codes | (state == State.CONVERT)))
    properties.claim("no_read_around_a_pulse", ~asked | ~opened["pulses.active"])
    properties.claim("pulses_only_in_their_states", ~opened["pulses.active"] | _is(state, "AIM", "PULSE"))
    properties.claim("idle_owes_nothing", running | (~owed & ~opened["pulses.active"]))
    properties.claim("a_pulse_is_of_some_column", ~_pulse_begins(opened) | (opened["controller.cells"] != 0))

    phases = opened["pulses.before"] | opened["pulses.pulse"] | opened["pulses.after"]
    properties.claim("active_is_a_phase", opened["pulses.active"] == phases)
    waits = _waits(opened)
    _legal(properties, opened)
    left = _scan(properties, opened)
    rank = Signal(64 + 2 * geometry.cols, name="rank")
    m.d.comb += rank.eq(_rank(opened, left))
    still_runs = held & running & properties.past(running)
    properties.claim("the_rank_goes_down", ~still_runs | properties.past(waits) | (rank < properties.past(rank)))
    properties.claim("waiting_does_not_raise_it", ~still_runs | (rank <= properties.past(rank)))
    if brief:
        _be_brief(properties, opened)
    dropped = properties.past(writer.drop | ResetSignal(), init=1)
    properties.claim("dropped_at_once", ~dropped | ~running)
    given_up = properties.past(writer.array_error & ~ResetSignal())
    properties.claim("an_array_error_ends_a_command", ~given_up | ~running)
    told = properties.past(running & writer.array_error & ~writer.soft_reset & ~ResetSignal())
    properties.claim("an_array_error_is_an_abort", ~told | writer.status.aborted)

    properties.cover("a_command_ends", properties.past(running) & ~running & ~dropped)
    properties.cover("a_pulse_begins", _pulse_begins(opened))
    properties.cover("a_report_word", opened["controller.words__valid"])
    return properties


def _be_brief(properties: Properties, opened: Opened) -> None:
    """Commands that program one cell to P or read it once or twice, and surroundings that are always ready."""
    writer = opened.block
    settings = writer.settings
    short = (settings.steps == 1) & (settings.passes == 1) & (settings.setup == 0) & ~settings.read_first
    for name in ("kernels", "rows", "cols"):
        short &= (settings[name].first == 0) & (settings[name].last == 0)
    program = (settings.op == WriteOp.PROGRAM_P) & (settings.repeats == 1)
    read = (settings.op == WriteOp.READ) & (settings.repeats <= 2)
    properties.assume("short_commands", short & (program | read))
    properties.assume("always_ready", writer.read_rows.ready & opened["controller.words__ready"] & writer.drive.rest)


def _is(state: Signal, *names: str) -> Value:
    found = Value.cast(0)
    for name in names:
        found |= state == _STATES[name]
    return found


def _pulse_begins(opened: Opened) -> Value:
    return opened["controller.pulse__valid"] & opened["pulses.request__ready"]


def _waits(opened: Opened) -> Value:
    """Whether the controller waits for the read path, for a pulse, or for its report to be taken."""
    state, writer = opened["controller.state"], opened.block
    more = opened["controller.to_pulse"] != 0
    busy = ~opened["pulses.request__ready"] & (more | ~opened["controller.toward_p"])
    stands = opened["controller.words__valid"] & ~opened["controller.results__ready"]
    return (
        (_is(state, "ISSUE") & ~writer.read_rows.ready)
        | (_is(state, "CONVERT") & ~writer.read_codes.valid)
        | (_is(state, "PULSE") & busy)
        | (_is(state, "SCAN", "REPORT") & stands)
    )


def _legal(properties: Properties, opened: Opened) -> None:
    """Registers that the gate has let through, and counters within them."""
    settings, state = opened.block.settings, opened["controller.state"]
    part, reading = opened["controller.part"], opened["controller.part"][0]
    idle, reference = state == State.IDLE, opened["controller.reference"]
    properties.claim("states_exist", state <= max(int(one.value) for one in _STATES))
    accepted = (
        (settings.op <= max(WriteOp))
        & (settings.steps != 0)
        & (settings.steps <= WRITE_STEPS)
        & (settings.repeats != 0)
        & (settings.repeats <= REPEATS_LIMIT)
        & (settings.passes != 0)
        & (settings.passes <= PASSES_LIMIT)
    )
    for name, size in (
        ("kernels", opened.block.geometry.kernels),
        ("rows", opened.block.geometry.rows),
        ("cols", opened.block.geometry.cols),
    ):
        accepted &= (settings[name].first <= settings[name].last) & (settings[name].last < size)
    properties.claim("only_legal_commands_run", idle | accepted)
    kernel, row = opened["controller.kernel"], opened["controller.row"]
    properties.claim("kernel_is_in_the_region", idle | (kernel <= settings.kernels.last))
    properties.claim("row_is_in_the_region", _is(state, "IDLE", "BEGIN") | (row <= settings.rows.last))
    wanted = Mux(settings.op == WriteOp.READ, part == 1, (settings.op == WriteOp.CHARACTERISE) | (part == 0))
    properties.claim("parts_belong_to_the_command", idle | wanted)
    properties.claim("steps_are_left", ~_is(state, "AIM", "PULSE") | (opened["controller.attempt"] < settings.steps))
    properties.claim("repeats_are_few", idle | reading | (opened["controller.repeat"] == 0) | _is(state, "BEGIN"))
    programs = _is(state, "DECIDE", "AIM", "PULSE", "REPORT")
    properties.claim("only_programs_pulse", ~programs | (~reading & ~reference))
    properties.claim("rows_come_after_the_reference", ~_is(state, "ROW", "TARGET", "NEXT") | ~reference)
    region, pending = opened["controller.region"], opened["controller.pending"]
    elsewhere = _is(state, "IDLE", "BEGIN", "ROW", "TARGET") | reference
    properties.claim("pending_cells_are_of_the_region", elsewhere | (pending & ~region == 0))
    properties.claim(
        "only_pending_cells_are_pulsed", (state != State.PULSE) | (opened["controller.to_pulse"] & ~pending == 0)
    )


def _scan(properties: Properties, opened: Opened) -> Value:
    """Steps that a scan has yet to go; what is legal of its pipeline."""
    settings, state = opened.block.settings, opened["controller.state"]
    place = StructLayout({"col": COLUMN, "last": 1, "target": 1})
    inside = "controller.scan."
    scanning, fetched, added = (opened[f"{inside}{name}"] for name in ("scanning", "fetched", "added"))
    valid = opened[f"{inside}results__valid"]
    column, last = opened[f"{inside}column"], settings.cols.last
    on = _is(state, "SCAN", "REPORT")
    properties.claim("scans_in_their_states", on == (scanning | fetched | added | valid))
    properties.claim("columns_are_in_the_region", ~scanning | (column <= last))
    fetched_last = opened.view(f"{inside}fetched_place", place).last
    added_last = opened.view(f"{inside}added_place", place).last
    result_last = opened.view(f"{inside}results__payload", column_result(opened.block.geometry)).last
    properties.claim("fetched_last", ~fetched | (fetched_last == ~scanning))
    properties.claim("added_last", ~added | (added_last == ~fetched))
    properties.claim("result_last", ~valid | (result_last == ~added))
    properties.claim("no_bubble_in_fetch", fetched | ~scanning | (~added & ~valid))
    properties.claim("no_bubble_in_add", added | ~valid | (~fetched & ~scanning))
    return Mux(scanning, last - column + 4, Mux(fetched, 3, Mux(added, 2, valid)))[:8]


def _rank(opened: Opened, scan_left: Value) -> Value:
    """What is left of a command, the outermost loop in the highest bits."""
    settings, state = opened.block.settings, opened["controller.state"]
    part, reference = opened["controller.part"], opened["controller.reference"]
    characterises = settings.op == WriteOp.CHARACTERISE
    before_rows = _is(state, "BEGIN") | reference
    to_pulse = opened["controller.to_pulse"]
    order = Value.cast(0)
    for number, names in enumerate(reversed(_ORDER), 1):
        order = Mux(_is(state, *names), number, order)
    parts = [
        (8, settings.kernels.last - opened["controller.kernel"]),
        (2, Mux(characterises, 3 - part, 0)),
        (6, 63 - opened["controller.pass_number"]),
        (7, Mux(before_rows, 64, settings.rows.last - opened["controller.row"])),
        (6, Mux(_is(state, "BEGIN", "ROW", "TARGET"), 32, 31 - opened["controller.attempt"])),
        (6, Mux(_is(state, "NEXT"), 0, 32 - opened["controller.repeat"])),
        (4, order),
        (1, _is(state, "AIM", "PULSE") & opened["controller.toward_p"]),
        (1, _is(state, "AIM")),
        (len(to_pulse), Mux(_is(state, "PULSE"), to_pulse, 0)),
        (8, Mux(_is(state, "SCAN", "REPORT"), scan_left, 0)),
    ]
    return Cat(_bits(value, width) for width, value in reversed(parts))


def _bits(value: Value, width: int) -> Value:
    value = Value.cast(value)
    return Cat(value, Const(0, max(1, width)))[:width]
