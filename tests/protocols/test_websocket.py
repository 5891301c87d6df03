"""WebSocket conversations: the upgrade, permessage-deflate with and without takeover, messages, closes, bounds."""

from __future__ import annotations

import random
import zlib
from dataclasses import dataclass

import pytest
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Ping, Request, TextMessage
from wsproto.extensions import PerMessageDeflate

from tcptui.protocols.http.head import MessageHead, parse_head
from tcptui.protocols.websocket import messages as websocket_messages
from tcptui.protocols.websocket.conversation import WebSocketConversation, accept_for, read_websocket, upgrade_of
from tcptui.protocols.websocket.frames import FaultKind, FrameScan, scan_frames
from tcptui.protocols.websocket.messages import Deflate, MessageReader, WebSocketMessage


@dataclass
class FakeHalf:
    data: bytes
    hole: tuple[int, int] = (1 << 60, 1 << 60)

    @property
    def length(self) -> int:
        return len(self.data)

    def read(self, start: int, size: int) -> bytes:
        stop = min(start + size, self.hole[0]) if start < self.hole[0] else start + size
        return b"" if self.hole[0] <= start < self.hole[1] else self.data[start:stop]


def head(raw: bytes) -> MessageHead:
    found = parse_head(raw)
    assert found is not None
    return found


SETTINGS = {
    "none": None,
    "takeover": PerMessageDeflate,
    "no takeover": lambda: PerMessageDeflate(
        client_no_context_takeover=True, server_no_context_takeover=True,
        client_max_window_bits=9, server_max_window_bits=10,
    ),
}  # fmt: skip


def talk(setting: str, turns: list[str | bytes], *, code: int = 1000) -> tuple[bytes, bytes]:
    """What two wsproto ends send to one another, the handshake included."""
    make = SETTINGS[setting]
    client, server = WSConnection(ConnectionType.CLIENT), WSConnection(ConnectionType.SERVER)
    sent = {id(client): b"", id(server): b""}

    def send(one: WSConnection, other: WSConnection, *events: object) -> None:
        for event in events:
            data = one.send(event)  # type: ignore[arg-type]
            sent[id(one)] += data
            other.receive_data(data)
            for heard in other.events():
                if isinstance(heard, Ping):
                    answer = other.send(heard.response())
                    sent[id(other)] += answer
                    one.receive_data(answer)
                    list(one.events())

    send(client, server, Request(host="a.example", target="/chat", extensions=[make()] if make else []))
    send(server, client, AcceptConnection(extensions=[make()] if make else []))
    for turn in turns:
        if isinstance(turn, bytes):
            send(client, server, BytesMessage(data=turn[:7], message_finished=False), Ping(payload=b"ping"))
            send(client, server, BytesMessage(data=turn[7:]))
            send(server, client, BytesMessage(data=turn))
        else:
            send(client, server, TextMessage(data=turn))
            send(server, client, TextMessage(data=turn[::-1]))
    send(client, server, CloseConnection(code=code, reason="再见"))
    return sent[id(client)], sent[id(server)]


def read(client: bytes, server: bytes) -> WebSocketConversation:
    asked, answered = head(client), head(server)
    upgrade = upgrade_of(asked, answered)
    assert upgrade is not None
    assert upgrade.is_valid
    return read_websocket(upgrade, FakeHalf(client), FakeHalf(server), asked.end, answered.end)


def test_accept_is_the_one_of_the_rfc() -> None:
    assert accept_for("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.mark.parametrize("setting", SETTINGS)
def test_conversation_of_two_wsproto_ends_is_read_as_they_meant_it(setting: str) -> None:
    chance = random.Random(3)
    turns: list[str | bytes] = ["hello 你好", "", "hello 你好", chance.randbytes(5_000), "x" * 70_000, b"1234567" * 99]
    conversation = read(*talk(setting, turns))
    data = [message for message in conversation.client.messages if message.opcode in (1, 2)]
    back = [message for message in conversation.server.messages if message.opcode in (1, 2)]

    assert [m.text if m.opcode == 1 else m.data for m in data] == turns
    assert [m.text if m.opcode == 1 else m.data for m in back] == [
        turn[::-1] if isinstance(turn, str) else turn for turn in turns
    ]
    assert {m.is_compressed for m in data + back} == {setting != "none"}
    assert all(m.finished and m.readable and m.length == len(m.data) for m in data + back)
    assert [len(m.frames) for m in data] == [1, 1, 1, 2, 1, 2]
    assert [m.data for m in conversation.server.messages if m.opcode == 10] == [b"ping", b"ping"]
    close = conversation.client.close
    assert close is not None
    assert (close.close_code, close.close_reason) == (1000, "再见")
    assert conversation.server.close is None
    assert conversation.faults == []


def test_negotiated_windows_are_those_of_each_direction() -> None:
    asked, answered = talk("no takeover", [])
    upgrade = upgrade_of(head(asked), head(answered))

    assert upgrade is not None
    assert upgrade.deflate == (Deflate(takeover=False, window_bits=9), Deflate(takeover=False, window_bits=10))


@pytest.mark.parametrize(
    ("parameter", "bits"),
    [
        ("server_max_window_bits=10", 10),
        (' Server_max_window_bits = "10" ', 10),
        ('server_max_window_bits="10', 10),
        ('server_max_window_bits=" 10"', 15),
        ("server_max_window_bits", 15),
        ('server_max_window_bits="1"0"', 15),
    ],
)
def test_window_is_read_with_blanks_and_quotation_marks_as_they_may_be(parameter: str, bits: int) -> None:
    asked, answered = talk("no takeover", [])
    offered = f"Sec-WebSocket-Extensions: permessage-deflate;{parameter}".encode()
    said = b"\r\n".join(
        offered if line.lower().startswith(b"sec-websocket-extensions") else line for line in answered.split(b"\r\n")
    )
    upgrade = upgrade_of(head(asked), head(said))

    assert upgrade is not None
    assert upgrade.deflate[1] == Deflate(takeover=True, window_bits=bits)


def test_wrong_accept_is_no_valid_upgrade() -> None:
    asked, answered = talk("none", [])
    wrong = answered.replace(b"Sec-WebSocket-Accept: ", b"Sec-WebSocket-Accept: x")
    upgrade = upgrade_of(head(asked), head(wrong))

    assert upgrade is not None
    assert not upgrade.is_valid


def test_upgrade_to_something_else_is_no_websocket() -> None:
    asked = head(b"GET / HTTP/1.1\r\nUpgrade: h2c\r\n\r\n")
    answered = head(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n")

    assert upgrade_of(asked, answered) is None


def server_frames(*frames: tuple[int, bytes]) -> bytes:
    return b"".join(bytes((first, len(payload))) + payload for first, payload in frames)


def messages(data: bytes, deflate: Deflate | None = None) -> tuple[list[WebSocketMessage], FrameScan]:
    direction = FakeHalf(data)
    scan = scan_frames(direction, 0, from_client=False, may_compress=deflate is not None)
    return list(MessageReader(direction, scan, deflate)), scan


@pytest.mark.parametrize(
    ("data", "kind", "offset"),
    [
        (server_frames((0x81, b"ab\xffc")), FaultKind.NOT_UTF8, 4),
        (server_frames((0x01, b"ab\xe4"), (0x80, b"\xbdc")), FaultKind.NOT_UTF8, 4),
        (server_frames((0x81, b"a\xe4\xbd")), FaultKind.NOT_UTF8, 3),
        (server_frames((0x88, b"\x03")), FaultKind.CLOSE_CODE, 2),
        (server_frames((0x88, b"\x03\xed")), FaultKind.CLOSE_CODE, 2),
        (server_frames((0x88, b"\x03\xe8bye\xff")), FaultKind.NOT_UTF8, 7),
    ],
)
def test_broken_contents_are_named_with_their_byte(data: bytes, kind: FaultKind, offset: int) -> None:
    _, scan = messages(data)

    assert [(fault.kind, fault.offset) for fault in scan.faults] == [(kind, offset)]


def squeezed(*texts: bytes) -> list[bytes]:
    """Messages compressed with takeover, each without its tail."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return [(packer.compress(text) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4] for text in texts]


def test_message_that_cannot_be_unpacked_costs_those_behind_it_only_with_takeover() -> None:
    one, _, three = squeezed(b"hello hello", b"hello there", b"hello again there")
    data = server_frames((0xC1, one), (0xC1, b"\xff\xff\xff"), (0xC1, three), (0x81, b"plain"))
    found, scan = messages(data, Deflate())

    assert [(m.data, m.readable) for m in found] == [
        (b"hello hello", True), (b"", False), (b"", False), (b"plain", True),
    ]  # fmt: skip
    assert [fault.kind for fault in scan.faults] == [FaultKind.NOT_INFLATED]
    alone = squeezed(b"hello alone")[0]
    found, _ = messages(server_frames((0xC1, b"\xff\xff\xff"), (0xC1, alone)), Deflate(takeover=False))
    assert [m.data for m in found] == [b"", b"hello alone"]


def test_reference_beyond_the_negotiated_window_cannot_be_unpacked() -> None:
    noise = random.Random(1).randbytes(1_500)
    packed = squeezed(noise, noise)
    short = bytes((0xC2, len(packed[1]))) + packed[1]
    data = bytes((0xC2, 126)) + len(packed[0]).to_bytes(2, "big") + packed[0] + short

    assert [m.data for m in messages(data, Deflate(window_bits=15))[0]] == [noise, noise]
    assert [m.readable for m in messages(data, Deflate(window_bits=9))[0]] == [True, False]


def test_bomb_is_unpacked_up_to_the_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket_messages, "MAX_STORED_MESSAGE", 1_000)
    monkeypatch.setattr(websocket_messages, "INFLATE_LIMIT", 3 << 20)
    packed = squeezed(bytes(2 << 20), bytes(2 << 20))
    data = b"".join(bytes((0xC2, 126)) + len(part).to_bytes(2, "big") + part for part in packed)
    found, _ = messages(data, Deflate())

    assert [(len(m.data), m.length, m.readable) for m in found] == [(1_000, 2 << 20, True), (1_000, 1 << 20, False)]


def test_missing_bytes_make_a_message_unreadable_and_the_next_one_not() -> None:
    data = server_frames((0x82, b"x" * 100), (0x81, b"fine"))
    direction = FakeHalf(data, (50, 60))
    scan = scan_frames(direction, 0, from_client=False, may_compress=False)
    found = list(MessageReader(direction, scan, None))

    assert [(m.finished, m.readable, m.length) for m in found] == [(False, False, 48), (True, True, 4)]


def test_close_without_a_code_is_1005() -> None:
    found, scan = messages(server_frames((0x88, b"")))

    assert found[0].close_code == 1005
    assert scan.faults == []


def test_cut_conversations_never_raise() -> None:
    client, server = talk("takeover", ["hello", b"binary data", "more"])
    chance = random.Random(8)
    for _ in range(400):
        cut = bytearray(server)
        begin = head(server).end
        for _ in range(chance.randint(1, 4)):
            cut[chance.randrange(begin, len(cut))] = chance.randrange(256)
        del cut[chance.randint(begin, len(cut)) :]
        conversation = read_websocket(
            upgrade_of(head(client), head(server)),  # type: ignore[arg-type]
            FakeHalf(client), FakeHalf(bytes(cut)), head(client).end, begin,
        )  # fmt: skip
        assert all(begin <= m.start <= m.stop for m in conversation.server.messages)
        assert all(0 <= fault.offset <= len(cut) + 14 for _, fault in conversation.faults)
