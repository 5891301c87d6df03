"""Questions and answers without a connection: paired as tshark pairs them, also while packets come and leave."""

from __future__ import annotations

import random
import struct
import subprocess
from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest
from captures import START_NS, Tape
from growth import Growth
from other_frames import dns_answer, dns_query

from tcptui.cli.run.packets import line_of
from tcptui.dfilter.compile import compile_filter
from tcptui.model.fields import FIELDS
from tcptui.session.filtering import datagram_pairs
from tcptui.session.filtering.datagram_pairs import PAIRED
from tcptui.session.filtering.live import LiveFilter
from tcptui.session.filtering.printed import FieldPrinter
from tcptui.session.filtering.run import FilterRun
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CLIENT, OTHER, SERVER = "10.0.0.1", "10.0.0.2", "10.0.0.9"
CLIENT6, SERVER6 = "2001:db8::1", "2001:db8::9"
FIELDS_ASKED: Final = sorted(PAIRED)
_ICMP, _UDP, _ICMPV6 = 1, 17, 58
_ERROR: Final = 3


def checksum(data: bytes) -> int:
    """RFC 1071."""
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Datagrams(Tape):
    """Echoes and DNS over UDP."""

    def echo(self, ms: float, source: str, target: str, kind: int, number: int, data: bytes = b"abcd") -> None:
        """An ICMP echo or its reply, of the IP version of its addresses; ``data`` of an even length."""
        six = ip_address(source).version == 6
        body = struct.pack("!BBHHH", kind, 0, 0, 77, number) + data
        ends = ip_address(source).packed + ip_address(target).packed
        pseudo = ends + struct.pack("!II", len(body), _ICMPV6) if six else b""
        body = body[:2] + checksum(pseudo + body).to_bytes(2) + body[4:]
        if six:
            header = struct.pack("!IHBB", 6 << 28, len(body), _ICMPV6, 64) + ends
            self.records.append((START_NS + round(ms * 1_000_000), header + body))
        else:
            self.ip(ms, source, target, _ICMP, body)

    def dns(self, ms: float, source: str, target: str, message: bytes, port: int = 40001) -> None:
        """A message from or to port 53 of `SERVER`."""
        ports = (53, port) if source == SERVER else (port, 53)
        self.ip(ms, source, target, _UDP, struct.pack("!HHHH", *ports, 8 + len(message), 0) + message)

    def quote(self, ms: float, sender: str, target: str, quoted: bytes) -> None:
        """A router that reports the datagram ``quoted`` as undeliverable."""
        body = struct.pack("!BBHI", _ERROR, 1, 0, 0) + quoted
        self.ip(ms, sender, target, _ICMP, body[:2] + checksum(body).to_bytes(2) + body[4:])


def echoes() -> Datagrams:
    """Requests in both versions: answered, twice, late, by a stranger, with other data, and quoted by an error."""
    tape = Datagrams()
    for number, (client, server, ask, answer) in enumerate(((CLIENT, SERVER, 8, 0), (CLIENT6, SERVER6, 128, 129))):
        at = 100 * number
        tape.echo(at, client, server, ask, 1)
        tape.echo(at + 1, server, client, answer, 1)
        tape.echo(at + 2, server, client, answer, 1)  # again: it answers nothing
        tape.echo(at + 3, client, server, ask, 2)
        tape.echo(at + 4, client, server, ask, 3, b"\xff\xf7" * 3)
        tape.echo(at + 5, server, client, answer, 3, b"\xff\xf7" * 3)
        tape.echo(at + 6, server, client, answer, 2)
        tape.echo(at + 7, client, server, ask, 4)
        tape.echo(at + 8, server, client, answer, 4, b"else")  # not what was sent
        tape.echo(at + 9, client, server, ask, 5)
        tape.echo(at + 10, client, server, ask, 5)  # sent again
        tape.echo(at + 11, server, client, answer, 5)
    tape.echo(300, CLIENT, SERVER, 8, 6)
    tape.echo(301, OTHER, CLIENT, 0, 6)
    tape.quote(302, OTHER, CLIENT, tape.records[-2][1])
    tape.echo(303, SERVER, CLIENT, 0, 6)
    return tape


def names() -> Datagrams:
    """Questions answered, asked again soon and late, answered twice, and from two ports with one number."""
    tape = Datagrams()
    ask, answer = dns_query(7, "a.example"), dns_answer(7, "a.example", ["192.0.2.1"])
    tape.dns(0, CLIENT, SERVER, ask)
    tape.dns(1_000, CLIENT, SERVER, ask)  # a retransmission
    tape.dns(1_010, SERVER, CLIENT, answer)
    tape.dns(1_020, SERVER, CLIENT, answer)
    tape.dns(2_000, CLIENT, SERVER, ask)  # the number is free again
    tape.dns(2_000.5, CLIENT, SERVER, ask, port=40002)
    tape.dns(2_030, SERVER, CLIENT, answer, port=40002)
    tape.dns(2_040, SERVER, CLIENT, answer)
    tape.dns(3_000, CLIENT, SERVER, dns_query(8, "b.example"))
    tape.dns(9_000, CLIENT, SERVER, dns_query(8, "b.example"))  # too late for the same one
    tape.dns(9_005, SERVER, CLIENT, dns_answer(8, "b.example", [], code=3))
    tape.quote(9_006, OTHER, CLIENT, tape.records[8][1])
    return tape


def drawn(seed: int) -> Datagrams:
    """Eighty messages of few numbers in any order."""
    chance, tape = random.Random(seed), Datagrams()
    for step in range(80):
        ms, number, back = step * chance.choice((1, 1, 90)), chance.randrange(3), chance.random() < 0.5
        ends = (SERVER, CLIENT) if back else (CLIENT, SERVER)
        if chance.random() < 0.5:
            tape.echo(ms, *ends, 0 if back else 8, number)
        else:
            message = dns_answer(number, "a.example", []) if back else dns_query(number, "a.example")
            tape.dns(ms, *ends, message, port=40001 + chance.randrange(2))
    tape.records.sort(key=lambda record: record[0])
    return tape


def opened(tape: Tape, folder: Path) -> Session:
    path = folder / "datagrams.pcap"
    path.write_bytes(tape.pcap())
    return open_file(path)


def matching(session: Session, text: str) -> list[int]:
    """Frames that pass the filter ``text``."""
    return (np.flatnonzero(FilterRun(session, compile_filter(text)).matching(0, session.store.count)) + 1).tolist()


def test_echoes_are_paired(tmp_path: Path) -> None:
    session = opened(echoes(), tmp_path)

    assert matching(session, "icmp.resp_in") == [1, 4, 5, 11, 25]
    assert matching(session, "icmp.resp_to") == [2, 6, 7, 12, 28]
    assert matching(session, "icmpv6.resp_in") == [13, 16, 17, 23]
    assert matching(session, "icmp.resp_to == 4") == [7]
    assert matching(session, "icmp.resptime > 2.5") == [7, 28]


def test_questions_of_dns_are_paired(tmp_path: Path) -> None:
    session = opened(names(), tmp_path)

    assert matching(session, "dns.response_in") == [1, 5, 6, 10]
    assert matching(session, "dns.time > 1") == [3]
    assert matching(session, "not dns.response_in and dns.flags.response == 0") == [2, 9, 12]


@pytest.mark.tshark
@pytest.mark.parametrize("tape", [echoes, names, *(partial(drawn, seed) for seed in range(6))])
def test_pairs_are_those_of_tshark(tape: Callable[[], Datagrams], tmp_path: Path) -> None:
    session = opened(tape(), tmp_path)
    command = ["tshark", "-2", "-n", "-r", str(session.capture_file), "-T", "fields"]
    for field in FIELDS_ASKED:
        command += ["-e", field]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    rows = np.arange(session.store.count, dtype=np.int32)
    columns = FieldPrinter(session, tuple(FIELDS[name] for name in FIELDS_ASKED)).texts(rows)

    assert [line_of(row) for row in zip(*columns, strict=True)] == printed


@pytest.mark.parametrize(("tape", "text"), [(echoes, "icmp.resp_in"), (names, "dns.response_in")])
def test_question_hears_of_its_answer_while_the_capture_grows(tape: Callable[[], Datagrams], text: str) -> None:
    growth = Growth(tape())
    growth.to(1)
    live = LiveFilter(growth.session, compile_filter(text))
    for packets in range(1, growth.packets + 1):
        growth.to(packets)
        live.update()

        assert (np.flatnonzero(live.mask) + 1).tolist() == matching(growth.session, text)


def test_a_flood_of_questions_forgets_the_oldest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datagram_pairs, "MOST_OPEN", 2)
    tape = Datagrams()
    for number in range(4):
        tape.echo(number, CLIENT, SERVER, 8, number)
    for number in range(4):
        tape.echo(10 + number, SERVER, CLIENT, 0, number)

    assert matching(opened(tape, tmp_path), "icmp.resp_to") == [7, 8]


def test_answer_to_an_evicted_question_keeps_its_frame(tmp_path: Path) -> None:
    session = opened(echoes(), tmp_path)
    assert matching(session, "icmp.resp_to") == [2, 6, 7, 12, 28]
    session.datagram_pairs.drop(27)

    assert session.datagram_pairs.of(0) == []
    assert session.datagram_pairs.of(27) == [(None, 25, 3_000_000)]
    assert session.datagram_pairs.answered_since(0).tolist() == [24]
