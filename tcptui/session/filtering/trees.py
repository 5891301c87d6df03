"""Fields that only the header tree has: packets are read again and dissected, as on the screen.

Trees are dear (some 10,000 a second, 1,000 where scapy reads them), so the fields that a filter asks for are all taken
from one tree, and those of the packets asked for last are kept.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from tcptui.dfilter import types
from tcptui.dfilter.ranges import Range
from tcptui.model.field import AnyOf, Layer
from tcptui.model.field import FieldType as T
from tcptui.model.fields import FIELDS, protocols_with
from tcptui.model.packet_store import RowKind
from tcptui.model.verdict import Verdict
from tcptui.protocols.headers.builder import Kept
from tcptui.protocols.headers.cursor import MAY_BE_BARE, TreeOptions
from tcptui.protocols.registry import PROTOCOLS
from tcptui.session.datagrams import CONVERSATION_FIELDS, PAIR_FIELDS, PAIRED, datagram_index, pair_values
from tcptui.session.filtering.cancelling import Cancelled
from tcptui.session.filtering.families import is_said_by_messages, shows_messages
from tcptui.session.filtering.occurrences import Occurrences, array_of
from tcptui.session.filtering.plain import plain
from tcptui.session.filtering.rows import Rows
from tcptui.session.filtering.tree_values import node_value
from tcptui.session.filtering.unread import UnreadRows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tcptui.access.open_capture import OpenCapture
    from tcptui.model.datagram_pair import Pair
    from tcptui.model.field import Field
    from tcptui.model.packet_store import I32
    from tcptui.model.packet_view import PacketView
    from tcptui.protocols.application import ApplicationStream
    from tcptui.protocols.headers.node import Node
    from tcptui.protocols.row import AsTshark
    from tcptui.session.datagrams import DatagramIndex, Place

_OPTIONS: Final = TreeOptions(zone=UTC, vendor_names=False, lines_without_name=False, secrets=True)
#: Packets whose fields are kept: what `FilterRun` asks for at once, and as many before.
CACHED_PACKETS: Final = 1 << 14
#: Lines of these that are kept from one question to the next: a packet may have ten thousands, of few bytes.
_CACHED_LINES: Final = 1 << 18
_PROTOCOLS: Final = frozenset(field.name for field in FIELDS.values() if types.type_of(field) is T.PROTOCOL)
#: Protocols that stand within the header that they are about, and are no layer.
_NOTES: Final = frozenset({"_ws.expert", "_ws.malformed", "_ws.short", "mptcp", "pkt_comment"})
#: Protocols whose line in Wireshark's tree is a text of its own; of others the name is printed.
DESCRIBED: Final = protocols_with(Layer.DESCRIBED)
_ONE_LAYER: Final = protocols_with(Layer.ONE_A_SEGMENT)
_WITH_REST: Final = protocols_with(Layer.WITH_REST)
#: Layers that tshark has otherwise.
_LAYERS: Final = {layer.name: layer for row in PROTOCOLS for layer in row.as_tshark}
#: Layers that are made anew of their lines.
_MADE_ANEW: Final = frozenset(name for name, layer in _LAYERS.items() if layer.lines is not None)
#: Lines by which layers are counted, paired, and told from what stands behind them.
_GONE_BY: Final = _PROTOCOLS.union(PAIR_FIELDS, ("udp", "ip.len", "ipv6.plen"))
_IPV6_HEADER: Final = 40
#: What decides how Wireshark reads a payload.
_READ_OTHERWISE: Final = np.uint32(
    Verdict.RETRANSMISSION | Verdict.FAST_RETRANSMISSION | Verdict.SPURIOUS_RETRANSMISSION | Verdict.OUT_OF_ORDER
    | Verdict.KEEP_ALIVE
)  # fmt: skip
#: Bytes of a hardware address that name its maker.
_OUI: Final = 3


def _oui(address: bytes) -> int:
    return int.from_bytes(address[:_OUI])


#: Fields that tshark has beside another one, and what they make of its bytes.
_IMPLIED: Final[dict[str, tuple[str, Callable[[bytes], int]]]] = {
    "ipv6.version": ("ip.version", lambda _: 6),
    "eth.dst": ("eth.dst.oui", _oui),
    "eth.src": ("eth.src.oui", _oui),
    "tcp.options.rvbd.probe.version_raw": ("tcp.options.rvbd.probe.version", lambda _: 2),
}


class Found(NamedTuple):
    """One line of the tree."""

    name: str
    layer: int
    """Which of its protocol's headers it is in, from 1."""
    value: Any
    raw: bytes
    rest: bytes = b""
    """What `contains` and `matches` look into: of a protocol, all from its first byte to the end of its packet."""
    line: str = ""
    """Its text in the tree, of protocols in `DESCRIBED`."""


class TreeReader:
    """Reads fields out of header trees."""

    def __init__(self, session: OpenCapture, cancelled: Callable[[], bool], *, deep: bool = False) -> None:
        """``deep``: as `StreamCache.application`, for who asks all packets of a connection."""
        self._session = session
        self._datagrams = datagram_index(session)
        self._deep = deep
        self.cancelled = cancelled
        self.whole = False
        """Whether connections are asked as a whole, so that their newest messages are parsed, too."""
        self._wanted: set[str] = set()
        self._options = _OPTIONS
        self._known: dict[int, tuple[Found, ...]] = {}
        self._having: dict[str, set[int]] = {}
        """By name the rows whose trees were found to have it; of some that is forgotten."""
        self._lines = 0
        """How many lines were added to `_known` since packets were left out of it."""
        self._lacking: set[int] = set()
        """Rows of `_known` whose trees lack messages, as too many came before them."""
        self.unread = UnreadRows()

    @property
    def wanted(self) -> set[str]:
        """Names that will be asked for."""
        return self._wanted

    def pause(self) -> None:
        """Raise Cancelled where somebody asked for that."""
        if self.cancelled():
            raise Cancelled

    def want(self, names: Iterable[str]) -> None:
        """Names that will be asked for: those are taken from each tree."""
        fresh = {one for name in names for one in members(FIELDS[name])} - self._wanted
        if fresh:
            self._wanted |= fresh
            self._options = replace(
                _OPTIONS, bare=_unasked(self._wanted), asked=frozenset(self._wanted), kept=_kept(self._wanted)
            )
            self.clear()

    def clear(self) -> None:
        """Build all trees anew when they are asked for."""
        self._known.clear()
        self._having.clear()
        self._lacking.clear()

    def forget(self, rows: I32) -> None:
        """Build the trees of ``rows`` anew when they are asked for."""
        for row in rows.tolist():
            self._known.pop(row, None)
            self._lacking.discard(row)

    def read(
        self,
        field: Field,
        rows: Rows,
        layers: tuple[Range, ...] | None = None,
        *,
        raw: bool = False,
        rest: bool = False,
    ) -> Occurrences:
        """The values of ``field``, where given only those in ``layers``; with ``raw``, their bytes.

        With ``rest``, what a protocol's buffer has from there on, and the bytes of other fields.  Raises Cancelled.
        """
        names = members(field)
        self.want([field.name])
        self._dissect(rows)
        self._note_unread(field, rows)
        kind = T.BYTES if raw else types.type_of(field)
        index: list[int] = []
        values: list[Any] = []
        for place, row in self._places_of(names, rows):
            found = [one for one in self._known[row] if one.name in names]
            for one in found if layers is None else _within(layers, found):
                index.append(place)
                values.append(one.rest if rest else one.raw if raw else one.value)
        return Occurrences(kind, len(rows), array_of(kind, values), np.array(index, np.int64))

    def lines(self, field: Field, rows: Rows) -> list[list[str]]:
        """For each of ``rows`` the texts of the lines of ``field``, one of `DESCRIBED`; no list is to be changed.

        Raises Cancelled.
        """
        names = members(field)
        self.want([field.name])
        self._dissect(rows)
        lines: list[list[str]] = [[]] * len(rows)
        for place, row in self._places_of(names, rows):
            lines[place] = [one.line for one in self._known[row] if one.name in names]
        return lines

    def _note_unread(self, field: Field, rows: Rows) -> None:
        """Remember which of ``rows`` were asked in vain for ``field``."""
        if self._lacking and any(map(shows_messages, members(field))):
            asked = [row for row in rows.numbers.tolist() if row in self._lacking]
            self.unread.note(field.name, np.array(asked, np.int32))

    def lacks_any(self, rows: Rows) -> bool:
        """Whether messages of any of ``rows`` were not read, as too many came before them."""
        return not self._lacking.isdisjoint(rows.numbers.tolist()) if self._lacking else False

    def _places_of(self, names: tuple[str, ...], rows: Rows) -> Iterator[tuple[int, int]]:
        """Where in ``rows`` those stand that may have one of ``names``, and their numbers."""
        having = set[int]().union(*(self._having.get(name, ()) for name in names))
        if not having:
            return
        numbers = np.array(sorted(having), rows.numbers.dtype)
        at = np.searchsorted(rows.numbers, numbers)
        at = at[(at < len(rows)) & (rows.numbers.take(at, mode="clip") == numbers)]
        yield from zip(at.tolist(), rows.numbers[at].tolist(), strict=True)

    def _dissect(self, rows: Rows) -> None:
        """Have the fields of all ``rows`` in ``_known``; stream by stream, because messages are parsed by stream."""
        numbers = rows.numbers
        missing = [row for row in numbers.tolist() if row not in self._known]
        if len(self._known) + len(missing) > CACHED_PACKETS or self._lines > _CACHED_LINES:
            self._lines = 0
            self._known = {row: self._known[row] for row in numbers.tolist() if row in self._known}
            self._having = {name: kept for name, had in self._having.items() if (kept := had & self._known.keys())}
            self._lacking &= self._known.keys()
        store = self._session.store
        if missing and not self._wanted.isdisjoint(CONVERSATION_FIELDS):
            self.datagrams(missing[-1] + 1)
        if missing and not self._wanted.isdisjoint(PAIRED):
            self.datagrams()  # answers come later
        missing.sort(key=lambda row: (int(store.stream[row]), row))
        with_payload_alone = self._of_payload_alone(missing)
        others = [row for row in missing if row not in with_payload_alone] if with_payload_alone else missing
        self._collect(self.message_trees(row for row in missing if row in with_payload_alone), counts={"tcp": 1})
        self._collect(self.trees(others, options=self._options), counts={})
        for row in missing:
            self._known.setdefault(row, ())  # evicted meanwhile

    def _of_payload_alone(self, rows: list[int]) -> set[int]:
        """Those of ``rows`` of which all that is wanted stands in messages of one connection, as of most segments."""
        if not rows or not all(map(is_said_by_messages, self._wanted)):
            return set()
        store, some = self._session.store, Rows.of(np.array(rows, np.int32))
        mask = plain(self._session, some) & (store.stream[some.index] >= 0) & (store.length[some.index] > 0)
        mask &= (store.verdict[some.index] & _READ_OTHERWISE) == 0
        return set(some.numbers[mask].tolist())

    def message_trees(self, rows: Iterable[int]) -> Iterator[tuple[PacketView, ApplicationStream | None, Node]]:
        """The result of `trees` for the payloads of ``rows``, without the headers before them.  Raises Cancelled."""
        from tcptui.protocols.headers.tree import message_tree  # most filters ask for columns alone

        session = self._session
        last, application = -1, None
        for row in rows:
            self.pause()
            packet = session.reader.bare(row)
            if row >= session.store.first:
                stream = int(session.store.stream[row])
                if stream != last or session.progress.growing:
                    last, application = stream, self._application(packet)
                yield packet, application, message_tree(packet, application, self._options)

    def _collect(
        self, trees: Iterable[tuple[PacketView, ApplicationStream | None, Node]], *, counts: dict[str, int]
    ) -> None:
        """Have in ``_known`` what ``trees`` have; ``counts``: layers in front of each, by protocol."""
        for packet, application, tree in trees:
            found: list[Found] = []
            as_tshark = _AsTshark(application, packet.frame)
            places, pairs = self._places(packet.row), self._pairs(packet.row)
            collector = _Collector(packet.data, self._wanted, found, as_tshark, places, pairs, dict(counts))
            collector.walk(tree, "", len(packet.data))
            self._known[packet.row] = tuple(found)
            if application is not None and application.lacks(packet.row, packet.frame):
                self._lacking.add(packet.row)
            self._lines += len(found)
            for name in {one.name for one in found}:
                self._having.setdefault(name, set()).add(packet.row)

    def datagrams(self, stop: int | None = None) -> DatagramIndex:
        """UDP conversations, questions and answers, of the rows before ``stop`` (None: of all).  Raises Cancelled."""
        self._datagrams.grow(self._session.store.count if stop is None else stop, self.pause)
        return self._datagrams

    def _places(self, row: int) -> Iterator[Place]:
        """Where the UDP headers of ``row`` stand in their conversations."""
        return iter(() if self._wanted.isdisjoint(CONVERSATION_FIELDS) else self._datagrams.places_of(row))

    def _pairs(self, row: int) -> Iterator[Pair]:
        """What pairs the headers of ``row`` that ask or answer; nothing for TCP, whose tree says it itself."""
        is_asked = not self._wanted.isdisjoint(PAIRED) and self._session.store.kind[row] != RowKind.TCP
        return iter(self._datagrams.pairs_of(row) if is_asked else ())

    def trees(
        self, rows: Iterable[int], *, options: TreeOptions = _OPTIONS, messages: bool = True
    ) -> Iterator[tuple[PacketView, ApplicationStream | None, Node]]:
        """The ``rows`` that are there: packets with their streams and header trees, made some at a time.

        Without ``messages``, trees end with the payload.  Raises Cancelled.
        """
        from tcptui.protocols.headers.tree import header_trees  # most filters ask for columns alone

        given: deque[tuple[PacketView, ApplicationStream | None]] = deque()

        def asked() -> Iterator[tuple[PacketView, ApplicationStream | None]]:
            for row in rows:
                self.pause()
                packet = self._session.reader.packet(row)
                if row >= self._session.store.first:
                    given.append((packet, self._application(packet) if messages else None))
                    yield given[-1]

        for tree in header_trees(asked(), options):
            yield *given.popleft(), tree

    def _application(self, packet: PacketView) -> ApplicationStream | None:
        stream = int(self._session.store.stream[packet.row])
        has_stream = packet.kind == RowKind.TCP and stream >= 0 and packet.payload_length > 0
        if not has_stream:
            return None
        return self._session.application(stream, whole=self.whole, deep=self.pause if self._deep else None)


def _unasked(wanted: set[str]) -> frozenset[str]:
    """The layers of whose lines none is in ``wanted``; expert notes, and what is malformed, stand in any."""
    asked = {name.partition(".")[0] for name in wanted}
    if "mptcp" in asked:
        asked.add("tcp")
    return frozenset() if "_ws" in asked else MAY_BE_BARE - asked


def _kept(wanted: set[str]) -> Kept:
    """The lines that are read of a tree: those that are wanted, and what `_Collector` goes by."""
    implying = {name for name, (implied, _) in _IMPLIED.items() if implied in wanted}
    return Kept(_GONE_BY.union(wanted, implying), _MADE_ANEW)


def members(field: Field) -> tuple[str, ...]:
    """The names that ``field`` stands for in a tree."""
    return field.source.names if isinstance(field.source, AnyOf) else (field.name,)


class _AsTshark:
    """Makes of the layers of a packet what tshark has, by the rows of the registry."""

    def __init__(self, application: ApplicationStream | None, frame: int) -> None:
        self._application, self._frame = application, frame
        self._of_layer: dict[str, AsTshark] = {}

    def layer(self, node: Node, data: bytes) -> Node:
        """``node``, of one of `_LAYERS`, with the lines that tshark has."""
        lines = _LAYERS[node.field].lines
        if lines is None:
            return node
        if node.field not in self._of_layer:
            self._of_layer[node.field] = lines(self._application, self._frame)
        return self._of_layer[node.field](node, data)


class _Collector:
    """Appends what the lines of one tree have of ``wanted`` to ``found``, in reading order."""

    def __init__(
        self, data: bytes, wanted: set[str], found: list[Found], as_tshark: _AsTshark,
        places: Iterator[Place], pairs: Iterator[Pair], counts: dict[str, int],
    ) -> None:  # fmt: skip
        """``as_tshark``: makes of layers what tshark has.

        ``places``: of the UDP headers; ``pairs``: of the headers in `PAIR_FIELDS`, both in reading order.  ``counts``:
        layers of which the tree has nothing, by protocol.
        """
        self._places, self._pairs = places, pairs
        self._data, self._wanted, self._found, self._as_tshark = data, wanted, found, as_tshark
        self._counts = counts

    def walk(self, node: Node, protocol: str, end: int) -> None:
        """``protocol``: the innermost one around; ``end``: where its packet ends."""
        name, data = node.field, self._data
        if name in _PROTOCOLS and name not in _NOTES:
            counted = self._counts.get(name, 0)
            if name not in _ONE_LAYER or not counted or counted < self._counts.get("tcp", 0):
                self._counts[name] = counted + 1
            protocol = name
        end = min(end, _end_of_packet(node, end))
        if name in self._wanted:
            value = node_value(FIELDS[name], node, data)
            if value is not None:
                raw = node.bytes_in(data) or b""
                rest = raw
                if name in _PROTOCOLS:
                    rest = raw if node.whole is not None else _rest(node, data, end)
                    value = rest if name in _WITH_REST else value
                header = _LAYERS[name].header if name in _LAYERS else None
                if header is not None:
                    value = raw = header(raw)
                line = node.label if name in DESCRIBED else ""
                self._found.append(Found(name, self._counts.get(protocol, 1), value, raw, rest, line))
        if name in _LAYERS:
            node = self._as_tshark.layer(node, data)
        elif name in _IMPLIED and _IMPLIED[name][0] in self._wanted:
            implied, value_of = _IMPLIED[name]
            raw = node.bytes_in(data) or b""
            self._found.append(Found(implied, self._counts.get(protocol, 1), value_of(raw), raw))
        elif name == "udp":
            place = next(self._places, None)
            self._conclude(name, () if place is None else place.values())
        elif name in PAIR_FIELDS:
            pair = next(self._pairs, None)
            self._conclude(name, () if pair is None else pair_values(name, pair))
        for child in node.children:
            self.walk(child, protocol, end)
            end = min(end, _end_of_packet(child, end))  # what an IP packet carries stands beside it

    def _conclude(self, layer: str, values: Iterable[tuple[str, int | float]]) -> None:
        """Append those of ``values``, which other packets say of a header of ``layer``, that are wanted."""
        self._found += [Found(one, self._counts[layer], value, b"") for one, value in values if one in self._wanted]


def _rest(node: Node, data: bytes, end: int) -> bytes:
    """What there is from the first byte of ``node`` to ``end``, or to the end of the datagram that it is in."""
    if node.part is not None:
        return node.part.datagram[node.part.start :]
    return b"" if node.start is None else data[node.start : max(end, node.end)]


def _end_of_packet(node: Node, end: int) -> int:
    """Where ``node`` ends by its own length, if it is an IP packet; else ``end``."""
    if node.field not in ("ip", "ipv6"):
        return end
    start = node.start or 0
    for child in node.children:
        if child.field in ("ip.len", "ipv6.plen"):
            length = node_value(FIELDS[child.field], child, b"")
            if isinstance(length, int) and length:
                return start + length + (_IPV6_HEADER if child.field == "ipv6.plen" else 0)
    return end


def _within(layers: tuple[Range, ...], found: list[Found]) -> list[Found]:
    last = max((one.layer for one in found), default=0)
    return [one for one in found if any(is_in(one.layer, part, last) for part in layers)]


def is_in(layer: int, part: Range, last: int) -> bool:
    """Whether the ``layer`` lies in ``part``, where ``last`` is the last one."""
    start = part.start + last + 1 if part.start < 0 else part.start
    if part.last is not None:
        end = part.last + last + 1 if part.last < 0 else part.last
    else:
        end = last if part.length is None else start + part.length - 1
    return start <= layer <= end
