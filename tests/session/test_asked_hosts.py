"""The hosts that clients asked for: which connections have a name, where it stood, and what is none."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from captures import ACK, PSH, Tape
from http2_ends import CALL, Ends, get
from hypothesis import given, settings
from hypothesis import strategies as st

from tcptui.protocols.application import asked_host
from tcptui.session.asked_hosts import AskedHost, AskedHosts
from tcptui.session.other_tables import asked_hosts
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CLIENT, SERVER = "10.0.0.1", "192.0.2.10:443"
LONG = 1e9


def hello(name: str, before: int = 0) -> bytes:
    """A ClientHello with ``before`` bytes of another extension in front of the server name."""
    host = name.encode()
    listed = b"\0" + len(host).to_bytes(2) + host
    extension = b"\0\0" + (len(listed) + 2).to_bytes(2) + len(listed).to_bytes(2) + listed
    extensions = (b"\x00\x15" + before.to_bytes(2) + bytes(before) if before else b"") + (extension if name else b"")
    body = b"\3\3" + bytes(32) + b"\0" + b"\0\2\x13\1" + b"\1\0" + len(extensions).to_bytes(2) + extensions
    message = b"\1" + len(body).to_bytes(3) + body
    return b"\x16\3\1" + len(message).to_bytes(2) + message


def request(host: str) -> bytes:
    return f"GET /a HTTP/1.1\r\nAccept: */*\r\nhOST:  {host}\r\n\r\n".encode()


def http2(*fields: tuple[str, str]) -> bytes:
    ends = Ends()
    ends.ask(1, list(fields))
    return b"".join(data for side, data in ends.turns if side == 0)


def read(path: Path, said: Sequence[bytes]) -> AskedHosts:
    """What is known of a connection for each of ``said``, which its client sends in segments of 1,400 bytes."""
    tape = Tape()
    for number, data in enumerate(said):
        client, at, seq = f"{CLIENT}:{40_000 + number}", 1_000.0 * number, 1_001
        tape.handshake(at, client, SERVER)
        for start in range(0, len(data), 1_400):
            part = data[start : start + 1_400]
            tape.tcp(at + 100 + start / 1_000, client, SERVER, PSH | ACK, seq, 9_001, part)
            seq += len(part)
        tape.tcp(at + 200, SERVER, client, PSH | ACK, 9_001, seq, request("server.example"))  # it is no client
    path.write_bytes(tape.pcap())
    with closing(open_file(path)) as session:
        found = asked_hosts(session)
        assert found.grow(LONG)
    return found


@pytest.mark.parametrize(
    ("said", "name", "source"),
    [
        (hello("Shop.Example"), "shop.example", "SNI"),
        (hello("shop.example", 1_500), "shop.example", "SNI"),
        (request("shop.example:8080"), "shop.example", "Host"),
        (request("shop.example."), "shop.example", "Host"),
        (http2(*get("/a")), "h.example", ":authority"),
        (http2(*CALL), "h.example", ":authority"),
        (request("localhost"), "localhost", "Host"),
    ],
)
def test_host_is_that_which_the_client_names(tmp_path: Path, said: bytes, name: str, source: str) -> None:
    found = read(tmp_path / "x.pcap", [said]).of(0)

    assert found is not None
    assert (found.name, found.source) == (name, source)
    assert found.frame == 4 + (len(said) > 1_400)


@pytest.mark.parametrize(
    "said",
    [
        hello(""), hello("192.0.2.10"), hello("shop example"), hello("[/x]"), request("192.0.2.10:80"),
        request("[2001:db8::1]:80"), request("shop.example\x1b[2J"), request("a..b"), b"\0\1\2\3",
        b"EHLO shop.example\r\n",
        b"GET /a HTTP/1.1\r\nAccept: */*\r\n\r\n",
    ],
)  # fmt: skip
def test_what_is_no_name_names_nothing(tmp_path: Path, said: bytes) -> None:
    found = read(tmp_path / "x.pcap", [said])

    assert found.of(0) is None
    assert found.count == 0


def test_each_connection_has_its_own_and_is_found_by_a_part_of_it(tmp_path: Path) -> None:
    found = read(tmp_path / "x.pcap", [request("shop.example"), hello("pay.example"), b"\0\1", request("shop.test")])

    assert [host and host.name for host in map(found.of, range(4))] == [
        "shop.example", "pay.example", None, "shop.test",
    ]  # fmt: skip
    assert found.with_text("shop") == {0, 3}
    assert found.of(1) == AskedHost("pay.example", "SNI", 9)


def test_little_by_little_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    whole = read(path, [request(f"h{number}.example") for number in range(50)])
    with closing(open_file(path)) as session:
        found, steps = asked_hosts(session), 1
        while not found.grow(1e-9):
            steps += 1

    assert steps > 10
    assert [found.of(number) for number in range(50)] == [whole.of(number) for number in range(50)]


@given(
    st.sampled_from([hello("shop.example"), http2(*get("/a")), request("shop.example")]),
    st.integers(0, 400), st.binary(max_size=12),
)  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_nothing_escapes_from_hostile_bytes(said: bytes, at: int, junk: bytes) -> None:
    asked_host(said[:at] + junk + said[at + len(junk) :])
