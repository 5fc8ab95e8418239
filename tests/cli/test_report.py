# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import dataclasses
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from spintile.cli.report import Check, Comparison, DieMap, KernelLabel, ReportContents, Strip, render_report
from spintile.cli.report.accuracy_figure import accuracy_figure
from spintile.cli.report.die_figure import counts, die_figure, population_figure
from spintile.cli.report.result_figures import confusion_figure, cycles_figure

DIES = np.arange(36)


@pytest.fixture
def contents() -> ReportContents:
    generator = np.random.default_rng(0)
    strips = (
        Strip("unaware", "unaware", False, generator.uniform(40, 80, 36), DIES),
        Strip("statistics-aware", "statistics", True, np.linspace(86.25, 88.75, 36), DIES),
    )
    defects = generator.choice(5, (36, 32, 25, 25), p=[0.995, 0.002, 0.001, 0.001, 0.001]).astype(np.uint8)
    return ReportContents(
        title="Digits on <36> dies",
        subtitle="a network",
        software=89.0,
        strips=strips,
        headline=1,
        confusion=generator.integers(0, 9, (10, 10)) + 90 * np.eye(10, dtype=np.int64),
        die_maps=tuple(DieMap(int(d), defects[d], float(strips[1].accuracies[d])) for d in DIES),
        kernel_labels=tuple(KernelLabel(k // 24, f"neurons {k}", "inputs 0–24") if k < 30 else None for k in range(32)),
        placement_svg='<svg xmlns="http://www.w3.org/2000/svg"><title>placement</title></svg>',
        comparison=Comparison("verilator", 4, 25, {"codes": 75000, "classes": 100}, 0, None, 271.5, 270),
        checks=(Check("software", "≥ 88 %", "89.00 %", True),),
        settings={"Chip": {"preset": "borders"}},
        provenance={"Provenance": {"seed": "1"}},
        credit="made by <someone>",
    )


def figures(page: str) -> list[ElementTree.Element]:
    return [ElementTree.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", page, re.DOTALL)]


def test_the_page_answers_the_question(contents: ReportContents) -> None:
    page = render_report(contents)
    assert "Yes." in page
    assert "<b>87.5&nbsp;%</b>" in page
    assert "<b>86.2&nbsp;%</b>" in page or "<b>86.3&nbsp;%</b>" in page
    assert "75\u202f100" in page
    assert "all equal" in page


def test_the_page_stands_alone(contents: ReportContents) -> None:
    page = render_report(contents).replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?://|<script|<link|@import|src=|url\(", page)


def test_every_figure_is_well_formed_and_named(contents: ReportContents) -> None:
    drawn = figures(render_report(contents))
    assert len(drawn) == 7
    assert all(figure.get("aria-label") for figure in drawn[:6])


def test_a_difference_is_shown_and_named(contents: ReportContents) -> None:
    broken = dataclasses.replace(contents.comparison, mismatches=3, first_difference="die 2, image 7: code <5> not 6")
    page = render_report(
        dataclasses.replace(contents, comparison=broken, checks=(Check("values that differ", "0", "3", False),))
    )
    assert "Not yet." in page
    assert "Yes." not in page
    assert "3 differ" in page
    assert "code &lt;5&gt; not 6" in page
    assert "all equal" not in page


def test_a_run_without_a_rate_still_has_a_page(contents: ReportContents) -> None:
    broken = dataclasses.replace(contents.comparison, cycles_per_image=None)
    assert "Too few images came back" in render_report(dataclasses.replace(contents, comparison=broken))


def test_words_of_others_are_escaped(contents: ReportContents) -> None:
    page = render_report(contents)
    assert "Digits on &lt;36&gt; dies" in page
    assert "made by &lt;someone&gt;" in page


def test_the_same_contents_give_the_same_page(contents: ReportContents) -> None:
    assert render_report(contents) == render_report(contents)


def test_every_die_is_a_dot_and_hollow_without_repair(contents: ReportContents) -> None:
    figure = ElementTree.fromstring(accuracy_figure(contents.strips, 89.0, "accuracy"))
    groups = [g for g in figure.iter("{http://www.w3.org/2000/svg}g") if "dots" in (g.get("class") or "")]
    assert [len(group) for group in groups] == [36, 36]
    assert ["hollow" in str(group.get("class")) for group in groups] == [True, False]


def test_dots_stand_at_their_accuracy() -> None:
    strip = Strip("x", "own", True, np.array([50.0, 60.0, 70.0]), np.arange(3))
    figure = ElementTree.fromstring(accuracy_figure([strip], 70.0, "accuracy"))
    xs = [float(dot.get("cx", "nan")) for dot in figure.iter("{http://www.w3.org/2000/svg}circle")]
    assert xs[1] - xs[0] == pytest.approx(xs[2] - xs[1], abs=0.02)  # coordinates have two decimals
    assert xs == sorted(xs)


def test_a_die_map_marks_every_defect(contents: ReportContents) -> None:
    die = contents.die_maps[0]
    drawn = die_figure(die, contents.kernel_labels)
    assert drawn.count("h0") == int(np.count_nonzero(die.defects))
    assert sum(counts(die.defects).values()) == int(np.count_nonzero(die.defects))
    everything = population_figure(contents.die_maps, 0)
    assert everything.count("h0") == sum(int(np.count_nonzero(d.defects)) for d in contents.die_maps)
    assert everything.count("chosen") == 1


def test_confusion_rows_are_percent() -> None:
    drawn = confusion_figure(np.array([[3, 1], [0, 4]]))
    assert "true 0, answered 1: 25.00 %" in drawn
    assert "true 1, answered 1: 100.00 %" in drawn


def test_a_class_without_images_is_no_error() -> None:
    assert "0.00 %" in confusion_figure(np.zeros((2, 2), np.int64))


def test_bars_are_in_proportion() -> None:
    figure = ElementTree.fromstring(cycles_figure(540, 270))
    bars = [float(bar.get("width", "nan")) for bar in figure.iter("{http://www.w3.org/2000/svg}rect")]
    assert bars[1] == pytest.approx(2 * bars[0], abs=0.02)
