"""Decrypted directions: lost records, records over segments, changes of keys, what stands in the way."""

from __future__ import annotations

from random import Random

import pytest
from half_places import each_place_is_as_many
from http_halves import Dialogue
from hypothesis import given
from hypothesis import strategies as st
from sealed_records import ANSWER, HELLO, SECRETS, Sealer, log_of
from tls_bytes import CHANGE, TLS_1_3_CHOSEN, handshake, record, server_hello

from tcptui.protocols.application import ApplicationStream, requests_of
from tcptui.protocols.keylog import KeyLog
from tcptui.protocols.stream.reassembly import ByteStream, Gap, GapReason, Piece
from tcptui.protocols.tls import decryption, plans
from tcptui.protocols.tls.codes import HELLO_RETRY
from tcptui.protocols.tls.parse import parse_tls
from tcptui.protocols.tls.plans import Obstacle
from tcptui.protocols.tls.tls_stream import TlsStream

REQUEST = b"GET /a HTTP/1.1\r\nHost: a.example\r\n\r\n"
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n"


def opening() -> Dialogue:
    """The handshake: three packets."""
    server, client = Sealer(b"s" * 32), Sealer(b"c" * 32)
    flight = handshake(8, bytes(2)) + handshake(11, bytes(500)) + handshake(20, bytes(32))
    dialogue = Dialogue().client(HELLO).server(ANSWER + server.seal(flight[:100], 22) + server.seal(flight[100:], 22))
    return dialogue.client(record(20, b"\1") + client.seal(handshake(20, bytes(32)), 22))


def parsed(dialogue: Dialogue, log: KeyLog | None = None, *, live: bool = False) -> TlsStream:
    directions = dialogue.directions(live=live)
    for direction in directions:
        direction.keys = log_of(SECRETS) if log is None else log
    stream = parse_tls(*directions, 1_000)
    assert stream is not None
    return stream


def plain(stream: TlsStream, side: int) -> ByteStream:
    assert stream.plain is not None
    return stream.plain[side]


def told(direction: ByteStream) -> list[bytes | GapReason]:
    """The bytes between gaps, and the gaps' reasons."""
    said: list[bytes | GapReason] = []
    for piece in direction.pieces():
        if isinstance(piece, Gap):
            said.append(piece.reason)
        elif said and isinstance(said[-1], bytes):
            said[-1] += piece.data
        else:
            said.append(piece.data)
    return said


def test_bytes_are_those_sent_and_their_packets_are_known() -> None:
    client, server = Sealer(b"C" * 32), Sealer(b"S" * 32)
    body = bytes(range(200)) * 10
    sealed = server.seal(RESPONSE) + server.seal(body, padding=30)
    dialogue = opening().client(client.seal(REQUEST)).server(sealed[:300], sealed[300:1_000], sealed[1_000:])
    stream = parsed(dialogue)

    assert plain(stream, 0).read(0, 99) == REQUEST
    assert plain(stream, 1).read(0, 9_999) == RESPONSE + body
    direction, start = plain(stream, 1), len(RESPONSE)
    assert direction.frames_of(0, start) == (5,)
    assert direction.frames_of(start, start + 2_000) == (5, 6, 7)
    assert direction.delivered_frame(start) == 7, "no receiver reads a part of a record"
    assert direction.delivered_frame(start - 1) == 5
    assert direction.frames_of(start + 10, start + 11) == (5,)


def test_last_byte_belongs_to_the_packet_that_completes_the_record() -> None:
    sealed = Sealer(b"C" * 32).seal(REQUEST)
    stream = parsed(opening().client(sealed[:-5], sealed[-5:]))

    assert plain(stream, 0).frames_of(len(REQUEST) - 1, len(REQUEST)) == (5,)
    assert plain(stream, 0).frames_of(0, len(REQUEST) - 1) == (4,)


def test_same_readers_read_what_is_inside() -> None:
    client, server = Sealer(b"C" * 32), Sealer(b"S" * 32)
    dialogue = opening().client(client.seal(REQUEST)).server(server.seal(RESPONSE), server.seal(b"x" * 2_000))
    directions = dialogue.directions()
    for direction in directions:
        direction.keys = log_of(SECRETS)
    application = ApplicationStream(*directions)

    (one,) = application.requests()
    assert (one.operation, one.status, one.complete) == ("GET /a", "200", True)
    assert one.request is not None
    assert one.response is not None
    assert (one.request.first_frame, one.response.first_frame, one.response.last_frame) == (4, 5, 6)
    (again,) = requests_of(*directions) or ()
    assert again.operation == one.operation
    parts = list(application.parts())
    names = [part.label.name for part in parts]
    assert "tls-data" not in names
    assert names[:2] == ["tls-handshake-done", "tls-handshake-agreed"]
    assert str(parts[1].label.facts["agreed"]).startswith("TLS 1.3, TLS_")
    assert parts[1].label.facts["bytes"] == f"{parts[1].stop - parts[1].start:,}"
    assert not any(data for part in parts[:2] for _, data in part.blocks())  # what was sealed is read instead
    assert names[-3:] == ["request", "response", "body"]


def test_change_of_keys_is_followed() -> None:
    client, server = Sealer(b"C" * 32), Sealer(b"S" * 32)
    dialogue = opening().client(client.seal(b"one"), client.change(), client.seal(b"two"))
    dialogue.server(server.change() + server.seal(b"three"), server.change(), server.seal(b"four"))
    stream = parsed(dialogue)

    assert (told(plain(stream, 0)), told(plain(stream, 1))) == ([b"onetwo"], [b"threefour"])


def test_cut_record_is_a_gap_of_its_own_length() -> None:
    server = Sealer(b"S" * 32)
    first, second, third = server.seal(b"a" * 50), server.seal(b"b" * 500), server.seal(b"c" * 50)
    dialogue = opening().server(first + second[:100]).lost(1, 300).server(second[400:] + third)
    direction = plain(parsed(dialogue), 1)

    assert told(direction) == [b"a" * 50, GapReason.SEALED, b"c" * 50]
    assert direction.length == 50 + 500 + 50


@pytest.mark.parametrize("count", [1, 2, 40])
def test_sequence_numbers_are_found_again_behind_lost_records(count: int) -> None:
    server = Sealer(b"S" * 32)
    before = server.seal(b"a" * 50)
    lost = b"".join(server.seal(b"b" * 500) for _ in range(count))
    dialogue = opening().server(before).lost(1, len(lost)).server(server.seal(b"c" * 50), server.seal(b"d"))
    stream = parsed(dialogue)

    assert told(plain(stream, 1)) == [b"a" * 50, GapReason.SEALED, b"c" * 50 + b"d"]
    assert stream.decryption is not None
    assert stream.decryption.obstacles == (None, None)


def test_lost_change_of_keys_stops_that_direction_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decryption, "_VAIN", 50)
    client, server = Sealer(b"C" * 32), Sealer(b"S" * 32)
    dialogue = opening().client(client.seal(REQUEST)).server(server.seal(b"a")).lost(1, len(server.change()))
    for _ in range(60):
        dialogue.server(server.seal(b"b" * 20))
    stream = parsed(dialogue)

    assert told(plain(stream, 0)) == [REQUEST]
    assert told(plain(stream, 1)) == [b"a", GapReason.SEALED]
    assert stream.decryption is not None
    assert stream.decryption.obstacles == (None, Obstacle.LOST)
    assert [part.label.name for part in stream.parts()][-1] == "tls-sealed-lost"


@pytest.mark.parametrize(
    ("secrets", "random", "obstacle"),
    [
        (SECRETS, b"1" * 32, Obstacle.NO_KEY),
        ({"CLIENT_RANDOM": b"m" * 48}, bytes(32), Obstacle.NO_KEY),
        (dict.fromkeys(SECRETS, b"wrong---" * 4), bytes(32), Obstacle.WRONG_KEY),
    ],
)
def test_keys_that_do_not_fit_are_told(secrets: dict[str, bytes], random: bytes, obstacle: Obstacle) -> None:
    stream = parsed(opening().client(Sealer(b"C" * 32).seal(REQUEST)), log_of(secrets, random))

    assert stream.plain is None
    assert stream.decryption is not None
    assert stream.decryption.obstacles[0] is obstacle
    assert [part.label.name for part in stream.parts()][-1] == f"tls-sealed-{obstacle.value}"


def test_traffic_secrets_alone_are_enough_for_the_data() -> None:
    secrets = {label: secret for label, secret in SECRETS.items() if "HANDSHAKE" not in label}
    stream = parsed(opening().client(Sealer(b"C" * 32).seal(REQUEST)), log_of(secrets))

    assert told(plain(stream, 0)) == [REQUEST]


@pytest.mark.parametrize("side", [0, 1])
def test_secrets_of_one_side_alone_open_that_direction(side: int) -> None:
    """A key log of which lines were cut: the other direction says that it has no key, and nothing fails."""
    secrets = {label: secret for label, secret in SECRETS.items() if label.startswith(("CLIENT", "SERVER")[side])}
    sealed = Sealer(b"C" * 32).seal(REQUEST), Sealer(b"S" * 32).seal(RESPONSE)
    stream = parsed(opening().client(sealed[0]).server(sealed[1]), log_of(secrets))

    assert told(plain(stream, side)) == [(REQUEST, RESPONSE)[side]]
    assert stream.decryption is not None
    assert stream.decryption.obstacles[side] is None
    assert stream.decryption.obstacles[1 - side] is Obstacle.NO_KEY
    assert any(part.label.name == "tls-sealed-no-key" and part.side == 1 - side for part in stream.parts())


def test_connection_without_its_hello_is_refused() -> None:
    client = Sealer(b"C" * 32)
    dialogue = Dialogue(from_start=False).client(client.seal(REQUEST), client.seal(REQUEST))
    stream = parsed(dialogue)

    assert stream.decryption is not None
    assert stream.decryption.obstacles == (Obstacle.NO_HELLO, Obstacle.NO_HELLO)


def test_missing_library_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "has_library", lambda: False)
    stream = parsed(opening().client(Sealer(b"C" * 32).seal(REQUEST)))

    assert stream.decryption is not None
    assert stream.decryption.obstacles == (Obstacle.NO_LIBRARY, Obstacle.NO_LIBRARY)


def test_no_secrets_at_all_change_nothing() -> None:
    stream = parsed(opening(), KeyLog())

    assert (stream.decryption, stream.plain) == (None, None)


def test_record_that_is_not_here_yet_is_no_gap() -> None:
    server = Sealer(b"S" * 32)
    direction = plain(parsed(opening().server(server.seal(b"here"), server.seal(b"b" * 99)[:40]), live=True), 1)

    assert told(direction) == [b"here"]


@given(st.data())
def test_changed_bytes_raise_nothing_and_stay_within_bounds(data: st.DataObject) -> None:
    client, server = Sealer(b"C" * 32), Sealer(b"S" * 32)
    whole = opening().client(client.seal(REQUEST), client.change(), client.seal(b"x" * 300))
    whole.server(server.seal(RESPONSE), server.seal(b"y" * 2_000), server.change(), server.seal(b"z"))
    mutant = Dialogue()
    for side, offset, payload, _ in whole.packets:
        if data.draw(st.booleans()) and data.draw(st.booleans()):
            at = data.draw(st.integers(0, len(payload) - 1))
            what = data.draw(st.binary(max_size=8))
            payload = payload[:at] + what + payload[at + len(what) :]
        if not data.draw(st.integers(0, 6)):
            continue
        mutant.at(side, offset, payload)
    directions = mutant.directions()
    for direction in directions:
        direction.keys = log_of(SECRETS)
    application = ApplicationStream(*directions)
    list(application.requests())
    for part in application.parts():
        list(part.blocks())
    if isinstance(application.parsed, TlsStream) and application.parsed.plain is not None:
        for direction, sealed in zip(application.parsed.plain, directions, strict=True):
            pieces = list(direction.pieces())
            assert (
                sum(len(piece.data) if isinstance(piece, Piece) else piece.length for piece in pieces)
                == direction.length
            )
            assert direction.length <= sealed.length
            each_place_is_as_many(direction)


@pytest.mark.parametrize("seed", range(40))
def test_records_that_are_opened_in_a_row_are_the_same_one_by_one(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Padding, empty records, alerts, tickets, changes of keys, bytes that were lost or changed between them."""
    chance, server = Random(seed), Sealer(b"S" * 32)
    dialogue = opening()
    for _ in range(60):
        size = chance.choice((0, 1, 20, 100, 100, 3_000))
        match chance.randrange(14):
            case 0:
                sealed = server.seal(bytes(size), padding=chance.choice((1, 200)))
            case 1:
                sealed = server.change()
            case 2:
                sealed = server.seal(b"\x01\x00", 21)
            case 3:
                sealed = server.seal(handshake(4, bytes(size)), 22)
            case 4:
                sealed = server.seal(b"x" * 50)
                sealed = sealed[:20] + bytes((sealed[20] ^ 1,)) + sealed[21:]
            case 5:
                server.number += 1
                sealed = b""
            case _:
                sealed = server.seal(b"y" * size)
        if chance.random() < 0.03:
            dialogue.lost(1, len(sealed))
        else:
            dialogue.server(sealed)
    together = parsed(dialogue).decryption
    monkeypatch.setattr(decryption._Opening, "_run_on", lambda _: None)
    alone = parsed(dialogue).decryption

    assert together is not None
    assert alone is not None
    assert together.obstacles == alone.obstacles
    for one, two in zip(together.sides, alone.sides, strict=True):
        for column in ("start", "stop", "body", "length", "number", "keys", "messages", "others", "kept", "lost"):
            assert getattr(one, column) == getattr(two, column), column
    assert together.sides[1].start


EARLY = SECRETS | {"CLIENT_EARLY_TRAFFIC_SECRET": b"e" * 32}
RETRY = record(22, server_hello(TLS_1_3_CHOSEN, 0x1301, random=HELLO_RETRY))
FINISHED = handshake(20, bytes(32))


def early(*, ends: bool = False, lost: bool = False, retried: bool = False) -> Dialogue:
    """A client asks before the server answers its hello, then ``/a`` and ``/b``, which are answered.

    ``ends``: the server took what came early, which the client confirms; ``lost``: bytes behind it are missing;
    ``retried``: the server asked for another hello.
    """
    soon, hand, speaks = Sealer(b"e" * 32), Sealer(b"c" * 32), Sealer(b"C" * 32)
    server, answers = Sealer(b"s" * 32), Sealer(b"S" * 32)
    dialogue = Dialogue().client(HELLO + CHANGE + soon.seal(REQUEST.replace(b"/a", b"/early")))
    if retried:
        dialogue = dialogue.server(RETRY + CHANGE).client(HELLO)
    dialogue = dialogue.server(ANSWER + server.seal(handshake(8, bytes(2)) + FINISHED, 22))
    if lost:
        dialogue = dialogue.lost(0, 26)
    dialogue = dialogue.client((soon.seal(handshake(5, b""), 22) if ends else b"") + hand.seal(FINISHED, 22))
    for path in (b"/a", b"/b"):
        dialogue = dialogue.client(speaks.seal(REQUEST.replace(b"/a", path)))
        dialogue = dialogue.server(answers.seal(RESPONSE + bytes(2_000)))
    return dialogue


@pytest.mark.parametrize("retried", [False, True])
def test_refused_early_data_are_no_request_and_shift_no_answer(retried: bool) -> None:
    directions = early(retried=retried).directions()
    for direction in directions:
        direction.keys = log_of(EARLY)

    asked = list(requests_of(*directions) or ())
    assert [(one.operation, one.status) for one in asked] == [("GET /a", "200"), ("GET /b", "200")]


@pytest.mark.parametrize(("ends", "lost"), [(True, False), (False, True)])
def test_early_data_count_where_the_server_took_them_or_nobody_knows(ends: bool, lost: bool) -> None:
    said = told(plain(parsed(early(ends=ends, lost=lost), log_of(EARLY)), 0))[0]

    assert isinstance(said, bytes)
    assert said.startswith(b"GET /early ")


def test_refused_early_data_are_not_among_the_plain_bytes() -> None:
    stream = parsed(early(), log_of(EARLY))

    assert told(plain(stream, 0)) == [REQUEST + REQUEST.replace(b"/a", b"/b")]
