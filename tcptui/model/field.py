"""The types of the field registry (`tcptui.model.fields`), and how a field's values are read from the packet store."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, Flag, auto
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from tcptui.model.packet_store import DecodeIssue, PacketStore, RowKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tcptui.model.packet_store import I32

    Mask = NDArray[np.bool_]
    Where = I32 | slice
    """Rows: their numbers, or a stretch of them, which costs no copy."""
    Presence = Callable[[PacketStore, Where], Mask]

#: Bytes.  Of a TCP header that claims to be shorter, tshark shows no fields after the sequence number.
_FULL_HEADER: Final = 20


class FieldType(Enum):
    """Wireshark's types of values (``tshark -G fields``); `ADDRESS` is ours."""

    ABSOLUTE_TIME = "FT_ABSOLUTE_TIME"
    BOOLEAN = "FT_BOOLEAN"
    BYTES = "FT_BYTES"
    DOUBLE = "FT_DOUBLE"
    ETHER = "FT_ETHER"
    FLOAT = "FT_FLOAT"
    FRAMENUM = "FT_FRAMENUM"
    INT8 = "FT_INT8"
    INT16 = "FT_INT16"
    INT32 = "FT_INT32"
    INT64 = "FT_INT64"
    IPV4 = "FT_IPv4"
    IPV6 = "FT_IPv6"
    NONE = "FT_NONE"
    """Present or not; has no value."""
    PROTOCOL = "FT_PROTOCOL"
    RELATIVE_TIME = "FT_RELATIVE_TIME"
    STRING = "FT_STRING"
    UINT8 = "FT_UINT8"
    UINT16 = "FT_UINT16"
    UINT24 = "FT_UINT24"
    UINT32 = "FT_UINT32"
    UINT64 = "FT_UINT64"
    ADDRESS = "address"
    """IPv4 or IPv6, whichever the connection has."""


class Unit(Enum):
    """What a value counts."""

    NONE = ""
    BYTES = "bytes"
    SECONDS = "seconds"
    """Columns hold whole nanoseconds."""
    PACKETS = "packets"


class Place(NamedTuple):
    """The bytes of a header at which a field always stands."""

    header: str
    """``eth``, ``ip``, ``ipv6``, ``tcp``, ``udp``; ``network``: IPv4 or IPv6."""
    offset: int
    size: int
    """Number of bytes."""
    mask: int = 0
    """The field's bits of these bytes; 0: all of them."""
    unit: int = 1
    """The factor that makes the field's value of the number: 4 of a length in words."""


class Base(Enum):
    """How ``tshark -T fields`` prints a number."""

    DECIMAL = "decimal"
    HEXADECIMAL = "hexadecimal"
    """With all digits of its type."""


class Text(Enum):
    """Where in a line of the header tree the value of a text is."""

    LABEL = "label"
    """In what the line says, which is safe to print and cut at 240 characters."""
    BYTES = "bytes"
    """In the bytes that the line covers, which are exactly those of the text."""
    BEHIND_COLON = "behind-colon"
    """Behind the first colon of these bytes, which are a whole header field."""


class Layer(Flag):
    """How tshark has the headers of a protocol, and its fields."""

    NONE = 0
    LISTED = auto()
    """Fields of it that are not registered are listed in ``dfilter/tshark_names.txt``, all of them."""
    ONE_A_SEGMENT = auto()
    """All its messages in a segment are dissected at once: they are one layer."""
    WITH_REST = auto()
    """Its value is not its header alone, but all from there to the end of the buffer."""
    DESCRIBED = auto()
    """Its line is a text of its own, which is printed; of others the name is."""


class Owner(Enum):
    """Which program defines the field's name."""

    WIRESHARK = "wireshark"
    """tshark 4.0 and later."""
    NEWER_WIRESHARK = "wireshark-newer"
    """Versions after tshark 4.0, which rejects the name."""
    TCPTUI = "tcptui"


class Reader(Enum):
    """Where the values come from when a field is not a column of the packet store."""

    FLOW = "flow"
    """The flow table, by the packet's flow and direction."""
    STREAM = "stream"
    """The stream table, by the packet's stream; relative sequence numbers need the packet's own number, too."""
    BUDGET = "budget"
    """The connection's time budget."""
    FINDINGS = "findings"
    """The findings of the packet's stream that name the packet as evidence."""
    NOTES = "notes"
    """The marks and notes that a user left on the packet, or on its connection."""
    KERNEL = "kernel"
    """What this host's kernel said about the packet while it was captured."""
    OWNERS = "owners"
    """Whose connection the packet's stream is: what the host that captured it knew of its sockets."""
    REQUESTS = "requests"
    """The requests of the packet's stream, by their application protocol, of which the packet carries a byte."""
    TREE = "tree"
    """The packet's header tree, which needs the captured bytes."""
    UNREAD = "unread"
    """Nothing reads it yet: whoever is asked for it says so, instead of finding nothing."""


class Take(Enum):
    """How a column's cell becomes the field's value."""

    VALUE = "value"
    FRAME = "frame"
    """The cell is a row number; the value is that row's frame number, 0 for `NO_ROW`."""
    SINCE = "since"
    """The cell is the number of an earlier row; the value is the nanoseconds from that row to this one."""


def every(store: PacketStore, rows: Where) -> Mask:
    """Present in every frame."""
    return np.ones(len(store.kind[rows]), np.bool_)


def in_stream(store: PacketStore, rows: Where) -> Mask:
    """Present in all frames of a connection, ICMP errors about it included."""
    return store.stream[rows] >= 0


def segments(store: PacketStore, rows: Where) -> Mask:
    """Present in TCP segments."""
    mask: Mask = (store.kind[rows] == RowKind.TCP) & (store.stream[rows] >= 0)
    return mask


def whole_headers(store: PacketStore, rows: Where) -> Mask:
    """Present in TCP segments, except those whose header length is below 20 bytes."""
    mask = segments(store, rows)
    bad = (store.issues[rows] & DecodeIssue.BAD_HEADER_LENGTH) != 0
    if bad.any():
        mask &= ~(bad & (store.header_length[rows] < _FULL_HEADER))
    return mask


@dataclass(frozen=True, slots=True)
class Column:
    """Where in the packet store a field's values are.

    ``mask``: the bits of the cell that are this field; 0 means the whole cell.  ``labels``: text by the cell's code.
    """

    name: str
    present: Presence = whole_headers
    mask: int = 0
    take: Take = Take.VALUE
    labels: tuple[str, ...] = ()

    def values(self, store: PacketStore, rows: Where) -> NDArray[Any]:
        """One value per row, meaningless in rows where the field is not `present`; times are nanoseconds."""
        numbers = self.numbers(store, rows)
        return np.array(self.labels, object)[numbers] if self.labels else numbers

    def numbers(self, store: PacketStore, rows: Where) -> NDArray[Any]:
        """The numbers of the column in ``rows``; of a column with `labels` the places of the values among them."""
        cells: NDArray[Any] = getattr(store, self.name)[rows]
        if self.take is Take.FRAME:
            refers = cells >= 0
            cells = store.frame.take(cells, mode="clip")
            cells *= refers
        elif self.take is Take.SINCE:  # not present where the cell is no row
            cells = store.time_ns[rows] - store.time_ns.take(cells, mode="clip")
        elif self.mask:
            cells = (cells & self.mask) >> ((self.mask & -self.mask).bit_length() - 1)
        return cells


@dataclass(frozen=True, slots=True)
class AnyOf:
    """A field whose values are those of several others together: ``tcp.port``."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """One field, as filters, columns, help and the header tree name it."""

    name: str
    """Wireshark's filter name, or one that begins with ``tcptui.``."""
    type: FieldType
    doc: str
    """What it means, in one English sentence."""
    source: Column | AnyOf | Reader = Reader.TREE
    unit: Unit = Unit.NONE
    repeats: bool = False
    """Whether a packet may have several values."""
    quoted: bool = False
    """Whether an ICMP error that quotes a TCP header has the field, too; only the header tree has those values."""
    owner: Owner = Owner.WIRESHARK
    base: Base = Base.DECIMAL
    text: Text = Text.LABEL
    place: Place | None = None
    """The same bytes of its header in every packet; None: it may stand elsewhere."""
    layer: Layer = Layer.NONE
    """How the headers of a protocol stand in the tree."""
    title: str = ""
    """What its line in the header tree is called where Wireshark's table of fields does not say it."""
    unnamed: str = "Unknown"
    """What its line calls a number that has no name, if others have one; empty: the number alone is there."""

    @property
    def column(self) -> Column | None:
        """Where in the packet store the values are, for a field that is a column."""
        return self.source if isinstance(self.source, Column) else None
