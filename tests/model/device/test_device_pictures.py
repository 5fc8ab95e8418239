# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

from io import BytesIO

import pytest
from spintile.model.device import published
from spintile.model.device.macrospin.error_rate_check import Point, check_error_rates

pytest.importorskip("matplotlib")

from spintile.model.device.pictures import draw_current_voltage, draw_error_rate_check, draw_error_rates

JUNCTION = published("mtj-40nm").junction


def test_current_voltage_shows_both_states_and_both_critical_voltages() -> None:
    figure = draw_current_voltage(JUNCTION, r_access=1700.0, v_max=2.0, temperatures=(300.0, 400.0), title="x")
    left, right = figure.axes
    labels = [line.get_label() for line in left.get_lines()]
    assert [label for label in labels if not label.startswith("_")] == [
        "P, 300 K",
        "AP, 300 K",
        "P, 400 K",
        "AP, 400 K",
    ]
    # Behind an access resistance the cell needs more than the critical voltage.
    edges = [line.get_xdata()[0] for line in left.get_lines()[4:]]
    assert edges[0] < -0.75
    assert edges[1] > 0.75
    assert len(right.get_lines()) == 2
    figure.savefig(BytesIO(), format="png")


def test_error_rates_dot_what_is_interpolated() -> None:
    figure = draw_error_rates(JUNCTION, drives=(0.7, 1.0, 2.0), butler=True)
    (axes,) = figure.axes
    styles = {line.get_label(): line.get_linestyle() for line in axes.get_lines()}
    assert (styles["0.7"], styles["1"], styles["2"]) == ("-", ":", "-")
    figure.savefig(BytesIO(), format="png")


def test_a_check_is_drawn_with_every_regime_that_it_has() -> None:
    points = (Point("low-barrier", 2.0, 0.3), Point("low-barrier", 1.0, 0.8))
    report = check_error_rates(points, trajectories=200, replicates=3)
    figure = draw_error_rate_check(report, title="check")
    texts = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert texts == ["interpolation", "precessional"]
    figure.savefig(BytesIO(), format="png")
