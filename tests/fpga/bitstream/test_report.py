# SPDX-License-Identifier: BSD-3-Clause
"""Reports: numbers of nextpnr's report and of the network that a board is meant for."""

from __future__ import annotations

from typing import Any

import pytest
from spintile.fpga.bitstream.report import BuildReport, Used, report_of
from spintile.fpga.boards import ICEBREAKER, ULX3S

PLACED: dict[str, Any] = {
    "fmax": {
        "clock": {"achieved": 26.7571, "constraint": 24.0},
        "clk12": {"achieved": 98.0, "constraint": 12.0},
    },
    "utilization": {"ICESTORM_LC": {"used": 4777, "available": 5280}, "ICESTORM_RAM": {"used": 21, "available": 30}},
    "critical_paths": [
        {
            "from": "posedge clock",
            "to": "posedge clock",
            "path": [
                {"from": {"cell": "a"}, "to": {"cell": "b"}},
                {"from": {"cell": "b"}, "to": {"cell": "c"}},
            ],
        },
        {"from": "<async>", "to": "posedge clock", "path": [{"from": {"cell": "x"}, "to": {"cell": "y"}}]},
    ],
}


def report(**changes: Any) -> BuildReport:
    return report_of(ICEBREAKER, PLACED | changes, seed=3, bitstream="x.bin", sha256="0" * 64, tools={"yosys": "1"})


def test_it_has_the_figures_of_the_clock_that_falls_shortest() -> None:
    made = report()
    assert (made.fmax_mhz, made.target_mhz, made.met) == (26.76, 24.0, True)
    assert (made.logic, made.memory) == (Used(4777, 5280), Used(21, 30))
    assert made.critical_path == ("a", "c")
    shown = made.as_dict()
    assert shown["cycles_per_image"] == 180
    assert shown["microseconds_per_image"] == 7.5
    assert shown["images_per_second"] == pytest.approx(24e6 / 180)
    wanted = {"board", "fmax_mhz", "target_mhz", "cycles_per_image", "logic", "memory", "images_per_second"}
    assert wanted <= set(shown)


def test_a_clock_that_is_not_reached_is_told() -> None:
    assert not report(fmax={"clock": {"achieved": 23.99, "constraint": 24.0}}).met


def test_the_whole_chip_on_an_ulx3s_takes_at_most_750_cycles_an_image_and_80_000_images_a_second() -> None:
    used = {"TRELLIS_COMB": {"used": 1, "available": 2}, "DP16KD": {"used": 1, "available": 2}}
    made = report_of(ULX3S, PLACED | {"utilization": used}, seed=1, bitstream="x.bit", sha256="", tools={})
    assert made.speed.layers == (196, 36, 10)
    assert made.speed.cycles_per_image == 728
    assert made.speed.images_per_second >= 80_000


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"fmax": {}}, "nextpnr's report must have a clock in fmax, and has none"),
        ({"utilization": {}}, "nextpnr's report must count ICESTORM_LC, and does not"),
    ],
)
def test_a_report_that_lacks_something_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as refused:
        report(**changes)
    assert str(refused.value) == message
