"""Every option of the command line, one row each: what value it takes, and what completes it.

Imported by ``--help``: nothing heavy here.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final, NamedTuple

from tcptui.charts.kind import ChartKind
from tcptui.cli.commands import FollowSide, RequestGroup
from tcptui.redact.keep import Keep
from tcptui.words.language import Language

#: Of every command that writes CSV.
SPREADSHEET_SAFE: Final = "--spreadsheet-safe"


class Value(Enum):
    """What value an option takes: a shell completes it accordingly."""

    NOTHING = auto()
    TEXT = auto()
    """Nothing that could be completed: a number, a size, a filter."""
    FILE = auto()
    CAPTURE = auto()
    FOLDER = auto()
    INTERFACE = auto()
    FINDINGS = auto()
    """Names of findings, families or severities, with commas between."""
    FIELD = auto()
    CHOICE = auto()
    """One of `Option.choices`."""


class Option(NamedTuple):
    """An option."""

    name: str
    value: Value = Value.NOTHING
    once: bool = False
    """Given twice it is an error, for one of the two would be left out unnoticed: it says what to read, what to choose
    or where to write.  Of others, such as limits, the last counts; of ``-e`` and ``--findings``, all."""
    choices: tuple[str, ...] = ()
    long: str = ""
    """Its long name, where it has a short one, too."""
    bare: str = ""
    """The command of which it takes no value."""


OPTIONS: Final = (
    Option("-i", Value.INTERFACE, once=True),
    Option("-r", Value.CAPTURE, once=True),
    Option("-c", Value.TEXT),
    Option("-s", Value.TEXT),
    Option("-w", Value.FILE, once=True),
    Option("-B", Value.TEXT),
    Option("-C", Value.TEXT),
    Option("-G", Value.TEXT),
    Option("-W", Value.TEXT),
    Option("-p"),
    Option("-t", once=True),
    Option("-n"),
    Option("-D"),
    Option("-h", long="--help"),
    Option("-Y", Value.TEXT, once=True, long="--display-filter"),
    Option("-e", Value.FIELD),
    Option("-o", Value.FOLDER, once=True),
    Option("--ascii"),
    Option("--a", Value.TEXT, once=True),
    Option("--allow-payload"),
    Option("--around", Value.TEXT, once=True),
    Option("--assume-symmetric"),
    Option("--b", Value.TEXT, once=True),
    Option("--certificate", Value.FILE, once=True),
    Option("--community-id", Value.TEXT, once=True),
    Option("--count"),
    Option("--csv"),
    Option("--decoded"),
    Option("--decode-as", Value.TEXT),
    Option("--delete"),
    Option("--explain"),
    Option("--finding", Value.FINDINGS, once=True),
    Option("--findings", Value.FILE),
    Option("--full"),
    Option("--group", Value.CHOICE, once=True, choices=tuple(group.value for group in RequestGroup)),
    Option("--har", Value.FILE, once=True),
    Option("--header"),
    Option("--hex"),
    Option("--html", Value.FILE, once=True),
    Option("--http", Value.TEXT, once=True),
    Option("--id", Value.TEXT, once=True),
    Option("--include-own"),
    Option("--json"),
    Option("--jsonl"),
    Option("--junit", Value.FILE, once=True),
    Option("--keep", Value.CHOICE, once=True, choices=tuple(keep.value for keep in Keep)),
    Option("--keep-around", Value.FINDINGS, once=True),
    Option("--keep-last", Value.TEXT, once=True),
    Option("--keep-seconds", Value.TEXT),
    Option("--kernel"),
    Option("--key", Value.FILE, once=True),
    Option("--keylog", Value.FILE, once=True),
    Option("--kind", Value.CHOICE, once=True, choices=tuple(kind.value for kind in ChartKind)),
    Option("--lang", Value.CHOICE, choices=tuple(language.value for language in Language)),
    Option("--list"),
    Option("--markdown"),
    Option("--memory-limit", Value.TEXT),
    Option("--merge"),
    Option("--metrics", Value.TEXT, once=True),
    Option("--no-screen"),
    Option("--only", Value.FINDINGS, once=True),
    Option("--out", Value.FOLDER, once=True),
    Option("--out-limit", Value.TEXT),
    Option("--overwrite"),
    Option("--packets", Value.TEXT, once=True, bare="scan"),
    Option("--proto", Value.FILE, once=True),
    Option("--raw"),
    Option("--redact"),
    Option("--results", Value.FOLDER, once=True),
    Option("--resume"),
    Option("--rules", Value.FILE, once=True),
    Option("--shift-time", Value.TEXT, once=True),
    Option("--side", Value.CHOICE, choices=tuple(side.value for side in FollowSide)),
    Option("--slice", Value.FOLDER, once=True),
    Option("--spool-limit", Value.TEXT),
    Option("--split", Value.TEXT, once=True),
    Option(SPREADSHEET_SAFE),
    Option("--stop-on", Value.FINDINGS, once=True),
    Option("--stream", Value.TEXT, once=True),
    Option("--svg", Value.FILE, once=True),
    Option("--text"),
    Option("--version"),
    Option("--whole-streams"),
    Option("--workers", Value.TEXT),
    Option("--yes"),
)
#: Each by its name.
BY_NAME: Final = {option.name: option for option in OPTIONS}
#: Long names of options that have a short one.
SHORT: Final = {option.long: option.name for option in OPTIONS if option.long}
