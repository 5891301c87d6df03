"""The row of an application protocol: all that the rest of the program has of it (`tcptui.protocols.registry`).

Rows are read before the first packet is shown, so functions in them are `Lazy`, and nothing here imports a parser.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from tcptui.model.packet_store import I64
    from tcptui.protocols.application import ApplicationStream
    from tcptui.protocols.headers.node import Node
    from tcptui.protocols.interface import Exchange, HeldBack, MakePrefilter, MessageTable, ParsedStream
    from tcptui.protocols.last_words import Asks, Before
    from tcptui.protocols.payload_places import Payloads
    from tcptui.protocols.row_notes import RowNotes
    from tcptui.protocols.stream.reassembly import ByteStream

    #: Parses client and server stream, at most so many messages; None when the connection speaks another protocol.
    Parse = Callable[[ByteStream, ByteStream, int], ParsedStream | None]
    #: Reads the requests of client and server stream, any number of them; None when they speak another protocol.
    RequestReader = Callable[[ByteStream, ByteStream], Iterator[Exchange] | None]
    #: The plain bytes of both directions, of client and server stream; None where there are none.
    OpenStreams = Callable[[ByteStream, ByteStream], tuple[ByteStream, ByteStream] | None]
    #: Makes of a layer of the tree of a packet, whose bytes are given, what tshark has.
    AsTshark = Callable[[Node, bytes], Node]
    #: A table of a connection with the fields that are wanted, None where trees are needed.  The connection may be read
    #: again, deeper; the last function is called again and again, and may raise.
    BuildTable = Callable[
        [ApplicationStream, Callable[[], ApplicationStream], set[str], Callable[[], None]], MessageTable | None
    ]


class Written(Enum):
    """Answers that a server writes at once, so that no packet tells which of them took the time."""

    EACH = "each"
    """Each is written alone, when it is done."""
    READ_TOGETHER = "read-together"
    """Answers to the requests that it read at once."""
    UNTIL_READY = "until-ready"
    """All answers until it says that it is ready for the next request."""


class ErrorCodes(NamedTuple):
    """What the errors of a database mean, by their codes; where statuses have two, by the first."""

    refused: frozenset[str] = frozenset()
    """A login failed, or there was none."""
    full: frozenset[str] = frozenset()
    """There are as many connections as the server takes: in all, or of this user."""
    cancelled: frozenset[str] = frozenset()
    """A statement was ended because somebody asked for it."""
    timed_out: frozenset[str] = frozenset()
    """A statement was ended because it took longer than it may."""
    lock_timed_out: frozenset[str] = frozenset()
    """A lock was not to be had in time."""
    deadlocked: frozenset[str] = frozenset()
    """Transactions waited for each other."""
    session_ended: frozenset[str] = frozenset()
    """The session was ended, or all of them, whatever the statement was about."""
    gives_up: frozenset[str] = frozenset()
    """The server gives the connection up: a packet too large, it goes down, somebody ended the session."""
    ordinary: frozenset[str] = frozenset()
    """Part of the protocol: the client is told to ask otherwise."""


class RequestKind(NamedTuple):
    """Requests of one kind, as lists, statements and rules tell them apart."""

    name: str
    """The value of `tcptui.model.request.Request.protocol`."""
    title: str
    """The name in text: ``HTTP/2``."""
    statement: Callable[[str], str] | None = None
    """Makes of an operation its statement, which lacks the values that vary; None: it is its own statement."""
    openings: tuple[str, ...] = ()
    """Operations that open a session, or are about one: no statement is to be tuned there."""
    fine: frozenset[str] = frozenset()
    """Statuses that are names and no errors, beside ``OK``; numbers below 400 are none, either."""
    written: Written = Written.EACH
    """Answers that are written at once."""
    is_database: bool = False
    is_sql: bool = False
    """Statements are of SQL."""
    begins_session: tuple[str, ...] = ()
    """How operations begin with which clients prepare a session of a database: until then nothing was asked."""
    codes: ErrorCodes = ErrorCodes()
    has_files: bool = False
    """Messages carry files, which are listed and saved."""
    has_ids: bool = False
    """Requests of one connection may have ids, by which each is followed alone."""
    is_numbered: bool = False
    """Numbers in the messages tell which answer is whose, in whatever order they come."""
    is_serial: bool = False
    """A server runs one at a time, for all of its connections."""
    has_results: Callable[[str], bool] | None = None
    """Tells of an operation whether the rows that answer it are written to a file; None: wherever there are any."""


class Summary(NamedTuple):
    """First bytes of payloads that may say in a line what they mean."""

    read: Callable[[bytes], str]
    """The line, not yet safe to print; empty where the payload is something else."""
    first: Collection[bytes]
    """The bytes that may stand there, all of one length."""
    at: int = 0
    """The offset of these bytes in the payload."""
    least: int = 0
    """Fewest bytes of such a payload."""


class TsharkLayer(NamedTuple):
    """A layer of the header tree that tshark 4.0 has otherwise, for filters."""

    name: str
    """The field of the protocol."""
    lines: Callable[[ApplicationStream | None, int], AsTshark] | None = None
    """Makes, of a connection and the number of a frame of it, a function for the lines; None: they are the same."""
    header: Callable[[bytes], bytes] | None = None
    """Cuts the protocol's value out of the layer's bytes; None: it is all of them."""


class Tables(NamedTuple):
    """Fields of messages of all packets of a connection at once, without trees, if it was captured without a gap."""

    name: str
    """The field of the protocol, which may be asked for whether it is there."""
    fields: Callable[[], frozenset[str]]
    """The other fields that tables answer for."""
    build: BuildTable


class ApplicationProtocol(NamedTuple):
    """One row of the registry."""

    name: str
    """Wireshark's short name."""
    families: tuple[str, ...]
    """How names of fields begin that only its messages have, up to the first dot."""
    begins: Callable[[bytes], bool]
    """Tells of a payload whether it begins a message of the protocol."""
    parse: Parse
    parse_late: Parse | None = None
    """Parses what no row's `parse` recognised: without its beginning, or behind another protocol's messages."""
    over_udp: bool = False
    """It is spoken over UDP, too, so that a client may ask because the answer there did not fit."""
    title: str = ""
    """The name in lists of protocols whose requests are read; empty: it is in none.

    ``requests.protocol.<name>`` in `words` says more of it where there is room.
    """
    kinds: tuple[RequestKind, ...] = ()
    requests: RequestReader | None = None
    requests_late: RequestReader | None = None
    """Reads the requests of connections that `parse_late` parses."""
    behind_requests: OpenStreams | None = None
    """Opens what turns to TLS behind requests of the protocol."""
    client_begins: tuple[Sequence[int | None], ...] = ()
    """Beginnings, of at most 8 bytes, of payloads that only a client sends; None stands for any byte."""
    server_begins: tuple[Sequence[int | None], ...] = ()
    """Beginnings of those that only a server sends; both tell which end is which where no SYN was captured."""
    summaries: tuple[Summary, ...] = ()
    notes: tuple[Callable[[], RowNotes], ...] = ()
    """Makes what notes the rows in which its messages begin, while packets are decoded."""
    port: int = 0
    """A usual port of its servers, as which any other is read where the user says so; 0: its content alone tells."""
    asks: Callable[[bytes, Before], Asks | None] | None = None
    """Tells by its first bytes what a client's message asks of the server; None: it is of another protocol."""
    asked_host: Callable[[bytes], str] | None = None
    """Reads, in what a client says first, the host that it asks for; empty where it names none, or not yet."""
    host_field: str = ""
    """Where that stands, in the protocol's own word: ``SNI``."""
    has_preface: bool = False
    """Behind a payload that `begins` it, a client sends nothing else."""
    farewells: Callable[[Payloads], I64] | None = None
    """Places in a batch, ascending, of payloads that only say goodbye: who sends one asks for nothing."""
    prefilter: MakePrefilter | None = None
    """None: streams are read only when a user opens them."""
    judged: bool = False
    """Rules judge its messages."""
    is_shared: bool = False
    """Many requests share a connection: who was waited for is told by request, not by turns."""
    held_back: Callable[[ByteStream, ByteStream], Callable[[int, int], Sequence[HeldBack]] | None] | None = None
    """If it has windows of its own: when anything that a side sends was held back, as `Exchange.held_back`.

    None when client and server stream speak another protocol.
    """
    asked_to_wait: Callable[[ByteStream, ByteStream], Iterable[tuple[int, int]] | None] | None = None
    """If its client may ask its server to wait until something happens: from when to when it did, in ns.

    In the order in which they were asked for, the first ones; None as there.
    """
    as_tshark: tuple[TsharkLayer, ...] = ()
    tables: Tables | None = None
    shows: tuple[str, ...] = ()
    """Families of other protocols whose fields its messages may have, encryption and what is inside it aside."""

    @property
    def parsers(self) -> tuple[Parse, ...]:
        """`parse`, and `parse_late` where there is one."""
        return (self.parse,) if self.parse_late is None else (self.parse, self.parse_late)
