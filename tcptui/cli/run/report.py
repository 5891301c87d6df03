"""``report``: writes a report on a capture, without the screen."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tcptui.access.open_capture import is_looked_through
from tcptui.capture.output import NOTHING
from tcptui.cli.commands import STANDARD_STREAM, ReportFormat
from tcptui.cli.inputs import open_inputs, refuse_unreadable_among
from tcptui.cli.read_files import key_files, replaceable
from tcptui.cli.run.filtering import compiled_filter, judges, shown_streams
from tcptui.cli.run.load import (
    exit_code,
    has_failed,
    notice_line,
    read_whole,
    require_stream,
    write,
    write_text,
)
from tcptui.cli.run.own_findings import own_rules
from tcptui.model.errors import OutputError
from tcptui.model.file_names import disambiguate
from tcptui.model.prefetch import Prefetch
from tcptui.session.gc_control import gc_paused_and_frozen
from tcptui.session.reading_again import packets_read_again

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.capture.output import Replaceable
    from tcptui.charts.chart import Chart
    from tcptui.cli.commands import ReportCommand
    from tcptui.cli.report.summary import Summary
    from tcptui.model.packet_store import I64
    from tcptui.model.request import Request
    from tcptui.session.session import Session
    from tcptui.words.catalogue import Words


#: Bytes of files from which on modules are imported while they are read: of smaller ones packets would wait for that.
PREFETCH_IMPORTS_FROM: Final = 4 << 20


def write_report(command: ReportCommand, words: Words) -> int:
    """Run ``report FILE…``; returns the exit code.  Raises TcptuiError."""
    compiled = compiled_filter(command.display_filter, words) if command.display_filter else None
    if command.html == STANDARD_STREAM and sys.stdout.isatty():
        raise OutputError("output_terminal")
    with ExitStack() as stack:
        opened = open_inputs(command.files, stack, words)
        own = own_rules(command.common, words)
        may_replace = NOTHING
        if command.html:
            may_replace = replaceable(
                command.common, opened, overwrite=command.overwrite, rules=key_files(command.redacting)
            )
        if command.html and command.html != STANDARD_STREAM:
            may_replace.check(Path(command.html))
        refuse_unreadable_among(opened)
        is_large = sum(one.size() for one in opened) > PREFETCH_IMPORTS_FROM and command.workers != 1
        rest = Prefetch(partial(_import_rest, command.format)) if is_large else None
        session = read_whole(
            command.common,
            opened,
            words,
            own,
            judges=compiled is not None and judges(compiled.fields),
            workers=command.workers,
            decrypts=command.redacting is None,
        )
        if rest is not None:
            rest.take()
        if has_failed(session):
            return 1
        require_stream(session, command.stream)
        shown = None if compiled is None else shown_streams(session, compiled, words)
        told = session
        if command.redacting is not None:
            from tcptui.cli.run.redacted import redacted_session

            told = redacted_session(session, command.redacting, command.common, own, words, stack)
        print_report(command, told, shown, may_replace, words, notice=notice_line(session, words))
        return exit_code(session, [one.source for one in opened])


def _import_rest(told_as: ReportFormat) -> None:
    """Import what is needed once the packets are read: this process would not use all processors before."""
    import tcptui.cli.report.summary
    import tcptui.findings.rules.whole_capture.capture_facts
    import tcptui.findings.rules.whole_capture.diagnose
    import tcptui.session.judging
    import tcptui.session.rule_bytes

    if told_as is ReportFormat.JSON:
        import tcptui.cli.report.as_json  # noqa: F401


def print_report(
    command: ReportCommand, session: Session, shown: I64 | None, may_replace: Replaceable, words: Words, *,
    notice: str | None, of_program: bool = False,
) -> None:  # fmt: skip
    """Write the report that ``command`` asks for on ``session``, read to its end; ``shown``: of these streams alone.

    ``notice``: where and why reading stopped early; None: it did not.  ``of_program``: the streams are a program's, not
    those that a filter has chosen.

    Raises TcptuiError.
    """
    with gc_paused_and_frozen():
        from tcptui.cli.report.summary import Summary
        from tcptui.session.sharing import Sharing

        if command.format is ReportFormat.JSON:
            from tcptui.cli.report.as_json import json_report
            from tcptui.cli.report.json_findings import Telling
        else:
            from tcptui.cli.report.compose import (
                SHOWN_BY_FILTER,
                SHOWN_BY_PROGRAM,
                compose_connection,
                compose_report,
            )

    summary = Summary(session, shown)
    sharing = Sharing.among(command.workers)
    if command.format is ReportFormat.JSON:
        with closing(json_report(summary, command.stream, Telling(words), sharing)) as pieces:
            write(pieces)
        return
    if command.format is ReportFormat.HTML:
        if not is_looked_through(session):
            session.judge(sharing)
        _write_page(command, session, summary, notice, may_replace, words)
        return
    if command.stream is None:
        if not is_looked_through(session):
            session.judge(sharing)
        shown_by = SHOWN_BY_PROGRAM if of_program else SHOWN_BY_FILTER
        blocks = compose_report(summary, words, notice, command.detail, shown_by)
    else:
        blocks = compose_connection(summary, command.stream, words, notice)
    if command.format is ReportFormat.MARKDOWN:
        from tcptui.cli.report.as_markdown import markdown

        write_text(markdown(blocks))
        return
    from tcptui.cli.report.as_text import print_document, standard_output

    print_document(blocks, standard_output(os.environ), command.common.ascii_only)
    sys.stdout.flush()


def _write_page(
    command: ReportCommand, session: Session, summary: Summary, notice: str | None, may_replace: Replaceable,
    words: Words,
) -> None:  # fmt: skip
    from tcptui.access.requests import cached_requests
    from tcptui.charts.chart import make_chart
    from tcptui.charts.kind import ChartKind
    from tcptui.cli.report.page.page import page
    from tcptui.cli.run.pages import write_page
    from tcptui.session.graphs.stream_graphs import StreamGraphs

    def requests_of(stream: int) -> Sequence[Request]:
        with packets_read_again(session):
            return cached_requests(session, stream)

    def chart_of(stream: int) -> Chart | None:
        with packets_read_again(session):
            graphs = StreamGraphs(session, stream)
            graphs.grow()
            if not graphs.trace.column("length").any():
                return None
            return make_chart(graphs, ChartKind.SEQUENCE, graphs.busier_side)

    label = ", ".join(disambiguate(command.files)) if command.redacting is None else session.label
    pieces = page(summary, label, requests_of, chart_of, words, notice)
    write_page(command.html, pieces, (session,), may_replace, words)
