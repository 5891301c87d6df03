"""``verdicts``: writes the analysis of every TCP frame as JSON lines."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import tcptui
from tcptui.cli.inputs import give_up_root, open_input
from tcptui.cli.run.filtering import compiled_filter, matching_rows
from tcptui.cli.run.load import exit_code, read_whole, write
from tcptui.cli.run.own_findings import own_rules
from tcptui.model.errors import InputError, TcptuiError
from tcptui.model.file_names import disambiguate
from tcptui.model.safe_text import reason_of
from tcptui.words.errors import error_line, say

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterator, Sequence

    from tcptui.cli.commands import VerdictsCommand
    from tcptui.cli.inputs import Input
    from tcptui.cli.report.verdicts import Evidence
    from tcptui.dfilter.compile import Compiled
    from tcptui.session.all_findings import AllFindings
    from tcptui.session.own.rule import OwnRule
    from tcptui.session.sharing import Sharing
    from tcptui.words.catalogue import Words


def write_verdicts(command: VerdictsCommand, words: Words) -> int:
    """Run ``verdicts FILE… --jsonl``; returns the exit code.  A file that cannot be opened or read is reported and
    skipped."""
    compiled = compiled_filter(command.display_filter, words) if command.display_filter else None
    opened: list[Input] = []
    code = 0
    for name in command.files:
        try:
            opened.append(open_input(name, words=words))
        except TcptuiError as error:
            say(error_line(error, words), words)
            code = error.exit_code
    give_up_root()
    own = own_rules(command.common, words)
    for one in opened:
        try:
            code = max(code, _write_verdicts(one, words, command, compiled, own))
        except TcptuiError as error:
            say(error_line(error, words), words)
            code = max(code, error.exit_code)
        finally:
            one.close()
    return code


def _write_verdicts(
    opened: Input, words: Words, command: VerdictsCommand, compiled: Compiled | None, own: Sequence[OwnRule]
) -> int:  # fmt: skip
    from tcptui.cli.report.verdicts import header_line, tcp_lines, tcp_rows
    from tcptui.session.sharing import Sharing

    try:
        digest = opened.sha256()
    except OSError as error:
        reason = reason_of(error)
        raise InputError("read_failed", path=opened.source.label, reason=reason) from error
    session = read_whole(command.common, [opened], words, own, judges=False, workers=command.workers)
    sharing = Sharing.among(command.workers)
    evidence = evidence_of(session.all_findings, sharing)
    rows = tcp_rows(session.store)
    tcp_frames = len(rows)
    if compiled is not None:
        rows = rows[matching_rows(session, compiled, words)[rows]]
    (name,) = disambiguate([opened.source.label])
    write([header_line(name, digest, opened.size(), session.store.count, tcp_frames, tcptui.__version__), "\n"])
    with closing(tcp_lines(session.store, session.streams, evidence, rows, sharing)) as lines:
        write(lines)
    return exit_code(session, [opened.source])


def evidence_of(found: AllFindings, sharing: Sharing) -> Evidence:
    """The packets of all that is ``found``; judging also writes states and causes into the packet store."""
    from tcptui.cli.report.verdicts import Evidence

    shares, whole = found.shares(sharing, lasting=True), Evidence()

    def work(at: int) -> Iterator[tuple[list[str], array[int], array[int]]]:
        part = Evidence()
        for _stream, findings in found.of(shares[at]):
            for finding in findings:
                part.add(finding)
        yield part.columns()

    with closing(sharing.in_order(len(shares), work)) as parts:
        for part in parts:
            whole.add_columns(*part)
    return whole
