"""The row of an application protocol: all that the rest of the program has of it (`tcptui.protocols.registry`).

Rows are read before the first packet is shown, so functions in them are `Lazy`, and nothing here imports a parser.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from tcptui.protocols.application import ApplicationStream
    from tcptui.protocols.headers.node import Node
    from tcptui.protocols.interface import Exchange, HeldBack, MakePrefilter, MessageTable, ParsedStream
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
    """Which answers a server writes at once, so that no packet tells which of them took the time."""

    EACH = "each"
    """None: each when it is done."""
    READ_TOGETHER = "read-together"
    """Those to the requests that it read at once."""
    UNTIL_READY = "until-ready"
    """Those until it says that it is ready for the next request."""


class RequestKind(NamedTuple):
    """Requests of one kind, as lists, statements and rules tell them apart."""

    name: str
    """As in `tcptui.model.request.Request.protocol`."""
    title: str
    """What the kind is called in text."""
    statement: Callable[[str], str] | None = None
    """Makes of an operation its statement, which lacks the values that vary; None: it is its own statement."""
    openings: tuple[str, ...] = ()
    """Operations that open a session, or are about one: no statement is to be tuned there."""
    written: Written = Written.EACH
    is_database: bool = False
    has_files: bool = False
    """Whether what it carries is listed as files."""
    has_ids: bool = False
    """Whether requests that share a connection may be told apart by ids, and followed alone."""
    is_serial: bool = False
    """Whether a server runs one at a time for all of its connections."""
    has_results: Callable[[str], bool] | None = None
    """Whether the rows that answer an operation are to be written to a file; None: wherever there are any."""


class Summary(NamedTuple):
    """First bytes of payloads that may say in a line what they mean."""

    read: Callable[[bytes], str]
    """The line, not yet safe to print; empty where the payload is something else."""
    first: Collection[bytes]
    """What stands there: all of one length."""
    at: int = 0
    """Behind how many bytes it stands."""
    least: int = 0
    """Fewest bytes of such a payload."""


class TsharkLayer(NamedTuple):
    """A layer of the header tree that tshark 4.0 has otherwise, for filters."""

    name: str
    """The field of the protocol."""
    lines: Callable[[ApplicationStream | None, int], AsTshark] | None = None
    """Makes of a connection, and of the number of a frame of it, what makes the layer's lines; None: they are alike."""
    header: Callable[[bytes], bytes] | None = None
    """What of the layer's bytes is the protocol's value; None: all."""


class Tables(NamedTuple):
    """What messages of connections that were captured without a gap say, read of all packets at once: no trees."""

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
    """Whether a payload begins a message of the protocol."""
    parse: Parse
    parse_late: Parse | None = None
    """Parses what no row's `parse` recognised: without its beginning, or behind another protocol's messages."""
    over_udp: bool = False
    """Whether it is spoken over UDP, too, so that a client may ask because the answer there did not fit."""
    title: str = ""
    """What the protocol is called where those are listed whose requests are read; empty: it is none of them.

    ``requests.protocol.<name>`` in `words` says more of it where there is room.
    """
    kinds: tuple[RequestKind, ...] = ()
    requests: RequestReader | None = None
    requests_late: RequestReader | None = None
    """As `parse_late`."""
    behind_requests: OpenStreams | None = None
    """Opens what turns to TLS behind requests of the protocol."""
    client_begins: tuple[Sequence[int | None], ...] = ()
    """What a payload begins with, in at most 8 bytes, that only a client sends; None stands for any byte …"""
    server_begins: tuple[Sequence[int | None], ...] = ()
    """… and that only a server does: they tell which end is which where no SYN was captured."""
    summaries: tuple[Summary, ...] = ()
    notes: tuple[Callable[[], RowNotes], ...] = ()
    """Makes what notes the rows in which its messages begin, while packets are decoded."""
    prefilter: MakePrefilter | None = None
    """None: streams are read only when a user opens them."""
    judged: bool = False
    """Whether rules judge its messages."""
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

    @property
    def parsers(self) -> tuple[Parse, ...]:
        """`parse`, and `parse_late` where there is one."""
        return (self.parse,) if self.parse_late is None else (self.parse, self.parse_late)
