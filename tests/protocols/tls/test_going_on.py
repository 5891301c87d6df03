"""A direction that has grown is decrypted from where it was, and one that is asked for twice is decrypted once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from http_halves import Dialogue
from hypothesis import given
from hypothesis import strategies as st
from sealed_records import ANSWER, HELLO, SECRETS, Sealer, log_of
from tls_bytes import CHANGE, handshake

from tcptui.protocols.application import ApplicationStream, requests_of
from tcptui.protocols.stream.reassembly import ByteStream
from tcptui.protocols.tls import protection
from tcptui.protocols.tls.tls_stream import TlsStream

if TYPE_CHECKING:
    import pytest

    from tcptui.protocols.keylog import KeyLog

Directions = tuple[ByteStream, ByteStream]


def packets(sizes: list[int], updates: set[int] = frozenset()) -> list[tuple[int, bytes]]:
    """A connection in which the server sends records of these sizes, and changes its keys before some of them."""
    first, client = (
        Sealer(SECRETS["SERVER_HANDSHAKE_TRAFFIC_SECRET"]),
        Sealer(SECRETS["CLIENT_HANDSHAKE_TRAFFIC_SECRET"]),
    )
    asked, server = Sealer(SECRETS["CLIENT_TRAFFIC_SECRET_0"]), Sealer(SECRETS["SERVER_TRAFFIC_SECRET_0"])
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {sum(sizes)}\r\n\r\n".encode()
    sealed = server.seal(head)
    for number, size in enumerate(sizes):
        sealed += server.change() if number in updates else b""
        sealed += server.seal(bytes([number % 251]) * size)
    parts = [sealed[at : at + 700] for at in range(0, len(sealed), 700)]
    return [
        (0, HELLO), (1, ANSWER + CHANGE + first.seal(handshake(8, bytes(2)) + handshake(20, bytes(32)), 22)),
        (0, CHANGE + client.seal(handshake(20, bytes(32)), 22)), (0, asked.seal(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n")),
        *((1, part) for part in parts),
    ]  # fmt: skip


def directions_of(
    said: list[tuple[int, bytes]], missing: set[int] = frozenset(), log: KeyLog | None = None
) -> Directions:
    """The connection's directions; of the packets in ``missing`` the bytes were not captured."""
    dialogue = Dialogue()
    for number, (side, payload) in enumerate(said):
        if number in missing:
            dialogue.lost(side, len(payload))
        else:
            (dialogue.server if side else dialogue.client)(payload)
    one, two = dialogue.directions(live=True)
    one.keys = two.keys = log_of(SECRETS) if log is None else log
    return one, two


def opened(directions: Directions) -> tuple[object, ...]:
    parsed = ApplicationStream(*directions).parsed
    if not isinstance(parsed, TlsStream) or parsed.plain is None or parsed.decryption is None:
        return ()
    plain = parsed.plain[1]
    return (
        plain.read(0, 1 << 20), [(one.start, one.stop) for one in plain.gaps], list(parsed.decryption.sides[1].number),
        parsed.decryption.obstacles, [one.data for one in parsed.conversation.messages[1].each],
    )  # fmt: skip


@given(st.data())
def test_what_is_found_is_what_a_fresh_start_finds(data: st.DataObject) -> None:
    """Also where bytes that were missing have come meanwhile, and where some never come."""
    sizes = data.draw(st.lists(st.integers(1, 1_500), min_size=1, max_size=8))
    said = packets(sizes, data.draw(st.sets(st.integers(0, len(sizes) - 1), max_size=2)))
    never = data.draw(st.sets(st.integers(4, len(said) - 1), max_size=1))
    before: Directions | None = None
    for count in sorted(data.draw(st.sets(st.integers(1, len(said)), min_size=1, max_size=4)) | {len(said)}):
        late = data.draw(st.sets(st.integers(0, count - 1), max_size=2)) if count < len(said) else set()
        directions, fresh = directions_of(said[:count], never | late), directions_of(said[:count], never | late)
        for direction, old in zip(directions, before or (), strict=False):
            direction.go_on(old)

        assert opened(directions) == opened(fresh)
        before = directions


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sequence numbers of the records that are opened from now on."""
    numbers: list[int] = []
    plain_open = protection._NumberedNonce.open

    def count(self: protection._NumberedNonce, number: int, *rest: bytes) -> bytes | None:
        numbers.append(number)
        return plain_open(self, number, *rest)

    monkeypatch.setattr(protection._NumberedNonce, "open", count)
    return numbers


def test_direction_that_has_grown_is_opened_from_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    said = packets([1_000] * 60)
    first, whole = directions_of(said[:70]), directions_of(said)
    assert TlsStream(first, (0, 0), 5_000).plain is not None
    for direction, old in zip(whole, first, strict=True):
        direction.go_on(old)
    numbers = counted(monkeypatch)

    assert TlsStream(whole, (0, 0), 5_000).plain is not None
    assert 0 < len(numbers) < 20


def test_other_keys_begin_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    said = packets([1_000] * 60)
    partly = log_of({name: secret for name, secret in SECRETS.items() if not name.startswith("CLIENT_TRAFFIC")})
    first, whole = directions_of(said[:70], log=partly), directions_of(said)
    assert TlsStream(first, (0, 0), 5_000).plain is not None
    for direction, old in zip(whole, first, strict=True):
        direction.go_on(old)
    numbers = counted(monkeypatch)

    assert opened(whole) == opened(directions_of(said))
    assert len(numbers) > 60


def test_requests_and_messages_of_one_connection_decrypt_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    directions = directions_of(packets([1_000] * 400))
    parsed = ApplicationStream(*directions).parsed
    assert isinstance(parsed, TlsStream)
    assert parsed.plain is not None
    numbers = counted(monkeypatch)

    assert [one.operation for one in requests_of(*directions) or ()] == ["GET /a"]
    assert len(numbers) < 100  # what is read around the heads, not the body
