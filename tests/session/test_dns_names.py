"""Names of addresses by the DNS answers in the capture, in the order of time."""

from __future__ import annotations

import struct
from functools import partial
from ipaddress import ip_address
from types import SimpleNamespace
from typing import TYPE_CHECKING

from captures import HOSTILE
from hypothesis import given, settings
from hypothesis import strategies as st
from other_frames import dns_answer, dns_name, dns_query, icmp, pcap, udp

from tcptui.access.outside_tcp import messages_in
from tcptui.model.other_protocol import DNS
from tcptui.model.safe_text import safe_text
from tcptui.protocols.dns.message import addresses, read_head
from tcptui.session.dns_names import DnsName, DnsNames
from tcptui.session.other_tables import dns_names, other_packets
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

CLIENT, RESOLVER, WEB = "10.0.0.1", "10.0.0.53", "192.0.2.10"


def answer(name: str, *addresses: str, code: int = 0) -> bytes:
    return udp(f"{RESOLVER}:53", f"{CLIENT}:40000", dns_answer(1, name, addresses, code=code))


def names(path: Path, frames: Sequence[bytes]) -> DnsNames:
    path.write_bytes(pcap(frames))
    found = dns_names(open_file(path))
    assert found.grow()
    return found


def packed(address: str) -> bytes:
    return ip_address(address).packed


def test_a_name_is_known_from_its_answer_on_and_the_last_one_counts(tmp_path: Path) -> None:
    found = names(tmp_path / "x.pcap", [
        udp(f"{CLIENT}:40000", f"{RESOLVER}:53", dns_query(1, "a.example")), answer("a.example", WEB, "192.0.2.11"),
        answer("b.example", WEB, "192.0.2.13"),
    ])  # fmt: skip

    assert [found.name_of(packed(WEB), row) for row in range(4)] == [
        None, None, DnsName("a.example", 2), DnsName("a.example", 2),
    ]  # fmt: skip
    assert [found.name_of(packed("192.0.2.13"), row) for row in range(2, 4)] == [
        None, DnsName("b.example", 3, asked=False),
    ]  # fmt: skip
    assert found.name_of(packed("192.0.2.11"), 3) == DnsName("a.example", 2)
    assert found.name_of(packed("192.0.2.12"), 3) is None


def test_only_answers_to_questions_of_that_client_number_resolver_and_name_count(tmp_path: Path) -> None:
    question = udp(f"{CLIENT}:40000", f"{RESOLVER}:53", dns_query(7, "True.example"))
    true = udp(f"{RESOLVER}:53", f"{CLIENT}:40000", dns_answer(7, "true.example", [WEB]))
    forged = [
        udp(f"{RESOLVER}:53", f"{CLIENT}:40000", dns_answer(8, "true.example", [WEB])),
        udp(f"{RESOLVER}:53", f"{CLIENT}:40001", dns_answer(7, "true.example", [WEB])),
        udp(f"{RESOLVER}:53", "10.0.0.2:40000", dns_answer(7, "true.example", [WEB])),
        udp("66.6.6.6:53", f"{CLIENT}:40000", dns_answer(7, "true.example", [WEB])),
        udp(f"{RESOLVER}:53", f"{CLIENT}:40000", dns_answer(7, "bank.example", [WEB])),
    ]
    for number, frame in enumerate(forged):
        known = names(tmp_path / f"{number}.pcap", [question, frame]).name_of(packed(WEB), 2)
        assert known is not None
        assert not known.asked
        found = names(tmp_path / f"{number}-true.pcap", [question, frame, true, frame])
        assert found.name_of(packed(WEB), 4) == DnsName("true.example", 3)
        assert found.names_of(packed(WEB)) == ["true.example"]


def test_of_two_answers_that_race_the_first_one_names(tmp_path: Path) -> None:
    question = udp(f"{CLIENT}:40000", f"{RESOLVER}:53", dns_query(7, "shop.example"))
    one, other = (
        udp(f"{RESOLVER}:53", f"{CLIENT}:40000", dns_answer(7, "shop.example", [at])) for at in (WEB, "66.6.6.6")
    )
    found = names(tmp_path / "x.pcap", [question, one, other])

    assert found.name_of(packed(WEB), 3) == DnsName("shop.example", 2)
    assert found.name_of(packed("66.6.6.6"), 3) == DnsName("shop.example", 3, asked=False, is_second=True)
    assert found.names_of(packed("66.6.6.6")) == []


def test_ipv6_has_names_too(tmp_path: Path) -> None:
    found = names(tmp_path / "x.pcap", [answer("six.example", "2001:db8::1")])

    assert found.name_of(packed("2001:db8::1"), 1) == DnsName("six.example", 1, asked=False)


def test_an_alias_is_called_by_the_name_that_was_asked(tmp_path: Path) -> None:
    alias = struct.pack("!HHHIH", 0xC00C, 5, 1, 60, 12) + dns_name("cdn.example")[:12]
    message = struct.pack("!HHHHHH", 1, 0x8180, 1, 2, 0, 0) + dns_name("www.example") + b"\0\1\0\1" + alias
    message += dns_name("cdn.example") + struct.pack("!HHIH", 1, 1, 60, 4) + packed(WEB)
    found = names(tmp_path / "x.pcap", [udp(f"{RESOLVER}:53", f"{CLIENT}:1", message)])

    assert found.name_of(packed(WEB), 1) == DnsName("www.example", 1, asked=False)


def test_what_is_no_answer_of_a_server_names_nothing(tmp_path: Path) -> None:
    wrong_way = udp(f"{CLIENT}:40000", f"{RESOLVER}:53", dns_answer(1, "a.example", [WEB]))
    quoted = icmp(RESOLVER, CLIENT, 3, 3, bytes(4) + answer("a.example", WEB)[14:])
    found = names(tmp_path / "x.pcap", [wrong_way, quoted, answer("a.example", WEB, code=3), answer("a.example")])

    assert found.name_of(packed(WEB), 9) is None


def test_an_answer_that_comes_while_others_are_read_is_read_the_next_time(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    frames = [answer("a.example", WEB), answer("b.example", "192.0.2.11")]
    path.write_bytes(pcap(frames))
    session = open_file(path)
    rows = other_packets(session).rows_of_protocol(DNS) if other_packets(session).grow() else []
    shown = SimpleNamespace(count=1, frame=session.store.frame)

    class Other:
        """Knows the packets that had come when it looked; then the next one comes."""

        known = 0

        def grow(self, _seconds: float | None) -> bool:
            self.known, shown.count = shown.count, 2
            return True

        def rows_of_protocol(self, _protocol: int) -> NDArray[np.int64]:
            return rows[: self.known]

    found = DnsNames(shown, Other(), partial(messages_in, session))

    assert found.grow()
    assert found.grow()

    assert found.name_of(packed("192.0.2.11"), 9) == DnsName("b.example", 2, asked=False)
    assert found.count == 2


def test_little_by_little_is_the_same_and_eviction_keeps_what_was_said(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap([answer(f"h{n}.example", f"10.9.{n >> 8}.{n & 255}") for n in range(500)]))
    session = open_file(path)
    steps = 1
    while not dns_names(session).grow(1e-9):
        steps += 1
    assert steps > 3
    session.store.evict(400)

    assert dns_names(session).grow()
    assert dns_names(session).name_of(packed("10.9.0.7"), 500) == DnsName("h7.example", 8, asked=False)
    assert dns_names(session).name_of(packed("10.9.1.243"), 500) == DnsName("h499.example", 500, asked=False)


def test_a_hostile_name_is_safe(tmp_path: Path) -> None:
    label = HOSTILE.decode("utf-8", "ignore").encode()[:60].decode("utf-8", "ignore").encode()
    message = struct.pack("!HHHHHH", 1, 0x8180, 1, 1, 0, 0) + bytes([len(label)]) + label + b"\0\0\1\0\1"
    message += struct.pack("!HHHIH", 0xC00C, 1, 1, 60, 4) + packed(WEB)
    known = names(tmp_path / "x.pcap", [udp(f"{RESOLVER}:53", f"{CLIENT}:40000", message)]).name_of(packed(WEB), 1)

    assert known is not None
    assert known.name == safe_text(known.name) != ""


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 255)), max_size=8), st.integers(0, 70))
def test_no_bytes_make_it_raise(changes: list[tuple[int, int]], size: int) -> None:
    message = bytearray(dns_answer(1, "a.example", [WEB, "192.0.2.11"]))
    for place, value in changes:
        message[place % len(message)] = value
    cut = bytes(message[:size])
    head = read_head(cut)

    assert all(len(address) in {4, 16} for address in ([] if head is None else addresses(cut, head)))
