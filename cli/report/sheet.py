# SPDX-License-Identifier: BSD-3-Clause
"""A page of sections: verdict, numbers, figures, tables, checks. What writing, characterisation and the loop show."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Literal

from .contents import Check
from .die_figure import DEFECTS


@dataclass(frozen=True)
class Number:
    """One number below the verdict."""

    name: str
    value: str
    unit: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Parameters
    ----------
    title, text : str
        Heading, and what a reader must know to read the figures.
    figures : sequence of str
        SVG elements.
    columns, rows : sequences
        A table; none without rows. The first cell of a row names it.
    legend : bool
        Whether to show the colours of the defect classes.
    code : str
        A command line or the like, shown as it is.
    """

    title: str
    text: str = ""
    figures: Sequence[str] = ()
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    legend: bool = False
    code: str = ""


@dataclass(frozen=True)
class Status:
    """One line of the status table.

    Parameters
    ----------
    group : str
        Lines of one group stand together, under its name.
    claim, how, amount : str
        What is claimed; how it was checked; on how much.
    result : {"holds", "fails", "not run"}
    remark : str
        What fails, or why it was not run.
    """

    group: str
    claim: str
    how: str
    amount: str
    result: Literal["holds", "fails", "not run"]
    remark: str = ""


@dataclass(frozen=True)
class Sheet:
    """Everything the page shows.

    Parameters
    ----------
    title, subtitle : str
        Head of the page.
    question, answer : str
        What was asked, and the answer after its yes or no.
    numbers : sequence of Number
        The result in a few numbers.
    sections : sequence of Section
        In order.
    checks : sequence of Check
        What had to hold.
    status : sequence of Status
        The same where some of it may not have been run, above the sections.
    tables : mapping
        Settings and provenance: title -> name -> value.
    credit : str
        Who made the data.
    """

    title: str
    subtitle: str
    question: str
    answer: str
    numbers: Sequence[Number]
    sections: Sequence[Section]
    checks: Sequence[Check]
    tables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    credit: str = ""
    status: Sequence[Status] = ()

    @property
    def holds(self) -> bool:
        """Whether every check holds, and nothing of the status table fails."""
        return all(check.holds for check in self.checks) and all(line.result != "fails" for line in self.status)

    @property
    def status_groups(self) -> list[tuple[str, list[Status]]]:
        """Lines of the status table by group, in order."""
        return [(name, list(lines)) for name, lines in itertools.groupby(self.status, lambda line: line.group)]


def render_sheet(sheet: Sheet) -> str:
    """A complete HTML document that needs nothing else: no network, no fonts, no scripts."""
    import jinja2
    from markupsafe import Markup

    folder = resources.files(__package__)
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["figure"] = Markup
    template = environment.from_string((folder / "sheet.html").read_text(encoding="utf-8"))
    return template.render(
        style=Markup((folder / "page.css").read_text(encoding="utf-8")),
        sheet=sheet,
        legend=[{"name": name, "style": style} for name, style in DEFECTS.values()],
    )
