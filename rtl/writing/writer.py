# SPDX-License-Identifier: BSD-3-Clause
"""Writer: the blocks of the write controller together, and the switch between them and the inference."""

from __future__ import annotations

from amaranth import Module, Mux, ResetInserter, Signal, Value
from amaranth.lib import stream
from amaranth.lib.data import StructLayout
from amaranth.lib.wiring import Component, In, Out, connect, flipped
from spintile.model.geometry import Geometry

from ..image_loader import AxiStream
from ..pins import WriteDrive
from ..register_file import WindowRead, window_write
from ..tokens import Flow, adc_bits_shape, codes_token, rows_token
from .command_gate import CommandGate
from .controller import WriteController
from .pulse import PulseGenerator
from .registers import write_windows
from .report_stream import ReportStream
from .step_table import StepTable, step_write
from .target_memory import TargetMemory
from .tokens import write_settings

__all__ = ["Writer", "writer_status"]


def writer_status() -> StructLayout:
    """Registers that the host reads: the fields of WRITE_STATUS, WRITE_FAILED and WRITE_PULSES."""
    return StructLayout({"busy": 1, "refused": 1, "configuration_error": 1, "aborted": 1, "failed": 32, "pulses": 32})


class Writer(Component):
    """Stands between the gather and the read path, and between the read path and the accumulator.

    ::

        target memory, step table --+
        registers -> gate -> controller -> pulse generator ------------------> drive
                                 |  ^ |
                                 |  | +-> report stream ---------------------> report
        gather --> rows ---(mux)-|--|----------------------------------------> read_rows
        accumulator <-- codes ---|--(demux)----------------------------------- read_codes

    While ``busy`` is 1 the read path is the controller's, and no row of the gather's and no code of an image passes. A
    command begins only while the read path is empty; it ends, or is dropped with everything in the read path, before
    ``busy`` falls.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.

    Members
    -------
    settings : In(write_settings), adc_bits : In
        Registers.
    start, abort : In(1), In(1)
        Pulses of WRITE_COMMAND.
    enable, chip_busy : In(1), In(1)
        CONTROL.enable; images are in the chip or a read is under way.
    array_error : In(1)
        The read path has given up waiting for the array: a command that is under way is aborted, no pulse begins.
    soft_reset : In(1)
        Everything but the target memory and the number of commands is as after reset.
    target : In(Flow of window_write), target_read : In(WindowRead)
        Writes and reads of the window TARGET.
    step_p, step_ap : In(Flow of register_write)
        Writes to the registers STEP_P and STEP_AP.
    rows : In(stream of rows_token), codes : Out(stream of codes_token)
        Towards gather and accumulator.
    read_rows : Out(stream of rows_token), read_codes : In(stream of codes_token)
        Towards the read path.
    drive : Out(WriteDrive)
        Towards the lines.
    report : Out(AxiStream of 64)
        Report words.
    status : Out(writer_status)
        What the host reads.
    active : Out(1)
        The read path is the controller's.
    drop : Out(1)
        The read path must drop what it does, in this cycle: ``soft_reset``, ``array_error``, or an abort of a command.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        (window,) = write_windows(geometry)
        super().__init__(
            {
                "settings": In(write_settings()),
                "adc_bits": In(adc_bits_shape(geometry)),
                "start": In(1),
                "abort": In(1),
                "enable": In(1),
                "chip_busy": In(1),
                "array_error": In(1),
                "soft_reset": In(1),
                "target": In(Flow(window_write(window))),
                "target_read": In(WindowRead(window)),
                "step_p": In(Flow(step_write())),
                "step_ap": In(Flow(step_write())),
                "rows": In(stream.Signature(rows_token(geometry))),
                "codes": Out(stream.Signature(codes_token(geometry))),
                "read_rows": Out(stream.Signature(rows_token(geometry))),
                "read_codes": In(stream.Signature(codes_token(geometry))),
                "drive": Out(WriteDrive(geometry)),
                "report": Out(AxiStream(64)),
                "status": Out(writer_status()),
                "active": Out(1),
                "drop": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Blocks, wires, and the two switches."""
        m = Module()
        geometry, settings = self.geometry, self.settings
        m.submodules.gate = gate = CommandGate(geometry)
        m.submodules.controller = controller = WriteController(geometry)
        m.submodules.targets = targets = TargetMemory(geometry)
        m.submodules.steps = steps = StepTable()
        m.submodules.pulses = pulses = PulseGenerator(geometry)
        reports = ReportStream()
        m.submodules.reports = ResetInserter(self.soft_reset)(reports)
        connect(m, flipped(self.target), targets.write)
        connect(m, flipped(self.target_read), targets.read)
        connect(m, flipped(self.step_p), steps.step_p)
        connect(m, flipped(self.step_ap), steps.step_ap)
        connect(m, controller.pulse, pulses.request)
        connect(m, controller.words, reports.words)
        connect(m, pulses.drive, flipped(self.drive))
        connect(m, reports.report, flipped(self.report))

        busy = Signal()
        m.d.comb += [
            self.active.eq(~controller.idle),
            busy.eq(self.active | ~reports.empty),
            self.drop.eq(self.soft_reset | self.array_error | (gate.cancel & self.active)),
            gate.start.eq(self.start),
            gate.abort.eq(self.abort | (self.array_error & self.active)),
            gate.settings.eq(settings),
            gate.steps_empty.eq(steps.empty),
            steps.steps.eq(settings.steps),
            steps.toward_p.eq(controller.toward_p),
            steps.number.eq(controller.attempt),
            controller.step.eq(steps.step),
            gate.adc_bits.eq(self.adc_bits),
            gate.enable.eq(self.enable),
            gate.chip_busy.eq(self.chip_busy),
            gate.busy.eq(busy),
            gate.soft_reset.eq(self.soft_reset),
            controller.begin.eq(gate.begin),
            controller.number.eq(gate.number),
            controller.settings.eq(settings),
            controller.row_targets.eq(targets.targets),
            controller.abort.eq(self.drop),
            targets.kernel.eq(controller.kernel),
            targets.row.eq(controller.row),
            pulses.setup.eq(settings.setup),
            pulses.passive.eq(settings.passive),
            pulses.float_unselected.eq(settings.float_unselected),
            pulses.abort.eq(self.drop),
            self.status.busy.eq(busy),
            self.status.failed.eq(controller.failed),
            self.status.pulses.eq(controller.pulses),
        ]
        m.d.comb += [self.status[name].eq(getattr(gate, name)) for name in _BITS]

        payload = Mux(self.active, Value.cast(controller.rows.payload), Value.cast(self.rows.payload))
        m.d.comb += [
            Value.cast(self.read_rows.payload).eq(payload),
            self.read_rows.valid.eq(Mux(self.active, controller.rows.valid, self.rows.valid)),
            controller.rows.ready.eq(self.active & self.read_rows.ready),
            self.rows.ready.eq(~self.active & self.read_rows.ready),
            controller.codes.payload.eq(self.read_codes.payload),
            self.codes.payload.eq(self.read_codes.payload),
            controller.codes.valid.eq(self.active & self.read_codes.valid),
            self.codes.valid.eq(~self.active & self.read_codes.valid),
            self.read_codes.ready.eq(Mux(self.active, controller.codes.ready, self.codes.ready)),
        ]
        return m


_BITS = ("refused", "configuration_error", "aborted")
