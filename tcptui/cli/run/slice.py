"""``slice FILE… -w OUT``: writes chosen packets to a capture of their own."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tcptui.access.notes.format import NotesError
from tcptui.access.notes.notebook import Notebook
from tcptui.capture.slicing.sink import Sink
from tcptui.cli.commands import STANDARD_STREAM
from tcptui.cli.inputs import open_inputs, refuse_unreadable_among
from tcptui.cli.read_files import key_files, replaceable
from tcptui.cli.run.copying import reading_again, write_rows
from tcptui.cli.run.filtering import compiled_filter, judges, matching_rows
from tcptui.cli.run.load import exit_code, has_failed, read_whole, require_stream
from tcptui.cli.run.own_findings import own_rules, require_defined
from tcptui.cli.signals import signals_unwind
from tcptui.model.errors import OutputError
from tcptui.model.file_names import disambiguate
from tcptui.model.safe_text import safe_text
from tcptui.session.slicing import choose
from tcptui.session.slicing.comments import Comments
from tcptui.session.slicing.write import PCAP_SUFFIX, Slicer
from tcptui.words.errors import error_line, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tcptui.cli.commands import Chosen, SliceCommand
    from tcptui.dfilter.compile import Compiled
    from tcptui.session.session import Session
    from tcptui.words.catalogue import Words


def write_slice(command: SliceCommand, words: Words) -> int:
    """Run the command; returns the exit code.  Raises TcptuiError."""
    compiled = compiled_filter(command.chosen.display_filter, words)
    to_stdout = command.write == STANDARD_STREAM
    if to_stdout and sys.stdout.isatty():
        raise OutputError("output_terminal")
    with ExitStack() as stack:
        stack.enter_context(signals_unwind())
        opened = open_inputs(command.files, stack, words)
        own = own_rules(command.common, words)
        require_defined("--finding", command.chosen.findings, own)
        out = Path(command.write)
        may_replace = replaceable(
            command.common, opened, overwrite=command.overwrite, rules=key_files(command.redacting)
        )
        if not to_stdout:
            may_replace.check(out)
        refuse_unreadable_among(opened)
        session = read_whole(
            command.common, opened, words, own, judges=judges(compiled.fields), decrypts=command.redacting is None
        )
        if has_failed(session):
            return 1
        rows = np.flatnonzero(_chosen(session, command.chosen, compiled, words))
        if not len(rows) and not to_stdout and os.path.lexists(out):
            raise OutputError("output_empty", path=safe_text(str(out)))
        written = session
        if command.redacting is not None:
            from tcptui.cli.run.redacted import redacted_session

            written = redacted_session(session, command.redacting, command.common, own, words, stack)
        slicer = reading_again(written)
        comments = None
        if out.suffix == PCAP_SUFFIX:
            slicer.link_type(rows)  # refused before a file is made
        elif command.redacting is None:
            comments = comments_of(session, slicer, command.files, words)
        else:  # notes may name what was replaced
            comments = Comments(written, slicer, [written.label], [None], words)
        sys.stdout.flush()
        descriptor = sys.stdout.fileno() if to_stdout else None
        with Sink(out, may_replace, descriptor=descriptor) as sink:
            write_rows(written, slicer, rows, sink, comments)
        say(words("slice.written", n=f"{len(rows):,}", all=f"{session.store.count:,}", file=safe_text(str(out))), words)
        return exit_code(session, [one.source for one in opened])


def _chosen(session: Session, chosen: Chosen, compiled: Compiled, words: Words) -> NDArray[np.bool_]:
    store = session.store
    if chosen.streams:
        for stream in chosen.streams:
            require_stream(session, stream)
        rows = choose.rows_of_streams(store, chosen.streams)
    elif chosen.findings is not None:
        rows = choose.rows_of_findings(session, chosen.findings)
    elif chosen.packets:
        rows = choose.rows_of_packets(store, chosen.packets)
    else:
        rows = matching_rows(session, compiled, words)
    if not chosen.packets:  # who names packets means these
        rows = choose.with_fragments(store, rows)
    near = rows if chosen.around_ns is None else choose.around(store, rows, chosen.around_ns)
    return near | choose.whole_streams(session, rows) if chosen.whole_streams else near


def comments_of(session: Session, slicer: Slicer, files: Sequence[str], words: Words) -> Comments:
    """What a slice of ``files`` says of its packets; notes that cannot be used are left out, which is said."""
    books = [_book(name, words) for name in files]
    return Comments(session, slicer, disambiguate(files), books, words)


def _book(name: str, words: Words) -> Notebook | None:
    if name == STANDARD_STREAM:
        return None
    try:
        return Notebook(Path(name))
    except NotesError as error:
        say(error_line(error, words), words)
        return None
