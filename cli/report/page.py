# SPDX-License-Identifier: BSD-3-Clause
"""From contents to one HTML page that needs nothing else: no network, no fonts, no scripts."""

from __future__ import annotations

from importlib import resources

from .accuracy_figure import accuracy_figure
from .contents import ReportContents
from .die_figure import DEFECTS, counts, die_figure, population_figure
from .result_figures import confusion_figure, cycles_figure


def _cycles(contents: ReportContents) -> str:
    comparison = contents.comparison
    if comparison.cycles_per_image is None:
        return "<p>Too few images came back to tell.</p>"
    return cycles_figure(comparison.cycles_per_image, comparison.cycles_bound)


def render_report(contents: ReportContents) -> str:
    """The page.

    Parameters
    ----------
    contents : ReportContents
        What it shows.

    Returns
    -------
    str
        A complete HTML document.
    """
    import jinja2
    from markupsafe import Markup

    folder = resources.files(__package__)
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["thousands"] = lambda value: f"{value:,}".replace(",", "\u202f")
    template = environment.from_string((folder / "page.html").read_text(encoding="utf-8"))
    headline = contents.strips[contents.headline]
    worst = min(contents.die_maps, key=lambda die: die.accuracy)
    repaired = [strip for strip in contents.strips if strip.repaired]
    totals = [counts(die.defects) for die in contents.die_maps]
    return template.render(
        style=Markup((folder / "page.css").read_text(encoding="utf-8")),
        contents=contents,
        answer={
            "mean": float(headline.accuracies.mean()),
            "min": float(headline.accuracies.min()),
            "std": float(headline.accuracies.std()),
            "dies": len(headline.dies),
        },
        worst=worst,
        worst_counts=counts(worst.defects),
        has_pinholes=any(t["pinhole"] for t in totals),
        defects_per_die=sum(sum(t.values()) for t in totals) / max(len(totals), 1),
        legend=[{"name": name, "style": style} for name, style in DEFECTS.values()],
        accuracy=Markup(accuracy_figure(contents.strips, contents.software, "accuracy over the dies")),
        accuracy_repaired=Markup(accuracy_figure(repaired, contents.software, "accuracy with column repair, enlarged"))
        if repaired
        else "",
        die=Markup(die_figure(worst, contents.kernel_labels)),
        population=Markup(population_figure(contents.die_maps, worst.die)),
        confusion=Markup(confusion_figure(contents.confusion)),
        cycles=Markup(_cycles(contents)),
        placement=Markup(contents.placement_svg),
    )
