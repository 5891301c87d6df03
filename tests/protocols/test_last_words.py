"""What a message asks of its server, by its first bytes."""

from __future__ import annotations

import struct

import pytest
from tls_bytes import client_hello, extension, sized
from tls_bytes import record as record_of

from tcptui.protocols.last_words import LOOKED_AT, Asks, Before, asks
from tcptui.protocols.tls.last_words import ends_with_alert, is_alert, offers_early_data

SELECT = b"\x03SELECT 1"
STATEMENT = b"Q" + struct.pack(">I", 13) + b"SELECT 1\0"


def record(kind: int, size: int) -> bytes:
    """A TLS record of ``size`` bytes behind its header."""
    return struct.pack(">BHH", kind, 0x0303, size) + bytes(size)


def mysql(body: bytes, number: int = 0) -> bytes:
    """A packet of MySQL."""
    return len(body).to_bytes(3, "little") + bytes((number,)) + body


REQUESTS = {
    "short request line": b"GET / HTTP/1.0\r\n\r\n",
    "long target, cut": b"GET /" + b"a" * (LOOKED_AT - 5),
    "own method": b"PURGE /x HTTP/1.1\r\nHost: a\r\n\r\n",
    "Redis": b"*1\r\n$4\r\nPING\r\n",
    "memcached": b"get k\r\n",
    "memcached, long key": b"get " + b"k" * (LOOKED_AT - 4),
    "statement": STATEMENT,
    "Parse and Sync": b"P" + struct.pack(">I", 16) + b"\0SELECT 1\0\0\0" + b"S\0\0\0\4",
    "request for encryption": bytes.fromhex("0000000804d2162f"),
    "COM_QUERY": mysql(SELECT),
    "COM_PING": mysql(b"\x0e"),
    "DNS": b"\0\x21\x12\x34\1\0\0\1\0\0\0\0\0\0\3www\7example\3com\0\0\1\0\1",
}
NEED_NOTHING = {
    "CLIENT REPLY OFF": b"*3\r\n$6\r\nCLIENT\r\n$5\r\nREPLY\r\n$3\r\nOFF\r\n",
    "noreply": b"set k 0 0 1 noreply\r\nv\r\n",
    "cancellation": bytes.fromhex("0000001004d2162e0000000100000002"),
    "COM_STMT_CLOSE": mysql(b"\x19\1\0\0\0"),
}
FAREWELLS = {
    "QUIT of SMTP": b"QUIT\r\n",
    "tagged LOGOUT": b"a7 LOGOUT\r\n",
    "QUIT of Redis": b"*1\r\n$4\r\nQUIT\r\n",
    "Terminate": b"X\0\0\0\4",
    "COM_QUIT": mysql(b"\x01"),
    "alert in the open": bytes.fromhex("15030300020100"),
    "alert of TLS 1.2": record(21, 26),
    "alert of TLS 1.3": record(23, 19),
    "alert of TLS 1.3, short tag": record(23, 11),
    "data and alert": record(23, 300) + record(23, 19),
    "DISCONNECT": b"\xe0\0",
    "unbind": bytes.fromhex("30050201034200"),
}


@pytest.mark.parametrize("payload", REQUESTS.values(), ids=REQUESTS)
def test_request_is_told_by_its_bytes_whatever_its_size(payload: bytes) -> None:
    assert asks(payload[:LOOKED_AT]) is Asks.ANSWER


@pytest.mark.parametrize("payload", NEED_NOTHING.values(), ids=NEED_NOTHING)
def test_message_without_an_answer_is_no_request(payload: bytes) -> None:
    assert asks(payload) is Asks.NOTHING


@pytest.mark.parametrize("payload", FAREWELLS.values(), ids=FAREWELLS)
def test_farewell_is_no_request(payload: bytes) -> None:
    assert asks(payload) is Asks.LEAVE


@pytest.mark.parametrize(
    ("payload", "opening", "expected"),
    [
        (record(23, 20), False, Asks.SEALED),  # a byte more than an alert has
        (record(23, 18), False, Asks.SEALED),
        (record(23, 53), True, Asks.NOTHING),  # Finished
        (record(20, 1) + record(23, 53), False, Asks.NOTHING),
        (record(20, 1) + record(23, 53) + record(23, 200), False, Asks.SEALED),
        (record(22, 66) + record(20, 1) + record(22, 40), True, Asks.NOTHING),
    ],
)
def test_tls_is_told_by_its_records(payload: bytes, opening: bool, expected: Asks) -> None:
    assert asks(payload, Before(handshake=opening)) is expected


@pytest.mark.parametrize(
    ("payload", "early", "expected"),
    [
        (record(23, 21) + record(23, 53), True, Asks.NOTHING),  # EndOfEarlyData, Finished
        (record(23, 21) + record(23, 69), True, Asks.NOTHING),
        (record(23, 13) + record(23, 45), True, Asks.NOTHING),
        (record(23, 21), True, Asks.NOTHING),
        (record(23, 53), True, Asks.NOTHING),
        (record(23, 21) + record(23, 53), False, Asks.SEALED),
        (record(23, 21) + record(23, 53) + record(23, 200), True, Asks.SEALED),
        (record(23, 21) + record(23, 53) + record(23, 19), True, Asks.LEAVE),
        (record(23, 120), True, Asks.SEALED),
    ],
)
def test_end_of_early_data_is_no_request(payload: bytes, early: bool, expected: Asks) -> None:
    assert asks(payload, Before(early=early)) is expected


def test_hello_says_that_data_come_early() -> None:
    early, plain = extension(42, b""), extension(43, sized(b"\3\4", 1))

    assert offers_early_data(record_of(22, client_hello(plain + early, session=b"s" * 32)) + record(23, 40))
    assert not offers_early_data(record_of(22, client_hello(plain + extension(16, early))))
    assert not offers_early_data(record_of(22, client_hello())[:60])
    assert not offers_early_data(record(23, 42))


@pytest.mark.parametrize("alert", [record(23, 19), record(21, 26), record(21, 80), bytes.fromhex("15030300020100")])
def test_alert_behind_the_rest_of_a_record_is_one(alert: bytes) -> None:
    assert ends_with_alert(b"\x55" * 1_000 + alert)
    assert not ends_with_alert(b"\x55" * 1_000 + alert + b"\0")
    assert not ends_with_alert(b"\x55" * 1_000 + alert[1:])


def frame(kind: int, size: int = 4) -> bytes:
    """A frame of HTTP/2."""
    return size.to_bytes(3) + bytes((kind, 0)) + b"\0\0\0\1" + bytes(size)


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ((4, 1), Asks.ANSWER), ((8,), Asks.NOTHING), ((4,), Asks.NOTHING), ((6, 8), Asks.NOTHING),
        ((7,), Asks.LEAVE), ((0,), Asks.UNKNOWN),
    ],
)  # fmt: skip
def test_request_of_http2_begins_with_headers(kinds: tuple[int, ...], expected: Asks) -> None:
    assert asks(b"".join(map(frame, kinds)), Before(prefaced=True)) is expected


@pytest.mark.parametrize("payload", [b"hello", b"\0" * 40, b"\x17\x02\x03\0\x13" + bytes(19), b"Quite a lot\r\n"])
def test_what_nobody_knows_is_unknown(payload: bytes) -> None:
    assert asks(payload) is Asks.UNKNOWN


def test_what_was_not_captured_is_cut() -> None:
    assert asks(b"") is Asks.CUT


def test_alert_is_all_of_its_segment() -> None:
    assert is_alert(record(23, 19))
    assert not is_alert(record(23, 20))
    assert not is_alert(record(23, 19) + record(23, 19))
