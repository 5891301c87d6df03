"""Commands that answer in text and need no screen: cases, -D, verdicts, report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tcptui
from tcptui.capture.privileges import drop_root
from tcptui.cli.commands import (
    CasesCommand,
    ExportCommand,
    FollowCommand,
    ListInterfacesCommand,
    RecoverCommand,
    ReportCommand,
    ReportFormat,
    VerdictsCommand,
)
from tcptui.cli.inputs import base_name, open_input, whom_to_become
from tcptui.cli.run.load import has_failed, notice_line, read_whole, require_stream, write
from tcptui.model.errors import InputError, TcptuiError
from tcptui.model.safe_text import reason_of
from tcptui.words.errors import error_line, say

if TYPE_CHECKING:
    from tcptui.cli.inputs import Input
    from tcptui.session.session import Session
    from tcptui.words.catalogue import Words

TextCommand = (
    CasesCommand
    | ListInterfacesCommand
    | VerdictsCommand
    | ReportCommand
    | FollowCommand
    | ExportCommand
    | RecoverCommand
)


def run_text_command(command: TextCommand, words: Words) -> int:
    """Carry ``command`` out; returns the exit code.  Raises TcptuiError."""
    match command:
        case CasesCommand():
            return list_cases(command, words)
        case ListInterfacesCommand():
            return list_interfaces(words)
        case VerdictsCommand():
            return write_verdicts(command, words)
        case ReportCommand():
            return write_report(command, words)
        case FollowCommand():
            from tcptui.cli.run.follow import write_conversation

            return write_conversation(command, words)
        case ExportCommand():
            from tcptui.cli.run.export import write_files

            return write_files(command, words)
        case RecoverCommand():
            from tcptui.cli.run.recover import recover

            return recover(command, words)


def list_cases(command: CasesCommand, words: Words) -> int:
    """``cases``: the bundled cases, for people or as JSON."""
    from tcptui.cli.report.json_text import to_json
    from tcptui.lessons.listing import contains
    from tcptui.lessons.listing import list_cases as list_cases_as_json
    from tcptui.lessons.loader import load_cases

    cases = [case for case in load_cases() if contains(case, command.words)]
    if command.as_json:
        write([to_json(list_cases_as_json(cases)), "\n"])
        return 0
    if not cases:
        say(words("cli.cases.none"), words)
        return 1
    print(words("cli.cases.heading"))
    width = max(len(case.id) for case in cases)
    for case in cases:
        print(f"  {case.id:{width}}  {case.title[words.language]} ({words('cli.cases.packets', n=case.packets)})")
    return 0


def list_interfaces(words: Words) -> int:
    """``-D``: the interfaces, numbered and described as tcpdump does."""
    from tcptui.capture.interfaces import list_interfaces

    interfaces = list_interfaces()
    if not interfaces:
        say(words("cli.interface.none"), words)
        return 1
    for number, interface in enumerate(interfaces, 1):
        states = {
            "up": interface.is_up,
            "running": interface.is_running,
            "loopback": interface.is_loopback,
            "wireless": interface.is_wireless,
            "disconnected": interface.is_connected is False,
            "down": not interface.is_up,
        }
        marks = words("report.list-comma").join(words(f"cli.interface.{name}") for name, on in states.items() if on)
        addresses = " ".join(interface.addresses)
        print(f"{number}.{interface.label} [{marks}]" + (f" {addresses}" if addresses else ""))
    return 0


def write_verdicts(command: VerdictsCommand, words: Words) -> int:
    """``verdicts FILE… --jsonl``; a file that cannot be read does not keep the others from being."""
    opened: list[Input] = []
    code = 0
    for name in command.files:
        try:
            opened.append(open_input(name))
        except TcptuiError as error:
            say(error_line(error, words), words)
            code = error.exit_code
    drop_root(whom_to_become())
    for one in opened:
        try:
            code = max(code, _write_verdicts(one, words))
        finally:
            one.close()
    return code


def _write_verdicts(opened: Input, words: Words) -> int:
    from tcptui.cli.report.verdicts import Evidence, header_line, tcp_lines, tcp_rows

    try:
        digest = opened.sha256()
    except OSError as error:
        reason = reason_of(error)
        raise InputError("read_failed", path=opened.source.label, reason=reason) from error
    session = read_whole(opened, words, judges=False)
    evidence = Evidence()
    for _stream, findings in session.each_findings(range(session.streams.count)):
        for finding in findings:
            evidence.add(finding)
    rows = tcp_rows(session.store)
    name = base_name(opened.source.label)
    write([header_line(name, digest, opened.size(), session.store.count, len(rows), tcptui.__version__), "\n"])
    for lines in tcp_lines(session.store, session.streams, evidence, rows):
        write(["\n".join(lines), "\n"])
    return 1 if has_failed(session) else 0


def write_report(command: ReportCommand, words: Words) -> int:
    """``report FILE``: what a person needs to know, without the screen."""
    opened = open_input(command.file)
    drop_root(whom_to_become())
    try:
        # All of them are asked for in turn, or but one.
        session = read_whole(opened, words, judges=command.format is not ReportFormat.JSON and command.stream is None)
        if has_failed(session):
            return 1
        require_stream(session, command.stream)
        _print_report(command, session, words)
    finally:
        opened.close()
    return 0


def _print_report(command: ReportCommand, session: Session, words: Words) -> None:
    from tcptui.cli.report.as_json import json_report
    from tcptui.cli.report.as_markdown import markdown
    from tcptui.cli.report.compose import compose_connection, compose_report
    from tcptui.cli.report.json_findings import Telling
    from tcptui.cli.report.summary import Summary

    summary = Summary(session)
    if command.format is ReportFormat.JSON:
        write(json_report(summary, command.stream, Telling(words)))
        return
    notice = notice_line(session, words)
    if command.stream is None:
        blocks = compose_report(summary, words, notice)
    else:
        blocks = compose_connection(summary, command.stream, words, notice)
    if command.format is ReportFormat.MARKDOWN:
        write(markdown(blocks))
        return
    from rich.console import Console

    from tcptui.cli.report.as_text import print_document

    console = Console(markup=False, emoji=False, highlight=False, soft_wrap=True)
    print_document(blocks, console, command.common.ascii_only)
