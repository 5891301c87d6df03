"""``merge A B C …``: the same traffic at three or more capture points, as text or as JSON."""

from __future__ import annotations

from contextlib import ExitStack
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from tcptui.cli.inputs import open_inputs, refuse_unreadable_among
from tcptui.cli.run.load import exit_code, has_failed, read_whole, write, write_text
from tcptui.points.route import merge_route
from tcptui.points.route_findings import decide_route
from tcptui.points.splits import split_waits
from tcptui.session.reading_again import packets_read_again
from tcptui.words.errors import CommandFailedError
from tcptui.words.merged_refusal import require_no_copy, require_two_files

if TYPE_CHECKING:
    from tcptui.cli.commands import MergeCommand
    from tcptui.words.catalogue import Words


def write_route(command: MergeCommand, words: Words) -> int:
    """Run the command; returns the exit code.  Raises TcptuiError."""
    with ExitStack() as stack:
        opened = open_inputs(command.files, stack, words)
        names = [Path(name).name for name in command.files]
        for one, other in combinations(range(len(opened)), 2):
            require_two_files([opened[one].raw, opened[other].raw], [names[one], names[other]])
        refuse_unreadable_among(opened)
        sessions = [read_whole(command.common, [one], words, (), judges=False, workers=1) for one in opened]
        if any(map(has_failed, sessions)):
            return 1
        with ExitStack() as reading:
            for session in sessions:
                reading.enter_context(packets_read_again(session))
            route = merge_route(sessions, is_symmetric=command.is_symmetric)
            for (near, far), hop in route.hops.items():
                require_no_copy(hop, [names[route.given[point]] for point in (near, far)])
            if not route.chains:
                raise CommandFailedError("error.merge-nowhere", count=len(names))
            splits = {at: split_waits(hop) for at, hop in route.hops.items()}
            decided = decide_route(route, splits, [sessions[given] for given in route.given])
        if command.as_json:
            from tcptui.cli.report.route_json import route_as_json

            write([route_as_json(route, splits, decided, command.files), "\n"])
        else:
            from tcptui.cli.report.route_text import route_as_text

            write_text(route_as_text(route, decided, names, words, ascii_only=command.common.ascii_only))
        return max(exit_code(session, [one.source]) for session, one in zip(sessions, opened, strict=True))
