"""What a report says of packets that are not TCP."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from captures import START_NS, mixed
from other_frames import arp, dns_query, ip, pcap, udp

from tcptui.cli.commands import Detail
from tcptui.cli.report.as_json import json_report
from tcptui.cli.report.blocks import Bullets, Paragraph
from tcptui.cli.report.compose import compose_connection, compose_report
from tcptui.cli.report.summary import Summary
from tcptui.session.session import open_file
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from pathlib import Path

ASKED = udp("10.0.0.1:40000", "10.0.0.53:53", dns_query(1, "a.example"))
CUT = ip("10.0.0.1", "10.0.0.2", 6, bytes(8))


@pytest.fixture
def summary(tmp_path: Path) -> Summary:
    """Four connections, and among them three packets of DNS and a TCP header that was cut."""
    tape = mixed()
    tape.records[4:4] = [(START_NS + 41_000_000, raw) for raw in (ASKED[14:], ASKED[14:], CUT, ASKED[14:])]
    path = tmp_path / "among.pcap"
    path.write_bytes(tape.pcap())
    return Summary(open_file(path))


def test_json_lists_them_by_protocol_and_counts_cut_tcp_as_tcp(summary: Summary) -> None:
    report = json.loads(b"".join(json_report(summary, None, lambda *_: "")))
    capture = report["capture"]

    assert capture["other_protocols"] == [{"protocol": "DNS", "packets": 3, "bytes": 3 * (len(ASKED) - 14)}]
    assert capture["packets"] == capture["tcp_packets"] + 3


@pytest.mark.parametrize(("language", "label"), [(Language.EN, "Not TCP:"), (Language.ZH, "非 TCP：")])
def test_text_has_a_line_about_them(summary: Summary, language: Language, label: str) -> None:
    blocks = list(compose_report(summary, Words(language), None, Detail.BRIEF))
    (told,) = [block for block in blocks if isinstance(block, Paragraph) and block.label == label]

    assert told.text == ("UDP 3 (DNS 3)" if language is Language.EN else "UDP 3（DNS 3）")


def test_so_has_the_report_on_one_connection(summary: Summary) -> None:
    blocks = list(compose_connection(summary, 0, Words(Language.EN), None))
    (bullets,) = [block for block in blocks if isinstance(block, Bullets)][:1]

    assert "not TCP: UDP 3 (DNS 3)" in bullets.items


def test_nothing_is_said_where_all_is_tcp(tmp_path: Path) -> None:
    path = tmp_path / "tcp.pcap"
    path.write_bytes(mixed().pcap())
    summary = Summary(open_file(path))

    assert summary.capture.other_protocols == ()
    blocks = compose_report(summary, Words(Language.EN), None, Detail.BRIEF)
    assert all(block.label != "Not TCP:" for block in blocks if isinstance(block, Paragraph))


def test_a_capture_without_tcp_is_counted_too(tmp_path: Path) -> None:
    path = tmp_path / "udp.pcap"
    path.write_bytes(pcap([ASKED, ASKED, arp(1, "10.0.0.1", "10.0.0.2")]))
    blocks = compose_report(Summary(open_file(path)), Words(Language.EN), None, Detail.BRIEF)

    assert [block.text for block in blocks if isinstance(block, Paragraph) and block.label == "Not TCP:"] == [
        "UDP 2 (DNS 2), ARP 1"
    ]
