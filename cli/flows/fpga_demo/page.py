# SPDX-License-Identifier: BSD-3-Clause
"""The page to draw digits on: one document, nothing fetched from elsewhere."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from ...report.contents import DieMap
from ...report.die_figure import DEFECTS, counts, die_figure
from ..boards import Prepared
from ..demo.report import kernel_labels
from .subject import Subject

__all__ = ["die_view", "render_page"]


def die_view(subject: Subject, prepared: Prepared, die: int) -> dict[str, Any]:
    """What the page shows of a die: ``map`` (SVG) and ``counts`` of its defects by class."""
    defects = subject.die(die).defect[0]
    found = {name: number for name, number in counts(defects).items() if number or name != "pinhole"}
    return {"map": die_figure(DieMap(die, defects, 0.0), kernel_labels(prepared.compiled)), "counts": found}


def render_page(subject: Subject, prepared: Prepared, die: int, board: str, first: int, nonce: str) -> str:
    """The page.

    Parameters
    ----------
    subject : Subject
    prepared : Prepared
        The network on the die that the board is.
    die : int
        Number of that die.
    board : str
        Name of the board, for people.
    first : int
        The test image that it begins with.
    nonce : str
        What its script and style carry, so that a browser runs no others.

    Returns
    -------
    str
        A complete HTML document.
    """
    import jinja2
    from markupsafe import Markup

    here, report = resources.files(__package__), resources.files("spintile.cli.report")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    view, network, geometry = die_view(subject, prepared, die), subject.network, subject.chip.geometry
    setup = {
        "first": first,
        "digits": len(subject.dataset.test_labels),
        "top": (1 << network.input_bits) - 1,
        "die": die,
    }
    return environment.from_string((here / "page.html").read_text(encoding="utf-8")).render(
        style=Markup(
            (report / "page.css").read_text(encoding="utf-8") + (here / "page.css").read_text(encoding="utf-8")
        ),
        script=Markup((here / "page.js").read_text(encoding="utf-8")),
        # No text of a page may end its script.
        setup=Markup(json.dumps(setup).replace("<", "\\u003c")),
        nonce=nonce,
        board=board,
        devices=f"{geometry.devices:,}",
        kernels=f"{geometry.kernels} kernels of {geometry.rows} × {geometry.cols}",
        shape=subject.shape,
        hidden=[layer.neurons for layer in network.layers[:-1]],
        classes=network.layers[-1].neurons,
        die=die,
        dies=subject.dies,
        map=Markup(view["map"]),
        counts=view["counts"],
        styles=dict(DEFECTS.values()),
        software=network.metadata.get("software_accuracy"),
        credit=subject.dataset.attribution,
    )
