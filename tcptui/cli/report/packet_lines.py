"""One packet as a row of text: number, time, ends, protocol, length, and what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.analysis.stream.table import NO_BASE
from tcptui.model.other_protocol import protocol_name
from tcptui.model.packet_store import NO_STREAM, OptionBit, RowKind
from tcptui.model.safe_text import safe_text
from tcptui.model.seq import SEQ_MASK
from tcptui.model.tcp_flags import TcpFlag, flag_names
from tcptui.model.verdict import PRECEDENCE
from tcptui.session.other_tables import other_lines, other_packets, other_pairs
from tcptui.words.other_text import line_text, pair_text

if TYPE_CHECKING:
    from tcptui.access.open_capture import OpenCapture
    from tcptui.words.catalogue import Words

_NS: Final = 1_000_000_000


class PacketLine(NamedTuple):
    """The cells of a row, as safe text; names of the fields are those of the columns."""

    number: str
    time: str
    """Seconds since the capture's first packet."""
    source: str
    destination: str
    protocol: str
    length: str
    """Bytes on the wire."""
    info: str


class PacketLines:
    """Describes packets of a session that has been read to its end.  Raises OSError where it cannot be read."""

    def __init__(self, session: OpenCapture, words: Words) -> None:
        self._session = session
        self._words = words
        other_packets(session).grow()
        other_pairs(session).grow()

    def of(self, row: int) -> PacketLine:
        """The packet in ``row``."""
        session, store = self._session, self._session.store
        frame, length = str(store.frame[row]), str(store.wire_length[row])
        time = _seconds(int(store.time_ns[row]) - store.began_ns)
        if store.kind[row] == RowKind.TCP:
            ends = session.flows.endpoints(int(store.flow[row]))
            source, target = ends[::-1] if store.from_b[row] else ends
            info = self._segment(row, source.port, target.port)
            return PacketLine(frame, time, source.host, target.host, "TCP", length, info)
        known = other_lines(session).of(row)
        sender, receiver = other_packets(session).ends_of(row)
        text = line_text(known.line, known.protocol, self._words) + pair_text(other_pairs(session).of(row), self._words)
        name = protocol_name(known.protocol)
        cells = (sender.host, receiver.host, name, length, text)
        return PacketLine(frame, time, *(safe_text(cell) for cell in cells))

    def _segment(self, row: int, source: int, target: int) -> str:
        store = self._session.store
        flags = int(store.flags[row])
        parts = [f"{source} → {target} [{flag_names(flags).replace(' ', ', ')}]", *self._numbers(row, flags)]
        parts.append(f"Len={max(int(store.length[row]), 0)}")
        if store.options[row] & OptionBit.MSS:
            parts.append(f"MSS={store.mss[row]}")
        if store.options[row] & OptionBit.WINDOW_SCALE:
            parts.append(f"WS={1 << min(int(store.window_scale[row]), 14)}")
        said = self._verdicts(row)
        return " ".join((*(f"[{text}]" for text in said), *parts))

    def _numbers(self, row: int, flags: int) -> list[str]:
        """Sequence, acknowledgment and window, relative and scaled where that is possible, as in Wireshark."""
        session, store = self._session, self._session.store
        stream, from_b = int(store.stream[row]), bool(store.from_b[row])
        seq, ack, window = int(store.seq[row]), int(store.ack[row]), int(store.window[row])
        if stream != NO_STREAM:
            own, peer = (session.reader.landmarks.base(stream, row, of_b) for of_b in (from_b, not from_b))
            seq = seq if own == NO_BASE else (seq - own) & SEQ_MASK
            ack = ack if peer == NO_BASE else (ack - peer) & SEQ_MASK
            scales = session.streams.scale_b if from_b else session.streams.scale_a
            if not flags & TcpFlag.SYN:
                window <<= max(int(scales[stream]), 0)
        numbers = [f"Seq={seq}"]
        if flags & TcpFlag.ACK:
            numbers.append(f"Ack={ack}")
        return [*numbers, f"Win={window}"]

    def _verdicts(self, row: int) -> list[str]:
        store, words = self._session.store, self._words
        bits, facts = int(store.verdict[row]), {"duplicate": int(store.dup_ack_number[row])}
        return [words(f"verdicts.{verdict.field_name}.title", **facts) for verdict in PRECEDENCE if bits & verdict]


def _seconds(time_ns: int) -> str:
    whole, rest = divmod(abs(time_ns), _NS)
    return f"{'-' if time_ns < 0 else ''}{whole}.{rest // 1000:06d}"
