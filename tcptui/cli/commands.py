"""Parsed commands: one value per thing that tcptui can do.

Every start makes these classes: named tuples, which are made in a fifth of the time of a frozen dataclass, but where a
field is called `count`, as a method of tuples is.

`tcptui.cli.parse.parse` makes them from the command line, `tcptui.cli.main` runs them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.charts.kind import ChartKind
from tcptui.session.watch.options import NO_WATCH, Watch

if TYPE_CHECKING:
    from tcptui.capture.rotation import Rotation
    from tcptui.findings.finding_filter import FindingFilter
    from tcptui.redact.keep import Keep
    from tcptui.words.language import Language

#: The file name that stands for standard input or output: `tcptui -`, `-w -`.
STANDARD_STREAM = "-"


class Common(NamedTuple):
    """Options of every command."""

    language: Language
    """``--lang``, else the language of the environment."""
    ascii_only: bool = False
    """``--ascii``: no glyph beyond ASCII."""
    language_given: bool = False
    """Whether ``--lang`` chose the language: it beats the settings file."""
    findings: tuple[str, ...] = ()
    """``--findings``: files with findings of one's own."""
    keylog: str = ""
    """``--keylog``: a file of TLS secrets; empty: none."""
    proto: str = ""
    """``--proto``: a file that says what gRPC's messages mean; empty: none."""
    decode_as: tuple[str, ...] = ()
    """``--decode-as``: ``9999=http`` …, each a port and what is read there; right ones only."""


class Display(NamedTuple):
    """How the screens show packets."""

    hide_times: bool = False
    """``-t``."""
    numeric: bool = False
    """``-n``: no names of ports and hosts."""
    display_filter: str = ""
    """``-Y``: the filter that is on at first; empty: none."""


#: Without any of these options.
PLAIN = Display()


class Limits(NamedTuple):
    """Limits of a live capture; None: a share of what is free."""

    spool: int | None = None
    """``--spool-limit``: bytes of a temporary spool on disk."""
    memory: int | None = None
    """``--memory-limit``: bytes of packets and connections in memory."""


NO_LIMITS = Limits()


class HelpCommand(NamedTuple):
    """``--help`` and ``help [PAGE]``."""

    common: Common
    page: str = ""
    """A command, or a topic of `tcptui.cli.command_table`; empty: the page that lists them."""


class ManCommand(NamedTuple):
    """``man [PAGE]``: a page of the help as a man page."""

    common: Common
    page: str = ""


class CompletionCommand(NamedTuple):
    """``completion SHELL``: what that shell must be told to complete our command lines."""

    common: Common
    shell: str


class VersionCommand(NamedTuple):
    """``--version``."""

    common: Common


class StartCommand(NamedTuple):
    """No arguments: the start screen."""

    common: Common
    display: Display = PLAIN


@dataclass(frozen=True, slots=True)
class LiveCommand:
    """``-i INTERFACE``: capture, and show the packets unless `write` is standard output."""

    common: Common
    interface: str
    filter_words: str = ""
    """BPF expression; empty: all packets."""
    display: Display = PLAIN
    count: int | None = None
    """``-c``: stop after this many packets."""
    snaplen: int = 0
    """``-s``: snapshot length in bytes; 0: whole packets."""
    buffer_kib: int | None = None
    """``-B``: size of the kernel's capture buffer in KiB; None: the default."""
    promiscuous: bool = True
    """Cleared by ``-p``."""
    write: str | None = None
    """``-w``: file to write the packets to; `STANDARD_STREAM`: standard output."""
    overwrite: bool = False
    """``--overwrite``: `write` may replace an existing file."""
    include_own: bool = False
    """``--include-own``: capture the SSH connection that shows the screen, too."""
    kernel: bool = False
    """``--kernel``: record, too, what this host's kernel says of its connections."""
    rotation: Rotation | None = None
    """``-C``, ``-G``, ``-W``: `write` is rotated; None: one file."""
    watch: Watch = NO_WATCH
    limits: Limits = NO_LIMITS
    display_filter: str = ""
    """``-Y``: only the connections of which a packet matches; empty: all."""

    @property
    def streams_to_stdout(self) -> bool:
        """Whether the capture goes to standard output and no screen is shown."""
        return self.write == STANDARD_STREAM


class OpenCommand(NamedTuple):
    """Open capture files, or standard input (`STANDARD_STREAM`); fields as in `LiveCommand`."""

    common: Common
    files: tuple[str, ...]
    filter_words: str = ""
    display: Display = PLAIN
    write: str | None = None
    overwrite: bool = False
    rotation: Rotation | None = None
    """Of standard input only."""
    watch: Watch = NO_WATCH
    limits: Limits = NO_LIMITS
    display_filter: str = ""
    workers: int | None = None
    """As `ReportCommand.workers`, with ``--no-screen``."""


class ProgramCommand(NamedTuple):
    """``-- CMD ARG…``: run a program, and report on its connections."""

    common: Common
    arguments: tuple[str, ...]
    live: LiveCommand
    """Where and how is captured."""
    as_json: bool = False
    """``--json``: the report is that of ``report --json``."""
    write: str = ""
    """``-w``: a file for the packets of the program's connections; empty: none."""
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class RemoteCommand:
    """``ssh://[user@]host/interface``: capture on another host, show it here; fields as in `LiveCommand`."""

    common: Common
    target: str
    filter_words: str = ""
    display: Display = PLAIN
    count: int | None = None
    snaplen: int = 0
    buffer_kib: int | None = None
    promiscuous: bool = True
    write: str | None = None
    overwrite: bool = False
    rotation: Rotation | None = None
    watch: Watch = NO_WATCH
    limits: Limits = NO_LIMITS
    display_filter: str = ""
    unattended: bool = False
    """As `tcptui.capture.ssh_source.RemoteOptions.unattended`: of ``watch``."""


class VerdictsCommand(NamedTuple):
    """``verdicts FILE… --jsonl``."""

    common: Common
    files: tuple[str, ...]
    workers: int | None = None
    """As `ReportCommand.workers`."""
    display_filter: str = ""
    """``-Y``: only the packets that match; empty: all."""


class ReportFormat(Enum):
    """The output format of a report."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"
    HTML = "html"


class Detail(Enum):
    """How much a report on a whole capture tells."""

    BRIEF = "brief"
    """The verdict and the groups of trouble."""
    EXPLAIN = "explain"
    """``--explain``: also how each is known, what else it could be and what to look at next."""
    FULL = "full"
    """``--full``: every connection and every finding."""


class Redacting(NamedTuple):
    """``--redact``: what is told is read from a copy without addresses, names and content."""

    key: str | None = None
    """``--key``: the file of the key; None: one is drawn."""


class ReportCommand(NamedTuple):
    """``report FILE…``."""

    common: Common
    files: tuple[str, ...]
    """Several are merged by time into one capture, as the screen does."""
    format: ReportFormat = ReportFormat.TEXT
    stream: int | None = None
    """``--stream``: only this connection, with all that is known of it; None: all."""
    detail: Detail = Detail.BRIEF
    workers: int | None = None
    """``--workers``: in so many processes at most; None: one for each processor that may be used."""
    display_filter: str = ""
    """``-Y``: only the connections of which a packet matches; empty: all."""
    html: str = ""
    """``--html``: where to write the page; `STANDARD_STREAM`: standard output."""
    overwrite: bool = False
    redacting: Redacting | None = None


class FollowSide(Enum):
    """``--side``: whose bytes to write."""

    BOTH = "both"
    CLIENT = "client"
    SERVER = "server"


class FollowForm(Enum):
    """The output form of a connection's bytes."""

    TEXT = "text"
    HEX = "hex"
    DECODED = "decoded"
    """Parsed: messages and events; HTTP bodies without transfer and content coding."""
    RAW = "raw"
    """The unchanged bytes of one side, for another program."""


class FollowCommand(NamedTuple):
    """``follow FILE --stream N``."""

    common: Common
    file: str
    stream: int | None
    """None: the only one that `display_filter` shows."""
    side: FollowSide = FollowSide.BOTH
    form: FollowForm = FollowForm.TEXT
    display_filter: str = ""
    """As `ReportCommand.display_filter`."""
    id: str | None = None
    """``--id``: only what belongs to the request of this id, decoded; None: all."""


class ExportCommand(NamedTuple):
    """``export FILE``: files carried over HTTP."""

    common: Common
    file: str
    out: str | None = None
    """``--out``: the directory to write them to; None: only list them."""
    stream: int | None = None
    """``--stream``: only files of this connection; None: all."""
    as_json: bool = False
    display_filter: str = ""
    """As `ReportCommand.display_filter`."""
    workers: int | None = None
    """As `ReportCommand.workers`."""
    id: str | None = None
    """``--id``: only what the request of this id carried, of gRPC its messages; None: all."""
    limit: int | None = None
    """``--out-limit``: bytes that the written files may take together; None: by the capture and the free disk."""


class PacketForm(Enum):
    """The output form of packets."""

    TEXT = "text"
    """A line each, or with ``-e`` values with tabs between."""
    CSV = "csv"
    JSONL = "jsonl"


@dataclass(frozen=True, slots=True)
class PacketsCommand:
    """``packets FILE…``: the packets that match."""

    common: Common
    files: tuple[str, ...]
    """Several are merged by time, as in `ReportCommand`."""
    display_filter: str = ""
    """``-Y``; empty: all packets."""
    fields: tuple[str, ...] = ()
    """``-e``, each once or more; empty: a summary."""
    form: PacketForm = PacketForm.TEXT
    header: bool = False
    """``--header``: the names of the columns first."""
    count: bool = False
    """``--count``: only how many there are."""
    spreadsheet_safe: bool = False
    """``--spreadsheet-safe``: no cell of CSV is a formula."""


class GraphForm(Enum):
    """The output form of a graph; the values are the options."""

    TEXT = "--text"
    """A picture in characters."""
    CSV = "--csv"
    SVG = "--svg"


class GraphCommand(NamedTuple):
    """``graph FILE --stream N``."""

    common: Common
    file: str
    stream: int
    kind: ChartKind = ChartKind.SEQUENCE
    side: FollowSide = FollowSide.BOTH
    """Whose data."""
    form: GraphForm = GraphForm.TEXT
    out: str = ""
    """``--svg``: the file to write; `STANDARD_STREAM`: standard output."""


#: Captures that are merged with one another: each two of them are compared.
MOST_POINTS: Final = 8


class ExplainCommand(NamedTuple):
    """``explain FILE --stream N``: the evidence pack of a connection."""

    common: Common
    file: str
    stream: int
    format: ReportFormat = ReportFormat.TEXT
    """Text, Markdown or JSON."""


class MergeCommand(NamedTuple):
    """``merge A B``: the same traffic at two or more capture points."""

    common: Common
    files: tuple[str, ...]
    """Of each point, two to `MOST_POINTS`, or one file that ``-w`` has written, which has both."""
    as_json: bool = False
    is_symmetric: bool = False
    """``--assume-symmetric``: both ways between the points take equally long."""
    write: str = ""
    """``-w``: where to write all packets of both; empty: nowhere."""
    html: str = ""
    """``--html``: where to write the page in place of the text; `STANDARD_STREAM`: standard output."""
    overwrite: bool = False
    """``--overwrite``: `write` and `html` may replace existing files."""


class CompareCommand(NamedTuple):
    """``compare A B``: what two sets of connections differ in."""

    common: Common
    files: tuple[str, ...]
    """Of each side, or one file that is divided."""
    as_json: bool = False
    html: str = ""
    """``--html``: where to write the page in place of the text; `STANDARD_STREAM`: standard output."""
    overwrite: bool = False
    display_filter: str = ""
    """``-Y``: only connections with a packet that matches, on both sides."""
    group: str = ""
    """``--group``: the field by which connections are compared group by group; empty: all together."""
    split_ns: int | None = None
    """``--split``: connections that began before are A; nanoseconds since the first packet, or …"""
    is_clock: bool = False
    """… whether since the epoch."""
    of_a: str = ""
    """``--a``: the filter of the connections of A, …"""
    of_b: str = ""
    """… and ``--b``."""
    workers: int | None = None


class MergedScreenCommand(NamedTuple):
    """``A B --merge``: the same traffic at two capture points, on the screen."""

    common: Common
    files: tuple[str, str]
    display: Display = PLAIN
    is_symmetric: bool = False
    """As `MergeCommand.is_symmetric`."""


class WatchCommand(NamedTuple):
    """``watch SOURCE…``: findings of many live sources."""

    common: Common
    sources: tuple[str, ...]
    """Interfaces, ``ssh://`` URLs, files, `STANDARD_STREAM`."""
    only: FindingFilter
    """``--only``: what is told; `NOTHING`: everything."""
    as_json: bool = False
    metrics: str = ""
    """``--metrics``: where they are served; empty: nowhere."""
    keep_last: float = 0.0
    """``--keep-last``: seconds whose packets a bundle has; 0: no bundle is made."""
    out: str = "."
    """``--out``: the folder that bundles are made in."""
    limits: Limits = NO_LIMITS
    """Of all sources together."""


class RedactCommand(NamedTuple):
    """``redact FILE -w OUT``: a capture without addresses, names and content."""

    common: Common
    file: str
    write: str
    key: str | None = None
    """``--key``: the file of the key; None: one is drawn."""
    keep: tuple[Keep, ...] = ()
    """``--keep``: what stays as it is."""
    shift_s: int = 0
    """``--shift-time``: seconds that are added to every time."""
    certificate: str | None = None
    """``--certificate``: where to write what was proved, as JSON."""
    overwrite: bool = False


class ServeCommand(NamedTuple):
    """``serve [FOLDER…]``: tools for an assistant."""

    common: Common
    folders: tuple[str, ...]
    """What may be read; empty: the current directory."""
    http: tuple[str, int] | None = None
    """``--http``: a loopback address and a port (0: a free one); None: over stdio."""
    allow_payload: bool = False
    """``--allow-payload``: what leaves is as it was captured."""
    key: str | None = None
    """``--key``: the file of the key of replacements; None: one is drawn."""


class ScanCommand(NamedTuple):
    """``scan PATH… -o DIR``: many captures as tables of Parquet."""

    common: Common
    paths: tuple[str, ...]
    output: str
    workers: int | None = None
    resume: bool = False
    packets: bool = False
    """``--packets``: a row of each packet, too."""


class QueryForm(Enum):
    """How a result is written."""

    TEXT = "text"
    CSV = "csv"
    JSONL = "jsonl"


class QueryCommand(NamedTuple):
    """``query DIR "SQL"``, ``query DIR NAME [KEY=VALUE…]``, ``query --list``."""

    common: Common
    folder: str
    """That of a scan; empty: list the questions that have a name."""
    sql: str
    parameters: tuple[tuple[str, int | str], ...] = ()
    """Of a question that has a name: each with its value."""
    form: QueryForm = QueryForm.TEXT
    spreadsheet_safe: bool = False


class Chosen(NamedTuple):
    """Which packets a slice has: those of exactly one of the first four."""

    display_filter: str = ""
    streams: tuple[int, ...] = ()
    findings: FindingFilter | None = None
    packets: tuple[tuple[int, int], ...] = ()
    """Ranges of frame numbers, both ends included."""
    around_ns: int | None = None
    """``--around``: and what is at most so many nanoseconds from one of them."""
    whole_streams: bool = False
    """``--whole-streams``: and the rest of their connections."""


class SliceCommand(NamedTuple):
    """``slice FILE… -w OUT``."""

    common: Common
    files: tuple[str, ...]
    chosen: Chosen
    write: str
    """`STANDARD_STREAM`: standard output."""
    overwrite: bool = False
    redacting: Redacting | None = None


class AssertCommand(NamedTuple):
    """``assert FILE… RULE…``."""

    common: Common
    files: tuple[str, ...]
    rules: tuple[str, ...] = ()
    rules_file: str | None = None
    """``--rules``: a TOML file with more of them."""
    junit: str | None = None
    """``--junit``: the file to write the results to as JUnit XML."""
    slices: str | None = None
    """``--slice``: the directory to write the packets to that break a rule."""


class RequestGroup(Enum):
    """What requests are grouped by."""

    STATEMENT = "statement"
    """What they ask for, without the values (`tcptui.protocols.statements`)."""


class RequestsForm(Enum):
    """The output form of requests."""

    TEXT = "text"
    JSONL = "jsonl"
    HAR = "har"
    RESULTS = "results"
    """The rows that databases answered with, as files."""


class RequestsCommand(NamedTuple):
    """``requests FILE…``: the requests of the protocols that are read, and where their time went."""

    common: Common
    files: tuple[str, ...]
    """Several are merged by time, as in `ReportCommand`."""
    form: RequestsForm = RequestsForm.TEXT
    har: str = ""
    """``--har``: where to write the HTTP archive; `STANDARD_STREAM`: standard output."""
    overwrite: bool = False
    display_filter: str = ""
    """``-Y``: only requests of which a packet matches; empty: all."""
    workers: int | None = None
    """As `ReportCommand.workers`."""
    group: RequestGroup | None = None
    """``--group``; None: each request by itself."""
    results: str = ""
    """``--results``: the directory to write result sets to."""
    redacting: Redacting | None = None


class CasesCommand(NamedTuple):
    """``cases``: list the bundled cases that contain all of ``words`` (an id, a finding, part of the title)."""

    common: Common
    as_json: bool = False
    words: tuple[str, ...] = ()


class CaseCommand(NamedTuple):
    """``case ID``: open a bundled case."""

    common: Common
    case_id: str
    display: Display = PLAIN


class RecoverCommand(NamedTuple):
    """``recover``: list interrupted captures, save one, or delete them."""

    common: Common
    number: int | None = None
    """Which one, counted from 1 in the order of the list; None: not given."""
    write: str | None = None
    """``-w``: the file to save it to."""
    delete: bool = False
    overwrite: bool = False
    """Whether the file of ``-w`` may be replaced."""
    yes: bool = False
    """Whether to delete without a question."""
    name: str | None = None
    """Which one, by the path or the name of its file; None: not given."""


class ConfigCommand(NamedTuple):
    """``config``: where the settings file is and what is set; with ``--help`` what can be set."""

    common: Common
    explain: bool = False
    """``--help``."""


class CheckCommand(NamedTuple):
    """``check FILTER``: whether a display filter is right, and what it does."""

    common: Common
    filter_text: str
    as_json: bool = False


class FieldsCommand(NamedTuple):
    """``fields [WORD]``: the fields that filters know."""

    common: Common
    word: str = ""
    """Part of a name or of what is said of the field; empty: all fields."""


class ListInterfacesCommand(NamedTuple):
    """``-D``: list the interfaces."""

    common: Common


Command = (
    HelpCommand
    | VersionCommand
    | StartCommand
    | LiveCommand
    | ProgramCommand
    | OpenCommand
    | RemoteCommand
    | VerdictsCommand
    | ReportCommand
    | FollowCommand
    | ExportCommand
    | GraphCommand
    | ExplainCommand
    | MergeCommand
    | CompareCommand
    | MergedScreenCommand
    | RedactCommand
    | ServeCommand
    | WatchCommand
    | ScanCommand
    | QueryCommand
    | PacketsCommand
    | SliceCommand
    | AssertCommand
    | RequestsCommand
    | CasesCommand
    | CaseCommand
    | RecoverCommand
    | ConfigCommand
    | CheckCommand
    | FieldsCommand
    | CompletionCommand
    | ManCommand
    | ListInterfacesCommand
)
