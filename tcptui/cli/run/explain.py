"""``explain FILE --stream N``: the evidence pack of a connection, as text, Markdown or JSON."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from tcptui.access.open_capture import is_looked_through
from tcptui.cli.commands import ReportFormat
from tcptui.cli.inputs import give_up_root, open_input
from tcptui.cli.run.load import exit_code, has_failed, notice_line, read_whole, require_stream, write, write_text
from tcptui.cli.run.own_findings import own_rules
from tcptui.session.reading_again import packets_read_again

if TYPE_CHECKING:
    from tcptui.cli.commands import ExplainCommand
    from tcptui.session.session import Session
    from tcptui.words.catalogue import Words


def write_explanation(command: ExplainCommand, words: Words) -> int:
    """Run the command; returns the exit code.  Raises TcptuiError."""
    opened = open_input(command.file, words=words)
    try:
        give_up_root()
        own = own_rules(command.common, words)
        session = read_whole(command.common, [opened], words, own, judges=True)
        if has_failed(session):
            return 1
        require_stream(session, command.stream)
        _print_pack(command, session, words)
        return exit_code(session, [opened.source])
    finally:
        opened.close()


def _print_pack(command: ExplainCommand, session: Session, words: Words) -> None:
    from tcptui.cli.report.evidence_pack import evidence_pack
    from tcptui.cli.report.explained import compose_pack, pack_json
    from tcptui.cli.report.packet_lines import PacketLines
    from tcptui.cli.report.summary import Summary
    from tcptui.session.sharing import ALONE

    if not is_looked_through(session):
        session.judge(ALONE)
    summary = Summary(session)
    with packets_read_again(session):
        lines = PacketLines(session, words)
        pack = evidence_pack(summary, command.stream, session.diagnosis.findings, lines)
    if command.format is ReportFormat.JSON:
        write([pack_json(summary, pack, words)])
        return
    blocks = compose_pack(summary, pack, words, notice_line(session, words))
    if command.format is ReportFormat.MARKDOWN:
        from tcptui.cli.report.as_markdown import markdown

        write_text(markdown(blocks))
        return
    from tcptui.cli.report.as_text import print_document, standard_output

    print_document(blocks, standard_output(os.environ), command.common.ascii_only)
    sys.stdout.flush()
