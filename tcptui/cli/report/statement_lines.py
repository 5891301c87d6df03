"""Requests grouped by statement, as a table for people and as JSON lines (rules/findings.md#requests)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.cli.report.json_text import Seconds, to_json
from tcptui.cli.report.request_lines import aligned, operation_text
from tcptui.words.quantities import NO_BREAK, unbroken_duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcptui.session.statements import StatementGroup
    from tcptui.words.catalogue import Words

_COLUMNS: Final = ("count", "errors", "p50", "p99", "total", "server", "waited", "slowest", "protocol", "statement")
_RIGHT: Final = frozenset(range(_COLUMNS.index("protocol")))


def statement_json(group: StatementGroup) -> str:
    """One group as a JSON object."""
    slowest = group.slowest
    return to_json(
        {
            "protocol": group.protocol,
            "statement": group.statement or None,
            "count": group.count,
            "errors": group.errors,
            "p50": Seconds(group.p50_ns),
            "p99": Seconds(group.p99_ns),
            "total": Seconds(group.total_ns),
            "server": Seconds(group.server_ns),
            "server_likely": Seconds(group.server_likely_ns),
            "waited": Seconds(group.waited_ns),
            "slowest": {"stream": slowest.stream, "first": slowest.first_frame or None, "operation": slowest.operation},
        }
    )


def statement_table(groups: Sequence[StatementGroup], words: Words, *, ascii_only: bool) -> Iterator[str]:
    """A heading and a line each."""
    ellipsis = "..." if ascii_only else "…"
    heading = [words(f"requests.column.{name}") for name in _COLUMNS]
    return aligned(heading, (_cells(group, ellipsis, words) for group in groups), _RIGHT)


def _cells(group: StatementGroup, ellipsis: str, words: Words) -> list[str]:
    times = (group.p50_ns, group.p99_ns, group.total_ns)
    worked = unbroken_duration(group.server_likely_ns, words).replace(NO_BREAK, " ")
    return [
        str(group.count),
        str(group.errors or "-"),
        *(unbroken_duration(time_ns, words).replace(NO_BREAK, " ") for time_ns in times),
        f"~{worked}" if group.is_estimated else worked,
        unbroken_duration(group.waited_ns, words).replace(NO_BREAK, " ") if group.waited_ns else "-",
        str(group.slowest.first_frame or "-"),
        group.protocol,
        operation_text(group.statement, ellipsis, words),
    ]
