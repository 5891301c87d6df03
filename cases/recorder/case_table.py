"""The bundled cases as a table: what each is made of, and what is checked of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.lessons.case import Case

HEAD: Final = ("case", "seed", "source", "packets", "bytes", "findings", "states", "kernel", "again", "twin")


def table_lines(cases: Sequence[Case]) -> list[str]:
    """A line per case below a line of titles, and a line of sums.

    ``states`` counts the frames whose states the case promises; ``kernel`` says whether
    they are also held against the kernels' log; ``again`` how it can be made again.
    """
    rows = [HEAD, *map(_row, cases)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    findings = {finding for case in cases for finding in case.findings}
    size = sum(_bytes(case) for case in cases)
    sums = f"{len(cases)} cases, {sum(case.packets for case in cases)} packets, {size} bytes, {len(findings)} findings"
    return [*lines, sums]


def _row(case: Case) -> tuple[str, ...]:
    expectations = [each for step in case.steps for each in step.expect]
    states = {
        (step.capture, each.frame)
        for step in case.steps
        for each in step.expect
        if each.client is not None or each.server is not None
    }
    scenario = case.source.scenario
    made = case.source.origin.value if scenario is None else f"{scenario} {case.source.seed}"
    return (
        case.folder.name,
        case.seed or "-",
        made,
        "+".join(str(file.packets) for file in case.files),
        str(_bytes(case)),
        " ".join(case.findings),
        f"{len(states)}/{len(expectations)}",
        "yes" if case.kernel is not None else "-",
        "bundle" if scenario is not None else case.source.program.split()[-1].rpartition("/")[2],
        case.twin or "-",
    )


def _bytes(case: Case) -> int:
    return sum(path.stat().st_size for path in case.captures) + (case.kernel.stat().st_size if case.kernel else 0)
