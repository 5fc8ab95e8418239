# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from spintile.cli.report import Check, Number, Section, Sheet, render_sheet
from spintile.cli.report.write_figures import (
    Curve,
    Interval,
    fidelity_figure,
    histogram_figure,
    interval_figure,
    paired_die_figure,
)

SVG = "{http://www.w3.org/2000/svg}"


def parse(svg: str) -> ElementTree.Element:
    root = ElementTree.fromstring(svg)
    assert "nan" not in svg
    assert "inf" not in svg.replace("info", "")
    return root


@pytest.mark.parametrize("failing", [[0.5, 0.01, 0.0], [1.0, 0.0], [0.0, 0.0], [1.0, 1.0], [0.5, 1e-7]])
def test_fewer_failing_cells_are_drawn_lower(failing: list[float]) -> None:
    root = parse(fidelity_figure([Curve("all", "unaware", np.array(failing), 100)]))
    heights = [float(dot.get("cy", "nan")) for dot in root.iter(f"{SVG}circle") if dot.find(f"{SVG}title") is not None]
    assert len(heights) == len(failing)
    assert heights == sorted(heights)


def test_cells_that_differ_are_ringed_in_both_maps() -> None:
    truth = np.zeros((2, 4, 4), np.uint8)
    truth[0, 1, 1], truth[1, 2, 2] = 1, 3
    found = truth.copy()
    assert paired_die_figure(truth, found).count('class="ring"') == 0
    found[1, 2, 2], found[0, 0, 3] = 4, 2
    root = parse(paired_die_figure(truth, found))
    assert sum(dot.get("class") == "ring" for dot in root.iter(f"{SVG}circle")) == 4


def test_an_interval_that_misses_the_truth_is_marked() -> None:
    rows = [
        Interval("a", "%", 1.0, 0.5, 1.5, 1.2),
        Interval("b", "", 1.0, 0.5, 1.1, 1.2),
        Interval("c", "", 0.0, 0.0, 0.0, 0.0),
        Interval("d", "", 1.0, 0.5, math.inf, 1.2),
    ]
    assert [row.covers for row in rows] == [True, False, True, True]
    svg = interval_figure(rows)
    parse(svg)
    assert svg.count("interval missed") == 1


@pytest.mark.parametrize("values", [np.zeros(10), np.arange(100.0), np.array([3.0])])
def test_a_histogram_is_drawn_of_anything(values: np.ndarray) -> None:
    parse(histogram_figure(values, "error"))


def test_a_sheet_says_no_as_soon_as_one_check_fails() -> None:
    good, bad = Check("a", "0", "0", True), Check("b", "0", "1 < 2", False)

    def page(*checks: Check) -> str:
        section = Section("S", "text & more", columns=("x", "y"), rows=(("r", "<1>"),), legend=True)
        tables = {"Z": {"k": "v"}}
        return render_sheet(Sheet("T", "sub", "why?", "because", (Number("n", "1"),), (section,), checks, tables))

    assert '<span class="yes">Yes.</span>' in page(good)
    failing = page(good, bad)
    assert '<span class="no">No.</span>' in failing
    assert "1 &lt; 2" in failing
    assert "text &amp; more" in failing
    assert "http" not in failing.replace("http://www.w3.org", "")
