"""``merge A B``: the same traffic at two capture points, as text, as JSON or as one capture."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from tcptui.cli.commands import STANDARD_STREAM
from tcptui.cli.read_files import replaceable
from tcptui.cli.run.copying import reading_again
from tcptui.cli.run.load import exit_code, has_failed, read_whole, write, write_text
from tcptui.cli.run.merge_files import open_points, write_both
from tcptui.cli.run.pages import write_page
from tcptui.model.errors import OutputError
from tcptui.points.decided import decide
from tcptui.points.merge import merge_captures
from tcptui.session.reading_again import packets_read_again
from tcptui.words.merged_refusal import require_shared

if TYPE_CHECKING:
    from tcptui.cli.commands import MergeCommand
    from tcptui.words.catalogue import Words


def write_merged(command: MergeCommand, words: Words) -> int:
    """Run the command; returns the exit code.  Raises TcptuiError."""
    if command.html == STANDARD_STREAM and sys.stdout.isatty():
        raise OutputError("output_terminal")
    if len(command.files) > 2:
        from tcptui.cli.run.merge_route import write_route

        return write_route(command, words)
    with ExitStack() as stack:
        points = open_points(command.files, stack, words)
        names = points.names
        may_replace = replaceable(command.common, points.read, overwrite=command.overwrite)
        for out in (command.write, command.html):
            if out and out != STANDARD_STREAM:
                may_replace.check(Path(out))
        sessions = [read_whole(command.common, [one], words, (), judges=False, workers=1) for one in points.opened]
        if any(map(has_failed, sessions)):
            return 1
        with packets_read_again(sessions[0]), packets_read_again(sessions[1]):
            hop = merge_captures(sessions[0], sessions[1], is_symmetric=command.is_symmetric)
            require_shared(hop, names)
            splits, joined, undecided = decide(hop, sessions[0], sessions[1])
        if command.write:
            slicers = [reading_again(session) for session in sessions]
            write_both(Path(command.write), hop, slicers, names, may_replace, words)
        if command.html:
            from tcptui.cli.report.page.merged import merged_page

            pieces = merged_page(hop, splits, joined, undecided, names, words)
            write_page(command.html, pieces, (hop.a, hop.b), may_replace, words)
        if command.as_json:
            from tcptui.cli.report.merged_json import merged_as_json

            write([merged_as_json(hop, splits, joined, points.files, undecided), "\n"])
        elif not command.html:
            from tcptui.cli.report.merged_text import merged_as_text

            write_text(
                merged_as_text(
                    hop, splits, joined, names, words, undecided=undecided, ascii_only=command.common.ascii_only
                )
            )
        return max(exit_code(session, [one.source]) for session, one in zip(sessions, points.opened, strict=True))
