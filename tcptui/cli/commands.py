"""What the user asked for, as values: one frozen class per thing that tcptui can do.

`tcptui.cli.parse.parse` makes them from the command line, `tcptui.cli.main` carries them out.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from tcptui.session.watch.options import NO_WATCH, Watch

if TYPE_CHECKING:
    from tcptui.capture.rotation import Rotation
    from tcptui.words.language import Language

#: Where `-w -` and `tcptui -` point.
STANDARD_STREAM = "-"


@dataclass(frozen=True, slots=True)
class Common:
    """What every command may be told."""

    language: Language
    """``--lang``, else the environment's."""
    ascii_only: bool = False
    """``--ascii``: no glyph beyond ASCII."""


@dataclass(frozen=True, slots=True)
class Display:
    """How the screens show packets."""

    hide_times: bool = False
    """``-t``."""
    numeric: bool = False
    """``-n``: no names of ports and hosts."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a capture may take of this host while its packets arrive as they happen; None: by what is free."""

    spool: int | None = None
    """``--spool-limit``: bytes of a temporary spool on disk."""
    memory: int | None = None
    """``--memory-limit``: bytes of packets' rows in memory."""


NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class HelpCommand:
    """``--help``."""

    common: Common


@dataclass(frozen=True, slots=True)
class VersionCommand:
    """``--version``."""

    common: Common


@dataclass(frozen=True, slots=True)
class StartCommand:
    """No word at all: the start screen."""

    common: Common
    display: Display = Display()


@dataclass(frozen=True, slots=True)
class LiveCommand:
    """``-i INTERFACE``: capture, and show it unless `write` is standard output."""

    common: Common
    interface: str
    filter_words: str = ""
    """BPF expression; empty: every packet."""
    display: Display = Display()
    count: int | None = None
    """``-c``: stop after so many packets."""
    snaplen: int = 0
    """``-s``: bytes kept of each packet; 0: all of it."""
    buffer_kib: int | None = None
    """``-B``: the kernel's capture buffer."""
    promiscuous: bool = True
    """Cleared by ``-p``."""
    write: str | None = None
    """``-w``: file that keeps the capture; `STANDARD_STREAM` streams it."""
    overwrite: bool = False
    """``--overwrite``: `write` may replace a file that exists."""
    include_own: bool = False
    """``--include-own``: capture the SSH connection that shows the screen, too."""
    rotation: Rotation | None = None
    """``-C``, ``-G``, ``-W``: `write` is a series of files."""
    watch: Watch = NO_WATCH
    limits: Limits = NO_LIMITS

    @property
    def streams_to_stdout(self) -> bool:
        """Whether the capture goes to standard output and no screen is shown."""
        return self.write == STANDARD_STREAM


@dataclass(frozen=True, slots=True)
class OpenCommand:
    """Capture files on the screen, or standard input (`STANDARD_STREAM`)."""

    common: Common
    files: tuple[str, ...]
    filter_words: str = ""
    display: Display = Display()
    write: str | None = None
    overwrite: bool = False
    rotation: Rotation | None = None
    """As in `LiveCommand`; of standard input only."""
    watch: Watch = NO_WATCH
    limits: Limits = NO_LIMITS


@dataclass(frozen=True, slots=True)
class RemoteCommand:
    """``ssh://[user@]host/interface``: capture there, show it here; fields as in `LiveCommand`."""

    common: Common
    target: str
    filter_words: str = ""
    display: Display = Display()
    count: int | None = None
    snaplen: int = 0
    buffer_kib: int | None = None
    promiscuous: bool = True
    write: str | None = None
    overwrite: bool = False
    rotation: Rotation | None = None
    watch: Watch = NO_WATCH
    limits: Limits = NO_LIMITS


@dataclass(frozen=True, slots=True)
class VerdictsCommand:
    """``verdicts FILE… --jsonl``."""

    common: Common
    files: tuple[str, ...]


class ReportFormat(Enum):
    """How a report is written."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class ReportCommand:
    """``report FILE``."""

    common: Common
    file: str
    format: ReportFormat = ReportFormat.TEXT
    stream: int | None = None
    """``--stream``: this connection only."""


class FollowSide(Enum):
    """Whose bytes to follow."""

    BOTH = "both"
    CLIENT = "client"
    SERVER = "server"


class FollowForm(Enum):
    """How the bytes of a connection are written."""

    TEXT = "text"
    HEX = "hex"
    DECODED = "decoded"
    """What they mean: HTTP bodies without transfer and content coding, messages, events."""
    RAW = "raw"
    """The bytes themselves, of one side, for another program."""


@dataclass(frozen=True, slots=True)
class FollowCommand:
    """``follow FILE --stream N``."""

    common: Common
    file: str
    stream: int
    side: FollowSide = FollowSide.BOTH
    form: FollowForm = FollowForm.TEXT


@dataclass(frozen=True, slots=True)
class ExportCommand:
    """``export FILE``: files carried over HTTP."""

    common: Common
    file: str
    out: str | None = None
    """``--out``: the folder to write them into; None lists them only."""
    stream: int | None = None
    """``--stream``: those of this connection only."""
    as_json: bool = False


@dataclass(frozen=True, slots=True)
class CasesCommand:
    """``cases``: list the bundled cases, those that contain all ``words`` (an id, a finding, part of the title)."""

    common: Common
    as_json: bool = False
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseCommand:
    """``case ID``: open one of them."""

    common: Common
    case_id: str
    display: Display = Display()


@dataclass(frozen=True, slots=True)
class RecoverCommand:
    """``recover``: list captures that were interrupted, keep one, or delete them."""

    common: Common
    number: int | None = None
    """Which one, counted from 1 as they are listed."""
    write: str | None = None
    """``-w``: the file to keep it in."""
    delete: bool = False


@dataclass(frozen=True, slots=True)
class ListInterfacesCommand:
    """``-D``."""

    common: Common


Command = (
    HelpCommand
    | VersionCommand
    | StartCommand
    | LiveCommand
    | OpenCommand
    | RemoteCommand
    | VerdictsCommand
    | ReportCommand
    | FollowCommand
    | ExportCommand
    | CasesCommand
    | CaseCommand
    | RecoverCommand
    | ListInterfacesCommand
)
