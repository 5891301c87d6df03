"""Every command, one row each: the options that it takes and what its words are.

Parser, help, completions and man pages are made of these rows.  Imported by ``--help``: nothing heavy here.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final, NamedTuple

from tcptui.cli.option_table import SPREADSHEET_SAFE


class Operand(Enum):
    """What the words after a command are."""

    NOTHING = auto()
    CAPTURE = auto()
    """One capture file."""
    CAPTURES = auto()
    FOLDERS = auto()
    SOURCES = auto()
    """Whatever can be captured live: interfaces, ``ssh://`` URLs, files that grow."""
    PATHS = auto()
    """Captures, and folders of them."""
    QUESTION = auto()
    """The folder of a scan, and a question by its name."""
    CASE = auto()
    TEXT = auto()
    FIELD = auto()
    SHELL = auto()
    PAGE = auto()
    """The name of a page of the help."""


class CommandRow(NamedTuple):
    """A command."""

    word: str
    operand: Operand
    options: frozenset[str] = frozenset()
    """The options that only some commands take; for those of all commands see `EVERYWHERE` and `READING`."""
    is_minor: bool = False
    """Seldom needed first: the first page of the help, which is one screen, lists all such in one line."""

    @property
    def opens_captures(self) -> bool:
        """Whether it reads captures of the user's, perhaps with keys."""
        return self.operand in {Operand.CAPTURE, Operand.CAPTURES}


#: In the order in which the help lists them.
COMMANDS: Final = (
    CommandRow("report", Operand.CAPTURES, frozenset({
        "--json", "--markdown", "--html", "--overwrite", "--stream", "--explain", "--full", "--workers", "-Y",
        "--redact", "--key"})),
    CommandRow("explain", Operand.CAPTURE, frozenset({"--stream", "--json", "--markdown"})),
    CommandRow("requests", Operand.CAPTURES, frozenset({
        "-Y", "--jsonl", "--har", "--overwrite", "--workers", "--group", "--results", "--redact", "--key"})),
    CommandRow("packets", Operand.CAPTURES, frozenset({
        "-Y", "-e", "--csv", "--jsonl", "--header", "--count", SPREADSHEET_SAFE})),
    CommandRow("verdicts", Operand.CAPTURES, frozenset({"--jsonl", "--workers", "-Y"})),
    CommandRow("follow", Operand.CAPTURE, frozenset({
        "--stream", "--id", "--side", "-Y", "--hex", "--decoded", "--raw"})),
    CommandRow("export", Operand.CAPTURE, frozenset({
        "--stream", "--id", "--out", "--out-limit", "--json", "--workers", "-Y"})),
    CommandRow("graph", Operand.CAPTURE, frozenset({
        "--stream", "--kind", "--side", SPREADSHEET_SAFE, "--text", "--svg", "--csv"})),
    CommandRow("merge", Operand.CAPTURES, frozenset({"--json", "--html", "--assume-symmetric", "-w", "--overwrite"})),
    CommandRow("compare", Operand.CAPTURES, frozenset({
        "--json", "--html", "--overwrite", "--workers", "-Y", "--group", "--split", "--a", "--b"})),
    CommandRow("watch", Operand.SOURCES, frozenset({
        "--only", "--json", "--metrics", "--keep-last", "--out", "--memory-limit", "--spool-limit"})),
    CommandRow("redact", Operand.CAPTURE, frozenset({
        "-w", "--overwrite", "--key", "--keep", "--shift-time", "--certificate"})),
    CommandRow("serve", Operand.FOLDERS, frozenset({"--http", "--allow-payload", "--key"})),
    CommandRow("scan", Operand.PATHS, frozenset({"-o", "--workers", "--resume", "--packets"})),
    CommandRow("query", Operand.QUESTION, frozenset({"--list", "--csv", "--jsonl", SPREADSHEET_SAFE}), is_minor=True),
    CommandRow("slice", Operand.CAPTURES, frozenset({
        "-Y", "--stream", "--community-id", "--finding", "--packets", "--around", "--whole-streams", "-w",
        "--overwrite", "--redact", "--key"})),
    CommandRow("assert", Operand.CAPTURES, frozenset({"--rules", "--junit", "--slice"})),
    CommandRow("check", Operand.TEXT, frozenset({"--json"})),
    CommandRow("fields", Operand.FIELD, is_minor=True),
    CommandRow("cases", Operand.TEXT, frozenset({"--json"})),
    CommandRow("case", Operand.CASE, frozenset({"-t", "-n"}), is_minor=True),
    CommandRow("recover", Operand.TEXT, frozenset({"-w", "--overwrite", "--delete", "--yes"}), is_minor=True),
    CommandRow("config", Operand.NOTHING, is_minor=True),
    CommandRow("completion", Operand.SHELL, is_minor=True),
    CommandRow("man", Operand.PAGE, is_minor=True),
    CommandRow("help", Operand.PAGE, is_minor=True),
)  # fmt: skip
BY_WORD: Final = {row.word: row for row in COMMANDS}
#: Options of every command.
EVERYWHERE: Final = frozenset({"--lang", "--ascii", "--findings"})
#: Options of every command that opens a capture: how it is read.
READING: Final = frozenset({"--keylog", "--proto", "--decode-as"})
#: Pages of the help that are of no command: options of a live capture, names of findings.
TOPICS: Final = ("live", "findings")
#: Shells that can be told how to complete.
SHELLS: Final = ("bash", "zsh", "fish")
