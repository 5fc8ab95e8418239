# SPDX-License-Identifier: BSD-3-Clause
"""The status table: what is claimed of the RTL, how it was checked, on how much, and whether it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from ...report import Status
from ..mutation import LEAST_IN_DATA_PATH, LEAST_KILLED, mutant_failure
from .campaign import Finding
from .stages import STAGES, Stage

__all__ = ["requirements_of"]

Result = Literal["holds", "fails", "not run"]

#: What is claimed of each point of comparison.
_CLAIMS = {
    "codes": "every column's code of every read, and the kernel it was read from",
    "accumulators": "every sum handed to the activation, with its image and read",
    "activations": "every activation after pooling",
    "classes": "every class, on the trace and again on the result stream, in the order of the images",
}


def requirements_of(
    findings: Sequence[Finding],
    mutants: Mapping[str, Any] | None,
    properties: Mapping[str, Any] | None,
    coverage: Mapping[str, Any] | None,
) -> list[Status]:
    """The whole table; what was not asked for is in it as not run.

    Parameters
    ----------
    findings : sequence of Finding
    mutants, properties, coverage : mapping or None
        As in the report; None: not run.
    """
    table: list[Status] = []
    stages = list(dict.fromkeys(finding.task.stage for finding in findings))
    for name in STAGES:
        chosen = [stage for stage in stages if stage.name == name]
        if not chosen:
            table.append(_absent(Stage(name).label, f"--stage {name}"))
        for stage in chosen:
            table += _stage_rows(stage, [finding for finding in findings if finding.task.stage == stage])
    return [*table, _mutants_row(mutants), _properties_row(properties), _coverage_row(coverage)]


def _absent(group: str, option: str) -> Status:
    claim = "equal to the golden model in everything that passes between the blocks"
    if group == "golden":
        claim = "the reference is the same however it is run"
    return Status(group, claim, f"spintile verify {option}", "–", "not run")


def _stage_rows(stage: Stage, findings: Sequence[Finding]) -> list[Status]:
    ran = [finding for finding in findings if finding.units]
    skipped = [finding for finding in findings if finding.task.not_run]
    rows = []
    if ran and stage.name == "golden":
        rows.append(_reference_row(stage, ran))
    elif ran:
        rows += [_equality_row(stage, ran, point) for point in _CLAIMS]
        rows.append(_behaviour_row(stage, ran))
    for finding in skipped:
        claim = f"{finding.task.subject.name}: equal to the golden model"
        rows.append(Status(stage.label, claim, stage.where, "–", "not run", finding.task.not_run))
    return rows


def _reference_row(stage: Stage, ran: Sequence[Finding]) -> Status:
    differing = sum(finding.differing for finding in ran)
    count = sum(sum(finding.compared.values()) for finding in ran)
    claim = "every class of the reference is the same however it is run"
    return Status(
        stage.label, claim, stage.where, f"{count:,} classes", _result(differing, count), _first(ran, differing)
    )


def _equality_row(stage: Stage, ran: Sequence[Finding], point: str) -> Status:
    count = sum(finding.compared.get(point, 0) for finding in ran)
    differing = sum(finding.mismatches.get(point, 0) for finding in ran)
    if not count and not differing and not any(len(f.task.subject.network.layers) > 1 for f in ran):
        return Status(stage.label, _CLAIMS[point], stage.where, "–", "not run", "networks of one layer have none")
    remark = f"{differing:,} differ" if differing else ""
    return Status(stage.label, _CLAIMS[point], stage.where, f"{count:,} values", _result(differing, count), remark)


def _behaviour_row(stage: Stage, ran: Sequence[Finding]) -> Status:
    """Everything that a run checks besides values."""
    images = sum(finding.images for finding in ran)
    broken = [failure for finding in ran for failure in finding.failures if _is_behaviour(failure)]
    claim = "no hang, no broken protocol at the pins, STATUS clean, READS counts what the program has"
    remark = str(broken[0]["message"]) if broken else ""
    return Status(
        stage.label, claim, stage.where, f"{images:,} images on a die each", _result(len(broken), images), remark
    )


def _is_behaviour(failure: Mapping[str, Any]) -> bool:
    return failure["image"] is None or "; then: " in failure["message"]


def _first(ran: Sequence[Finding], differing: int) -> str:
    return next((str(f.failures[0]["message"]) for f in ran if f.failures), "") if differing else ""


def _result(wrong: int, count: int) -> Result:
    return "holds" if count and not wrong else "fails"


def _mutants_row(found: Mapping[str, Any] | None) -> Status:
    claim = f"at least {LEAST_KILLED:.0%} of the small faults that change something are noticed, "
    claim += f"{LEAST_IN_DATA_PATH:.0%} of those in the data path"
    how = "faults drawn from the netlist, put in one by one, run on a fixed workload"
    if found is None:
        return Status("mutants", claim, "spintile verify --mutants 1000", "–", "not run")
    amount = f"{found['total']:,} mutants: {found['killed']:,} noticed, {found['equivalent']:,} change nothing"
    remark = f"{found['score']:.1%} noticed, {found['survived']:,} not" if found["holds"] else mutant_failure(found)
    return Status("mutants", claim, how, amount, "holds" if found["holds"] else "fails", remark)


def _properties_row(found: Mapping[str, Any] | None) -> Status:
    claim = "the stated properties of every block hold in every run of any length"
    if found is None:
        return Status("properties", claim, "spintile verify --properties", "–", "not run")
    broken = found["total"] - found["proved"]
    remark = f"{broken:,} not proved" if broken else ""
    amount = f"{found['total']:,} properties of {len(found['blocks']):,} sets"
    return Status("properties", claim, "induction, inputs and resets free", amount, _result(broken, 1), remark)


def _coverage_row(found: Mapping[str, Any] | None) -> Status:
    claim = "every situation on the list is reached by some run, or waived with its reason"
    if found is None:
        return Status("coverage", claim, "collected with every stage but golden", "–", "not run")
    missing = found["bins"] - found["hit"] - found["waived"]
    amount = f"{found['bins']:,} bins: {found['hit']:,} hit, {found['waived']:,} waived"
    remark = found["error"] or (f"{missing:,} missing in these runs" if missing else "")
    result: Result = "not run" if missing else "holds"
    if found["error"] or (missing and found["required"]):
        result = "fails"
    return Status("coverage", claim, "counted while the stages run", amount, result, remark)
