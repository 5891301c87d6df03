"""Parses the command line into a `Command`: a pure function of arguments and environment.

Written by hand because argparse's messages are English only, and because it cannot interleave options and filter
words as tcpdump does.  Imports nothing heavy: ``--help`` must be instant.

Rules:

* options are getopt's: ``-c 5``, ``-c5``, ``-pn``, ``--lang zh``, ``--lang=zh``; ``-`` alone is a word;
* ``--`` before any word and ``-r`` is followed by a program to run; elsewhere it ends the options;
* the first word decides: a command name before any ``-i`` or ``-r`` is that command;
  otherwise, with ``-i`` or ``-r`` anywhere, every word is part of the filter; otherwise, after
  an ``ssh://`` URL, the other words are the filter; otherwise words are files;
* ``--help``, ``--version`` and ``--lang`` take effect anywhere, even if the rest is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tcptui.charts.kind import ChartKind
from tcptui.cli.command_table import BY_WORD, EVERYWHERE, READING, SHELLS, TOPICS
from tcptui.cli.commands import (
    STANDARD_STREAM,
    CaseCommand,
    CasesCommand,
    CheckCommand,
    Command,
    Common,
    CompletionCommand,
    ConfigCommand,
    Detail,
    Display,
    ExplainCommand,
    ExportCommand,
    FieldsCommand,
    FollowCommand,
    FollowForm,
    FollowSide,
    GraphCommand,
    GraphForm,
    HelpCommand,
    ListInterfacesCommand,
    ManCommand,
    RecoverCommand,
    ReportCommand,
    ReportFormat,
    StartCommand,
    VerdictsCommand,
    VersionCommand,
)
from tcptui.cli.option_table import BY_NAME, SHORT, Value
from tcptui.cli.parse_capture import (
    LIMIT_OPTIONS,
    OUTPUT_OPTIONS,
    WATCHING,
    display_filter,
    options_for_files,
    parse_live,
    parse_open,
    parse_remote,
    size,
    workers,
)
from tcptui.cli.parse_compare import parse_compare
from tcptui.cli.parse_merge import parse_merge, parse_merged_screen
from tcptui.cli.parse_packets import (
    is_spreadsheet_safe,
    parse_assert,
    parse_packets,
    parse_redact,
    parse_requests,
    parse_slice,
    redacting,
)
from tcptui.cli.parse_program import PROGRAM_OPTIONS, parse_program
from tcptui.cli.parse_query import parse_query
from tcptui.cli.parse_scan import parse_scan
from tcptui.cli.parse_serve import parse_serve
from tcptui.cli.parse_values import CommandLineError, file_name, filter_words, near_words, number, only_one
from tcptui.cli.parse_watch import parse_watch
from tcptui.words.language import Language, language_from_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

#: Counts beyond a signed 64-bit integer are assumed to be typing errors.
MAXIMUM_COUNT: Final = 2**63 - 1

#: The end of an interrupted capture's file name, by which it may be chosen instead of by its number.
_SPOOL_SUFFIX: Final = ".pcap"
_DISPLAY: Final = frozenset({"-t", "-n"})
_REMOTE_TOO: Final = frozenset({"-c", "-s", "-B", "-p"})
_LIVE_ONLY: Final = _REMOTE_TOO | OUTPUT_OPTIONS | LIMIT_OPTIONS | {"--include-own", "--kernel"}
_REMOTE: Final = "ssh://"


@dataclass
class _Scan:
    """The options and words of a command line, not yet interpreted."""

    options: dict[str, str] = field(default_factory=dict)
    """Option -> value; ``""`` for a flag."""
    words: list[str] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)
    """All values of ``-e``."""
    findings: list[str] = field(default_factory=list)
    """All values of ``--findings``."""
    decode_as: list[str] = field(default_factory=list)
    """All values of ``--decode-as``."""
    command_word: str | None = None
    """The first word, if it came before any ``-i`` or ``-r``."""
    program: tuple[str, ...] | None = None
    """The program to run and its arguments; None: none."""
    mistake: CommandLineError | None = None
    """The first error; None: none."""

    def add_error(self, key: str, *, near: Sequence[str] = (), **facts: object) -> None:
        """Record an error; only the first one is reported.  ``near``: what was probably meant."""
        if self.mistake is not None:
            return
        if near:
            key, facts = f"{key}-near", {**facts, "near": ", ".join(near)}
        self.mistake = CommandLineError(key, **facts)

    def add_option(self, name: str, value: str = "") -> None:
        """Record the option ``name``; of a repeated option the last value counts (but see `Option.once`)."""
        if BY_NAME[name].once and name in self.options:
            self.add_error("error.twice", option=name)
        if name == "-e":
            self.fields.append(value)
        if name == "--findings":
            self.findings.append(value)
        if name == "--decode-as":
            self.decode_as.append(value)
        self.options[name] = value

    def add_word(self, word: str) -> None:
        """Record a word that is neither an option nor its value."""
        if not self.words and not self.options.keys() & {"-i", "-r"}:
            self.command_word = word
        self.words.append(word)


def _scan(argv: Sequence[str]) -> _Scan:
    scan = _Scan()
    rest = list(reversed(argv))
    while rest:
        argument = rest.pop()
        if argument == "--" and not scan.words and "-r" not in scan.options:
            scan.program = tuple(reversed(rest))
            return scan
        if argument == "--":
            while rest:
                scan.add_word(rest.pop())
        elif argument.startswith("--"):
            _scan_long(scan, argument, rest)
        elif argument.startswith("-") and argument != STANDARD_STREAM:
            _scan_short(scan, argument[1:], rest)
        else:
            scan.add_word(argument)
    return scan


def _scan_long(scan: _Scan, argument: str, rest: list[str]) -> None:
    name, has_value, value = argument.partition("=")
    name = SHORT.get(name, name)
    option = BY_NAME.get(name)
    if option is None:
        scan.add_error("error.unknown-option", option=name, near=near_words(name, (*BY_NAME, *SHORT)))
    elif (is_bare := option.value is Value.NOTHING or option.bare == scan.command_word) and has_value:
        scan.add_error("error.unwanted-value", option=name)
    elif is_bare:
        scan.add_option(name)
    elif has_value:
        scan.add_option(name, value)
    elif rest:
        scan.add_option(name, rest.pop())
    else:
        scan.add_error("error.no-value", option=name)


def _scan_short(scan: _Scan, letters: str, rest: list[str]) -> None:
    for place, letter in enumerate(letters, 1):
        name = f"-{letter}"
        option = BY_NAME.get(name)
        if option is None:
            scan.add_error("error.unknown-option", option=name)
            return
        if option.value is not Value.NOTHING:
            if place < len(letters):
                scan.add_option(name, letters[place:])
            elif rest:
                scan.add_option(name, rest.pop())
            else:
                scan.add_error("error.no-value", option=name)
            return
        scan.add_option(name)


def language_of(argv: Sequence[str], environment: Mapping[str, str], written: Language | None = None) -> Language:
    """The language of messages, even if the rest of ``argv`` is wrong; ``written``: that of the settings file."""
    wanted = _scan(argv).options.get("--lang")
    if wanted in {language.value for language in Language}:
        return Language(wanted)
    return written or language_from_environment(environment)


def parse(argv: Sequence[str], environment: Mapping[str, str], written: Language | None = None) -> Command:
    """Parse ``argv`` (without the program's name).

    The language is that of ``--lang``, else that ``written`` in the settings file, else that of ``environment``.
    Raises `CommandLineError`.
    """
    scan = _scan(argv)
    options = scan.options
    common = Common(
        language_of(argv, environment, written), "--ascii" in options, "--lang" in options, tuple(scan.findings),
        options.get("--keylog", ""), options.get("--proto", ""), tuple(scan.decode_as),
    )  # fmt: skip
    if "-h" in options:
        return _help_about(_page_asked_for(scan), common)
    if "--version" in options:
        return VersionCommand(common)
    if scan.mistake is not None:
        raise scan.mistake
    if "" in scan.findings:
        raise CommandLineError("error.no-value", option="--findings")
    if scan.decode_as:
        from tcptui.cli.decode_as import check_decode_as  # only who asks waits for it

        check_decode_as(scan.decode_as)
    languages = [language.value for language in Language]
    if "--lang" in options and options["--lang"] not in languages:
        raise CommandLineError("error.language", value=options["--lang"], known=", ".join(languages))
    reader = _COMMANDS.get(scan.command_word or "")
    if reader is not None:
        word = scan.words.pop(0)
        row = BY_WORD[word]
        _allow(scan, row.options | (READING if row.opens_captures else frozenset()), word)
        return reader(scan, common)
    return _parse_screen(scan, common)


def _page_asked_for(scan: _Scan) -> str:
    """The page that ``--help`` shows beside the other words: a command's, that of live captures, else the first one."""
    if scan.command_word in COMMAND_WORDS:
        return scan.command_word
    is_remote = scan.command_word is not None and scan.command_word.startswith(_REMOTE)
    return "live" if is_remote or "-i" in scan.options else ""


def _help_about(page: str, common: Common) -> Command:
    return ConfigCommand(common, explain=True) if page == "config" else HelpCommand(common, page)


def _parse_screen(scan: _Scan, common: Common) -> Command:
    options, words = scan.options, scan.words
    if scan.program is not None:
        _allow(scan, READING | LIMIT_OPTIONS | PROGRAM_OPTIONS, "-- CMD")
        return parse_program(options, scan.program, common)
    if "-D" in options:
        return ListInterfacesCommand(common)
    shown = "" if "--no-screen" in options else display_filter(options)
    display = Display(hide_times="-t" in options, numeric="-n" in options, display_filter=shown)
    if "-i" in options and "-r" in options:
        raise CommandLineError("error.live-and-file")
    if "-i" in options:
        _allow(scan, READING | _LIVE_ONLY | WATCHING | _DISPLAY | {"-i"}, "-i")
        return parse_live(options, words, common, display)
    if words and words[0].startswith(_REMOTE) and "-r" not in options:
        _allow(scan, READING | _REMOTE_TOO | OUTPUT_OPTIONS | LIMIT_OPTIONS | WATCHING | _DISPLAY, _REMOTE)
        return parse_remote(options, words, common, display)
    if "--merge" in options:
        _allow(scan, READING | _DISPLAY | {"--merge", "--assume-symmetric"}, "--merge")
        return parse_merged_screen(options, words, common, display, _files)
    files = (file_name("-r", options["-r"]),) if "-r" in options else tuple(words)
    keeping = options_for_files(options, files)
    for name in options:
        if name in _LIVE_ONLY - keeping:
            raise CommandLineError("error.needs-interface", option=name)
    judged = frozenset({"--workers"}) if "--no-screen" in options and STANDARD_STREAM not in files else frozenset()
    _allow(scan, READING | keeping | judged | WATCHING | _DISPLAY | {"-r"}, "-r" if "-r" in options else "tcptui")
    if "-r" in options:
        _refuse_remote(files)
        return parse_open(options, files, filter_words(words), common, display)
    if not words:
        for name in options.keys() & WATCHING:
            raise CommandLineError("error.needs-source", option=name)
        return StartCommand(common, display)
    return parse_open(options, _files("tcptui", words), "", common, display)


def _parse_scan(scan: _Scan, common: Common) -> Command:
    return parse_scan(scan.options, scan.words, common)


def _parse_query(scan: _Scan, common: Common) -> Command:
    return parse_query(scan.options, scan.words, common)


def _parse_verdicts(scan: _Scan, common: Common) -> Command:
    files = _files("verdicts", scan.words)
    if "--jsonl" not in scan.options:
        raise CommandLineError("error.say-jsonl")
    return VerdictsCommand(common, files, workers(scan.options), display_filter(scan.options))


def _parse_report(scan: _Scan, common: Common) -> Command:
    options = scan.options
    # JSON and a single connection are told whole anyway.
    other_forms = ("--json", "--markdown", "--stream", "--explain", "--full")
    exclusive = (
        ("--html", other_forms),
        ("--json", ("--markdown", "--explain", "--full")),
        ("--stream", ("--explain", "--full", "-Y")),
    )
    for first, others in exclusive:
        for second in others:
            if {first, second} <= options.keys():
                raise CommandLineError("error.exclusive", first=first, second=second)
    if {"--explain", "--full"} <= options.keys():
        raise CommandLineError("error.exclusive", first="--explain", second="--full")
    files = _files("report", scan.words)
    chosen = ReportFormat.JSON if "--json" in options else ReportFormat.TEXT
    chosen = ReportFormat.MARKDOWN if "--markdown" in options else chosen
    chosen = ReportFormat.HTML if "--html" in options else chosen
    html = file_name("--html", options["--html"]) if "--html" in options else ""
    if "--overwrite" in options and not html:
        raise CommandLineError("error.overwrite-html")
    detail = Detail.EXPLAIN if "--explain" in options else Detail.FULL if "--full" in options else Detail.BRIEF
    stream = number(options, "--stream", 0, MAXIMUM_COUNT)
    return ReportCommand(
        common, files, chosen, stream, detail, workers(options), display_filter(options), html,
        "--overwrite" in options, redacting(options, files, common),
    )  # fmt: skip


def _parse_explain(scan: _Scan, common: Common) -> Command:
    forms = {"--json": ReportFormat.JSON, "--markdown": ReportFormat.MARKDOWN}
    file = _one_file("explain", scan.words)
    chosen = only_one([name for name in scan.options if name in forms])
    stream = number(scan.options, "--stream", 0, MAXIMUM_COUNT)
    if stream is None:
        raise CommandLineError("error.which-stream", command="explain")
    return ExplainCommand(common, file, stream, forms[chosen] if chosen else ReportFormat.TEXT)


def _parse_follow(scan: _Scan, common: Common) -> Command:
    forms = {f"--{form.value}": form for form in (FollowForm.HEX, FollowForm.DECODED, FollowForm.RAW)}
    options = scan.options
    file = _one_file("follow", scan.words)
    chosen = only_one([name for name in options if name in forms])
    if "--id" in options and chosen not in (None, "--decoded"):
        raise CommandLineError("error.exclusive", first="--id", second=chosen)
    stream = number(options, "--stream", 0, MAXIMUM_COUNT)
    chosen_by = display_filter(scan.options)
    if stream is None and not chosen_by:
        raise CommandLineError("error.which-stream", command="follow")
    side = _side(options)
    form = forms[chosen] if chosen else FollowForm.DECODED if "--id" in options else FollowForm.TEXT
    if form is FollowForm.RAW and side is FollowSide.BOTH:
        raise CommandLineError("error.raw-one-side")
    return FollowCommand(common, file, stream, side, form, chosen_by, options.get("--id"))


def _parse_export(scan: _Scan, common: Common) -> Command:
    options = scan.options
    file = _one_file("export", scan.words)
    out = file_name("--out", options["--out"]) if "--out" in options else None
    stream = number(options, "--stream", 0, MAXIMUM_COUNT)
    if "--id" in options and stream is None:
        raise CommandLineError("error.which-stream", command="export --id")
    return ExportCommand(
        common, file, out, stream, "--json" in options, display_filter(options), workers(options), options.get("--id"),
        size(options, "--out-limit"),
    )  # fmt: skip


def _parse_graph(scan: _Scan, common: Common) -> Command:
    forms = {form.value: form for form in GraphForm}
    options = scan.options
    is_spreadsheet_safe(options)  # numbers and words of ours are no formulas
    file = _one_file("graph", scan.words)
    chosen = only_one([name for name in options if name in forms])
    stream = number(options, "--stream", 0, MAXIMUM_COUNT)
    if stream is None:
        raise CommandLineError("error.which-stream", command="graph")
    kinds = {kind.value: kind for kind in ChartKind}
    kind = options.get("--kind", ChartKind.SEQUENCE.value)
    if kind not in kinds:
        raise CommandLineError("error.kind", value=kind, known=", ".join(kinds))
    side = _side(options)
    form = forms[chosen] if chosen else GraphForm.TEXT
    out = file_name("--svg", options["--svg"]) if form is GraphForm.SVG else ""
    return GraphCommand(common, file, stream, kinds[kind], side, form, out)


def _parse_merge(scan: _Scan, common: Common) -> Command:
    return parse_merge(scan.options, scan.words, common, _files)


def _parse_compare(scan: _Scan, common: Common) -> Command:
    return parse_compare(scan.options, scan.words, common, _files)


def _parse_watch(scan: _Scan, common: Common) -> Command:
    return parse_watch(scan.options, scan.words, common)


def _parse_packets(scan: _Scan, common: Common) -> Command:
    return parse_packets(scan.options, scan.fields, scan.words, common, _files)


def _parse_slice(scan: _Scan, common: Common) -> Command:
    return parse_slice(scan.options, scan.words, common, _files)


def _parse_redact(scan: _Scan, common: Common) -> Command:
    return parse_redact(scan.options, _one_file("redact", scan.words), common)


def _parse_serve(scan: _Scan, common: Common) -> Command:
    return parse_serve(scan.options, scan.words, common)


def _parse_assert(scan: _Scan, common: Common) -> Command:
    return parse_assert(scan.options, scan.words, common, _files)


def _parse_requests(scan: _Scan, common: Common) -> Command:
    return parse_requests(scan.options, scan.words, common, _files)


def _parse_cases(scan: _Scan, common: Common) -> Command:
    return CasesCommand(common, "--json" in scan.options, tuple(scan.words))


def _parse_case(scan: _Scan, common: Common) -> Command:
    if not scan.words:
        raise CommandLineError("error.which-case")
    if len(scan.words) > 1:
        raise CommandLineError("error.too-many-words", command="case", word=scan.words[1])
    return CaseCommand(common, scan.words[0], Display("-t" in scan.options, "-n" in scan.options))


def _parse_recover(scan: _Scan, common: Common) -> Command:
    options = scan.options
    if {"-w", "--delete"} <= options.keys():
        raise CommandLineError("error.exclusive", first="-w", second="--delete")
    if "--overwrite" in options and "-w" not in options:
        raise CommandLineError("error.keep-where", option="--overwrite")
    if "--yes" in options and "--delete" not in options:
        raise CommandLineError("error.yes-delete")
    if len(scan.words) > 1:
        raise CommandLineError("error.too-many-words", command="recover", word=scan.words[1])
    word = scan.words[0] if scan.words else None
    name = word if word is not None and word.endswith(_SPOOL_SUFFIX) else None
    chosen = None if word is None or name else number({"recover": word}, "recover", 1, MAXIMUM_COUNT)
    write = file_name("-w", options["-w"]) if "-w" in options else None
    delete, overwrite, yes = ("--delete" in options), ("--overwrite" in options), ("--yes" in options)
    return RecoverCommand(common, chosen, write, delete, overwrite, yes, name)


def _parse_config(scan: _Scan, common: Common) -> Command:
    if scan.words:
        raise CommandLineError("error.too-many-words", command="config", word=scan.words[0])
    return ConfigCommand(common)


def _parse_check(scan: _Scan, common: Common) -> Command:
    if not scan.words:
        raise CommandLineError("error.which-filter")
    return CheckCommand(common, " ".join(scan.words), "--json" in scan.options)


def _parse_fields(scan: _Scan, common: Common) -> Command:
    if len(scan.words) > 1:
        raise CommandLineError("error.too-many-words", command="fields", word=scan.words[1])
    return FieldsCommand(common, scan.words[0] if scan.words else "")


def _parse_completion(scan: _Scan, common: Common) -> Command:
    if len(scan.words) != 1 or scan.words[0] not in SHELLS:
        raise CommandLineError("error.which-shell", known=", ".join(SHELLS))
    return CompletionCommand(common, scan.words[0])


def _parse_help(scan: _Scan, common: Common) -> Command:
    return _help_about(_page("help", scan), common)


def _parse_man(scan: _Scan, common: Common) -> Command:
    return ManCommand(common, _page("man", scan))


def _page(command: str, scan: _Scan) -> str:
    """The page of the help that the word behind ``command`` names; empty: the first one."""
    pages = {*COMMAND_WORDS, *TOPICS} - ({"config"} if command == "man" else set())
    if len(scan.words) > 1:
        raise CommandLineError("error.too-many-words", command=command, word=scan.words[1])
    if scan.words and scan.words[0] not in pages:
        raise CommandLineError("error.which-page", word=scan.words[0], known=", ".join(sorted(pages)))
    return scan.words[0] if scan.words else ""


_COMMANDS: Final[dict[str, Callable[[_Scan, Common], Command]]] = {
    "verdicts": _parse_verdicts,
    "report": _parse_report,
    "explain": _parse_explain,
    "follow": _parse_follow,
    "export": _parse_export,
    "graph": _parse_graph,
    "merge": _parse_merge,
    "compare": _parse_compare,
    "watch": _parse_watch,
    "redact": _parse_redact,
    "serve": _parse_serve,
    "scan": _parse_scan,
    "query": _parse_query,
    "packets": _parse_packets,
    "slice": _parse_slice,
    "assert": _parse_assert,
    "requests": _parse_requests,
    "cases": _parse_cases,
    "case": _parse_case,
    "recover": _parse_recover,
    "config": _parse_config,
    "check": _parse_check,
    "fields": _parse_fields,
    "completion": _parse_completion,
    "man": _parse_man,
    "help": _parse_help,
}
#: The words that are commands when they come first.
COMMAND_WORDS: Final = frozenset(_COMMANDS)


def _allow(scan: _Scan, allowed: frozenset[str] | set[str], command: str) -> None:
    for name in scan.options:
        if name not in allowed | EVERYWHERE:
            raise CommandLineError("error.not-here", option=name, command=command)
        if name in READING:
            file_name(name, scan.options[name])


def _files(command: str, words: Sequence[str]) -> tuple[str, ...]:
    if not words:
        raise CommandLineError("error.which-file", command=command)
    _refuse_remote(words)
    if STANDARD_STREAM in words and len(words) > 1:
        raise CommandLineError("error.stdin-alone")
    return tuple(file_name(command, word) for word in words)


def _one_file(command: str, words: Sequence[str]) -> str:
    files = _files(command, words)
    if len(files) > 1:
        raise CommandLineError("error.too-many-words", command=command, word=files[1])
    return files[0]


def _side(options: Mapping[str, str]) -> FollowSide:
    sides = {side.value: side for side in FollowSide}
    value = options.get("--side", FollowSide.BOTH.value)
    if value not in sides:
        raise CommandLineError("error.side", value=value)
    return sides[value]


def _refuse_remote(words: Sequence[str]) -> None:
    for word in words:
        if word.startswith(_REMOTE):
            raise CommandLineError("error.remote-alone", word=word)
