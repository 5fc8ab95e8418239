# SPDX-License-Identifier: BSD-3-Clause
"""The page of a verification: verdict, status table, the smallest difference, cases, and what each part found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...report import Number, Section, Sheet, Status
from ..checks import provenance_tables
from ..mutation import mutant_rows

__all__ = ["verification_sheet"]


def verification_sheet(report: Mapping[str, Any]) -> Sheet:
    """What ``report.json`` holds as a page."""
    status = [Status(**row) for row in report["requirements"]]
    ran = [entry for entry in report["cases"] if not entry["not_run"]]
    open_lines = sum(line.result == "not run" for line in status)
    difference = report["difference"]
    least = "" if difference is None else f". The smallest: {difference['message']}"
    answer = f"{report['compared']:,} values compared, {report['mismatches']:,} differ{least}. "
    answer += f"{open_lines} lines of the status table were not run." if open_lines else "Every line of it was run."
    return Sheet(
        title="Verification of the RTL",
        subtitle=_subtitle(ran),
        question="Does the RTL give exactly the golden model's values, and does everything else that was run hold?",
        answer=answer,
        numbers=(
            Number("dies, of every case", f"{report['dies']:,}"),
            Number("images on each", f"{report['images']:,}"),
            Number("values compared", f"{report['compared']:,}"),
            Number("of them differ", f"{report['mismatches']:,}"),
            Number("run for", f"{report['seconds']:,.0f}", "s"),
        ),
        status=status,
        sections=[
            *_difference_sections(difference),
            _cases_section(report["cases"]),
            *_mutant_sections(report["mutants"]),
            *_property_sections(report["properties"]),
            *_coverage_sections(report["coverage"]),
        ],
        checks=(),
        tables=provenance_tables(report["provenance"]),
    )


def _subtitle(ran: Sequence[Mapping[str, Any]]) -> str:
    names = list(dict.fromkeys(str(entry["name"]) for entry in ran))
    stages = list(dict.fromkeys(str(entry["stage"]) for entry in ran))
    what = f"{names[0]}" if len(names) == 1 else f"{len(names)} networks"
    return f"{what} at {', '.join(stages) or 'no stage'}, compared with golden inference bit for bit."


def _difference_sections(difference: Mapping[str, Any] | None) -> list[Section]:
    if difference is None:
        return []
    first, count = difference["first"], difference["images"]
    images = f"image {first}" if count == 1 else f"images {first} to {first + count - 1}"
    text = f"{difference['case']} at stage {difference['stage']}, die {difference['die']}, {images}: "
    text += str(difference["message"]) + ". "
    if difference["waves"]:
        text += f"Waveforms around it, of a run of these images alone: {difference['waves']} beside this page. "
    if difference["remark"]:
        text += difference["remark"].capitalize() + "."
    return [Section("The smallest image and die that show a difference", text, code=difference["command"])]


def _cases_section(cases: Sequence[Mapping[str, Any]]) -> Section:
    rows = []
    for entry in cases:
        if entry["not_run"]:
            rows.append((entry["name"], entry["stage"], entry["reaches"], *["–"] * 5))
            continue
        rate, accuracy = entry["cycles_per_image"], entry["accuracy"]
        rows.append(
            (
                entry["name"],
                entry["stage"],
                entry["reaches"] + ("" if accuracy is None else f" ({accuracy:.1f} % right)"),
                f"{entry['dies']:,} × {entry['images']:,}",
                f"{entry['compared']:,}",
                f"{entry['mismatches']:,}",
                "–" if rate is None else f"{rate:.1f} of {entry['cycles_bound']}",
                f"{entry['seconds']:.0f} s",
            )
        )
    return Section(
        "Networks, dies and images",
        "Dies have defects drawn from the chip's statistics, or come from a file. Cycles are those of an image at "
        "saturation beside what the converters alone take; they are shown, not judged.",
        columns=("case", "stage", "reaches", "dies × images", "compared", "differ", "cycles per image", "time"),
        rows=rows,
    )


def _mutant_sections(found: Mapping[str, Any] | None) -> list[Section]:
    if found is None:
        return []
    text = f"Of those that change something {found['score']:.1%} were noticed. Below, by block."
    if found["survivors"]:
        text += f" The first that was not: {found['survivors'][0]['text']}."
    columns = ("block", "noticed", "change nothing", "not noticed")
    return [Section("Mutants", text, columns=columns, rows=mutant_rows(found))]


def _property_sections(found: Mapping[str, Any] | None) -> list[Section]:
    if found is None:
        return []
    rows = [
        (
            str(each["name"]),
            str(each["kind"]),
            f"{len(each['properties'])}",
            str(each["depth"]),
            str(each["engine"]),
            "proved" if each["proved"] else f"not proved: {each['reason']}",
        )
        for each in found["blocks"]
    ]
    columns = ("set", "kind", "properties", "depth", "engine", "result")
    return [Section("Properties", "Inputs are free in every cycle, and so is reset.", columns=columns, rows=rows)]


def _coverage_sections(found: Mapping[str, Any] | None) -> list[Section]:
    if found is None:
        return []
    rows = [
        (name, f"{group['bins']:,}", f"{group['hit']:,}", f"{group['waived']:,}")
        for name, group in found["groups"].items()
    ]
    missing = [str(each["what"]) for each in found["missing"]]
    text = "Situations that the runs above have been in. "
    if missing:
        text += f"Not yet: {'; '.join(missing[:12])}{' and others' if len(missing) > 12 else ''}. "
        text += "spintile verify --coverage also runs what reaches the rest."
    sections = [Section("Functional coverage", text, columns=("group", "bins", "hit", "waived"), rows=rows)]
    if found["waivers"]:
        waived = [(str(each["what"]), str(each["reason"])) for each in found["waivers"]]
        sections.append(Section("Waived", "", columns=("situation", "reason"), rows=waived))
    return sections
