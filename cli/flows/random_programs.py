# SPDX-License-Identifier: BSD-3-Clause
"""Campaigns of random programs: files that they go on from, cases that failed, cases run again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from spintile.cosim.random_programs import Case, Verdict, library_of, play
from spintile.cosim.random_programs.campaign import Campaign, run_campaign
from spintile.model.reading import JSON_BYTES, one_line, parse_json, read_regular

from ..console import Progress
from ..errors import BadInput
from .files import source_digest, write_json, write_text

__all__ = ["replay", "run_programs"]


def run_programs(
    count: int, *, minutes: float | None, seed: int, jobs: int, out: Path | None, progress: Progress
) -> dict[str, Any]:
    """Run a campaign, or the rest of one; the report, which is written after every block too.

    Cases that fail lie beside the report, one file each.

    Raises
    ------
    BadInput
        If the file is that of another campaign, or of other code.
    """
    source = source_digest("spintile.rtl", "spintile.model", "spintile.cosim.random_programs")[:16]
    campaign = _resumed(out, seed, source)
    written: dict[int, str] = {}

    def report() -> dict[str, Any]:
        return {**campaign.report(), "source": source, "replay": [written[block] for block in sorted(written)]}

    def done(campaign: Campaign) -> None:
        for found in campaign.found:
            if found.case and found.block not in written:
                path = (out or Path("programs.json")).with_name(f"programs-seed{seed}-block{found.block}.json")
                write_text(path, found.case)
                written[found.block] = str(path)
        if out is not None:
            write_json(out, report())
        remark = f"{campaign.programs} of {count}, {len(campaign.found)} wrong"
        progress("programs", min(0.999, campaign.programs / count), remark)

    progress("programs", min(0.999, campaign.programs / count))
    run_campaign(campaign, count, minutes=minutes, jobs=jobs, progress=done)
    done(campaign)
    progress("programs", 1.0, f"{len(campaign.found)} wrong")
    return report()


def replay(path: Path) -> tuple[Case, Verdict]:
    """Run a case of a file again; BadInput if it is none."""
    try:
        case = Case.load(path)
        return case, play(case, library_of(case.geometry))
    except ValueError as error:
        raise BadInput(one_line(error)) from None


def _resumed(path: Path | None, seed: int, source: str) -> Campaign:
    if path is None or not path.exists():
        return Campaign(seed)
    try:
        report = parse_json(read_regular(path, JSON_BYTES))
        for name, wanted in (("seed", seed), ("source", source)):
            if report[name] != wanted:
                raise BadInput(
                    f"{path}: {name} must be {wanted!r}, not {report[name]!r}: remove the file, or give another --out"
                )
        return Campaign.of(report)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{path}: must be the result of a campaign, or not be there: {one_line(error)}") from None
