"""The entry point: parses the command line, runs the command, and returns an exit code.

0 done, 1 the input or the environment failed, 2 wrong usage; 130 after Ctrl-C, 141 when the reader
of a result closed the pipe (what a shell shows for SIGPIPE).  Results go to standard output; messages
go to standard error, one line each, in the user's language.

Nothing heavy is imported before the command is known, so that ``--help`` answers at once.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from tcptui.cli.commands import (
    AssertCommand,
    CaseCommand,
    CasesCommand,
    CheckCommand,
    CompareCommand,
    CompletionCommand,
    ConfigCommand,
    ExplainCommand,
    ExportCommand,
    FieldsCommand,
    FollowCommand,
    GraphCommand,
    HelpCommand,
    ListInterfacesCommand,
    LiveCommand,
    ManCommand,
    MergeCommand,
    MergedScreenCommand,
    OpenCommand,
    PacketsCommand,
    ProgramCommand,
    QueryCommand,
    RecoverCommand,
    RedactCommand,
    RemoteCommand,
    ReportCommand,
    RequestsCommand,
    ScanCommand,
    ServeCommand,
    SliceCommand,
    StartCommand,
    VerdictsCommand,
    VersionCommand,
    WatchCommand,
)
from tcptui.cli.parse import COMMAND_WORDS, language_of, parse
from tcptui.cli.parse_values import near_words
from tcptui.cli.stdout import LocaleText, guard_standard_streams, redirect_stdout_to_null
from tcptui.model.charset import as_user_set
from tcptui.model.errors import StandardOutputError, TcptuiError
from tcptui.ui.settings.config_file import read_config
from tcptui.words.catalogue import Words
from tcptui.words.crash_report import install_exception_hooks, install_log_format
from tcptui.words.errors import say, say_error

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcptui.cli.commands import Command
    from tcptui.words.language import Language

TextCommand = (
    CasesCommand
    | ListInterfacesCommand
    | VerdictsCommand
    | ReportCommand
    | FollowCommand
    | ExportCommand
    | GraphCommand
    | ExplainCommand
    | MergeCommand
    | CompareCommand
    | RedactCommand
    | ServeCommand
    | ScanCommand
    | QueryCommand
    | PacketsCommand
    | SliceCommand
    | AssertCommand
    | RequestsCommand
    | RecoverCommand
    | ConfigCommand
    | CheckCommand
    | FieldsCommand
    | CompletionCommand
    | ManCommand
    | WatchCommand
)

ScreenCommand = StartCommand | LiveCommand | OpenCommand | RemoteCommand | CaseCommand

#: What Python says where the system has no thread for it: beyond the user's limit of processes, or out of memory.
_NO_THREAD: Final = "can't start new thread"
#: The message about a file that is not there.
_MISSING_FILE: Final = "messages.file_missing"
EXIT_INTERRUPTED: Final = 130
EXIT_READER_GONE: Final = 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program with ``argv``, without its name (default: the process's); returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    install_exception_hooks()
    guard_standard_streams(as_user_set(os.environ))
    # We do no linear algebra, and OpenBLAS would start its threads before root is given up.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    written = _written_language()
    words = Words(language_of(arguments, os.environ, written))
    command: Command | None = None
    try:
        command = _in_ascii(parse(arguments, os.environ, written))
        if not isinstance(command, HelpCommand | VersionCommand):
            install_log_format()
        code = run(command, words)
        sys.stdout.flush()
    except TcptuiError as error:
        say_error(error, words)
        _say_what_was_meant(command, error, words)
        if isinstance(error, StandardOutputError):
            redirect_stdout_to_null()
        return error.exit_code
    except RuntimeError as error:
        if str(error) != _NO_THREAD:
            raise
        say_error(TcptuiError("no_thread"), words)
        return TcptuiError.exit_code
    except BrokenPipeError:
        redirect_stdout_to_null()
        return EXIT_READER_GONE
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    return code


def _in_ascii(command: Command) -> Command:
    """``command``, which writes its text in ASCII where ``--ascii`` or the locale says so.

    A screen asks its own terminal (`tcptui.ui.terminal.setup`), which may be another one.
    """
    stream = sys.stdout
    if not isinstance(stream, LocaleText) or isinstance(command, ScreenCommand):
        return command
    stream.ascii_signs |= command.common.ascii_only
    common = command.common._replace(ascii_only=stream.ascii_signs)
    return replace(command, common=common) if isinstance(command, PacketsCommand) else command._replace(common=common)


def _say_what_was_meant(command: Command | None, error: TcptuiError, words: Words) -> None:
    """Where a file is missing whose name is nearly that of a command, name the command."""
    if not isinstance(command, OpenCommand) or error.key != _MISSING_FILE:
        return
    near = near_words(command.files[0], COMMAND_WORDS)
    if near:
        say(words("cli.error.meant-command", near=near[0]), words)


def _written_language() -> Language | None:
    """The language of the user's settings file.

    None for root: the file of the user who called sudo is read once root has been given up.
    """
    return None if os.geteuid() == 0 else read_config(os.environ).settings.language


def run(command: Command, words: Words) -> int:
    """Run ``command``; returns the exit code.  Raises TcptuiError."""
    match command:
        case HelpCommand():
            from tcptui.cli.help import help_text
            from tcptui.cli.run.own_findings import own_ids

            own = own_ids(command.common, words) if command.page == "findings" else ()
            print(help_text(words, command.page, own), end="")
            return 0
        case VersionCommand():
            from tcptui.cli.version_text import version_text

            print(version_text(), end="")
            return 0
        case (
            CasesCommand()
            | ListInterfacesCommand()
            | VerdictsCommand()
            | ReportCommand()
            | FollowCommand()
            | ExportCommand()
            | GraphCommand()
            | ExplainCommand()
            | MergeCommand()
            | CompareCommand()
            | RedactCommand()
            | ServeCommand()
            | ScanCommand()
            | QueryCommand()
            | PacketsCommand()
            | SliceCommand()
            | AssertCommand()
            | RequestsCommand()
            | RecoverCommand()
            | ConfigCommand()
            | CheckCommand()
            | FieldsCommand()
            | CompletionCommand()
            | ManCommand()
            | WatchCommand()
        ):
            from tcptui.session.gc_control import gc_paused_and_frozen

            with gc_paused_and_frozen():
                run_text = _text_command(command, words)
            return run_text()
        case ProgramCommand():
            from tcptui.cli.run.program import run_program

            return run_program(command, words)
        case LiveCommand() | OpenCommand() | RemoteCommand() if command.watch.no_screen:
            from tcptui.cli.run.no_screen import run_watch_command

            return run_watch_command(command, words)
        case LiveCommand() if command.streams_to_stdout:
            from tcptui.cli.run.pcap_to_stdout import stream_capture

            return stream_capture(command, words)
        case StartCommand() | LiveCommand() | OpenCommand() | RemoteCommand() | CaseCommand() | MergedScreenCommand():
            from tcptui.session.gc_control import gc_paused_and_frozen

            with gc_paused_and_frozen():
                from tcptui.cli.run.screen import run_screen_command

            return run_screen_command(command, words)


def _text_command(command: TextCommand, words: Words) -> Callable[[], int]:
    """Import what runs a command that writes text: a function that returns the exit code, or raises TcptuiError."""
    match command:
        case CasesCommand():
            from tcptui.cli.run.cases import list_cases

            return partial(list_cases, command, words)
        case ListInterfacesCommand():
            from tcptui.cli.run.interfaces import list_interfaces

            return partial(list_interfaces, words)
        case VerdictsCommand():
            from tcptui.cli.run.verdicts import write_verdicts

            return partial(write_verdicts, command, words)
        case ReportCommand():
            from tcptui.cli.run.report import write_report

            return partial(write_report, command, words)
        case FollowCommand():
            from tcptui.cli.run.follow import write_conversation

            return partial(write_conversation, command, words)
        case ExportCommand():
            from tcptui.cli.run.export import write_files

            return partial(write_files, command, words)
        case GraphCommand():
            from tcptui.cli.run.graph import write_graph

            return partial(write_graph, command, words)
        case ExplainCommand():
            from tcptui.cli.run.explain import write_explanation

            return partial(write_explanation, command, words)
        case MergeCommand():
            from tcptui.cli.run.merge import write_merged

            return partial(write_merged, command, words)
        case CompareCommand():
            from tcptui.cli.run.compare import write_comparison

            return partial(write_comparison, command, words)
        case RedactCommand():
            from tcptui.cli.run.redact import write_redacted

            return partial(write_redacted, command, words)
        case ServeCommand():
            from tcptui.cli.run.serve import start_serving

            return partial(start_serving, command, words)
        case ScanCommand():
            from tcptui.cli.run.scan import run_scan

            return partial(run_scan, command, words)
        case QueryCommand():
            from tcptui.cli.run.query import run_query

            return partial(run_query, command, words)
        case PacketsCommand():
            from tcptui.cli.run.packets import write_packets

            return partial(write_packets, command, words)
        case SliceCommand():
            from tcptui.cli.run.slice import write_slice

            return partial(write_slice, command, words)
        case AssertCommand():
            from tcptui.cli.run.assertions import check_rules

            return partial(check_rules, command, words)
        case RequestsCommand():
            from tcptui.cli.run.requests import write_requests

            return partial(write_requests, command, words)
        case RecoverCommand():
            from tcptui.cli.run.recover import recover

            return partial(recover, command, words)
        case ConfigCommand():
            from tcptui.cli.run.config import show_config

            return partial(show_config, command, words)
        case CheckCommand():
            from tcptui.cli.run.check import check_filter

            return partial(check_filter, command, words)
        case FieldsCommand():
            from tcptui.cli.run.fields import list_fields

            return partial(list_fields, command, words)
        case CompletionCommand():
            from tcptui.cli.run.completion import write_completion

            return partial(write_completion, command, words)
        case ManCommand():
            from tcptui.cli.run.man import write_man_page

            return partial(write_man_page, command, words)
        case WatchCommand():
            from tcptui.cli.watch.supervisor import watch_sources

            return partial(watch_sources, command, words)
