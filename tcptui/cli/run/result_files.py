"""``requests FILE… --results DIR``: what databases answered with, a file for each result set."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from tcptui.access.open_capture import captured_bytes
from tcptui.cli.run.load import write_text
from tcptui.model.safe_text import safe_text
from tcptui.protocols.export.writer import ExportFolder
from tcptui.session.result_files import write_results
from tcptui.words.errors import say
from tcptui.words.protocol_list import any_database
from tcptui.words.quantities import Count

if TYPE_CHECKING:
    from tcptui.cli.run.requests import FoundRequests
    from tcptui.words.catalogue import Words


def write_found(folder: str, found: FoundRequests, words: Words) -> None:
    """Write the result sets of ``found`` to ``folder``, and a line for each.  Raises InputError and OutputError."""
    files = rows = short = withheld = 0
    with (
        ExportFolder(Path(folder), captured_bytes(found.session)) as target,
        closing(found.made(lambda pairs: write_results(pairs, target))) as parts,
    ):
        for part in parts:
            withheld += part.withheld
            for one in part.files:
                files, rows, short = files + 1, rows + one.rows, short + (not one.is_whole)
                facts = {"packet": f"#{one.packet}", "n": f"{one.rows:,}", "name": one.name}
                write_text([words("requests.results.line", **facts, operation=one.operation) + "\n"])
    if withheld:
        say(words("requests.results.withheld", n=Count(withheld)), words)
    if short:
        say(words("requests.results.short", n=Count(short)), words)
    if files:
        say(words("requests.results.written", n=Count(files), rows=Count(rows), folder=safe_text(folder)), words)
    else:
        say(words("requests.results.none", databases=any_database(words)), words)
