"""Every line of the tree names a field of the registry or none, and the field that Wireshark has for that line."""

from __future__ import annotations

import os
import subprocess
from collections import defaultdict
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from tcptui.model.field import Owner
from tcptui.model.fields import FIELDS
from tcptui.protocols.headers.cursor import TreeOptions
from tcptui.protocols.headers.tree import header_tree
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tcptui.model.packet_view import PacketView
    from tcptui.protocols.headers.node import Node

CASES = Path(__file__).parents[3] / "cases"
#: Frames looked at of each capture.
FRAMES = 40
#: Cases with an error that quotes, HTTP, a body in chunks, a compressed one, WebSocket, and a cut header.
HELD_AGAINST_TSHARK = (
    "01-hello-service", "17-connection-unreachable", "69-path-mtu-blackhole", "96-capture-truncated",
    "108-tls-handshake", "110-http-header-injected-newline", "112-event-stream-compressed", "116-file-download",
    "118-websocket-upgrade",
)  # fmt: skip
#: The same of the corpus: options, tunnels, tags, other link types.
CAPTURES = (
    "PcapPlusPlus-IcmpPackets.pcapng", "gopacket-test_loopback.pcap", "filesamples-simple_http_sll2.pcap",
    "nDPI-whois.pcapng", "nDPI-anyconnect-vpn.pcap", "packetlife-backup-BGP_MD5.pcap", "ptcpdump-mptcp.pcap",
    "suricata-verify-tfo.pcap", "scapy-http_chunk.pcap.gz", "zeek-pppoe-over-qinq.pcap", "zeek-smtp.pcap",
    "tcptrace-6syns.pcap",
)  # fmt: skip
#: Labels that lines of several protocols share: whose line tshark prints tells nothing of ours.
SHARED = ("[Length: ", "[Stream index: ")
#: Certificates have no fields here.
CERTIFICATE = ("x509", "pkcs1.", "pkix1", "tls.sct.")


def captures(case: str) -> list[Path]:
    return sorted(path for path in (CASES / case).iterdir() if ".pcap" in path.name)


def trees(path: Path) -> Iterator[tuple[int, Node]]:
    """Frame number and tree of the first frames of ``path``."""
    session = open_file(path)
    options = TreeOptions(zone=UTC, vendor_names=False)
    for row in range(min(session.store.count, FRAMES)):
        stream = int(session.store.stream[row])
        application = session.application(stream) if stream >= 0 else None
        yield int(session.store.frame[row]), header_tree(session.reader.packet(row), application, options)
    session.close()


def lines(root: Node) -> Iterator[Node]:
    """Every line; the root is none."""
    nodes = root.walk()
    next(nodes)
    yield from nodes


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir() if (path / "case.toml").exists()))
def test_every_line_of_a_case_names_a_registered_field_or_none(case: str) -> None:
    unknown = {
        node.field for path in captures(case) for _frame, root in trees(path) for node in lines(root)
        if node.field and node.field not in FIELDS
    }  # fmt: skip

    assert unknown == set()


def tshark_names(path: Path) -> dict[int, dict[str, set[str]]]:
    """Per frame, the fields of each line that tshark prints; an empty name is a line without a field."""
    command = ["tshark", "-r", str(path), "-n", "-2", "-T", "pdml", "-Y", f"frame.number <= {FRAMES}"]
    environment = os.environ | {"TZ": "UTC"}
    printed = subprocess.run(command, capture_output=True, check=True, timeout=600, env=environment).stdout
    frames: dict[int, dict[str, set[str]]] = {}
    for number, packet in enumerate(ElementTree.fromstring(printed).iter("packet"), 1):
        names = frames[number] = defaultdict(set)
        for kind in ("proto", "field"):
            for line in packet.iter(kind):
                label = line.get("showname") or line.get("show") or ""
                names[label.strip()].add(line.get("name", ""))
    return frames


def check(path: Path) -> None:
    theirs = tshark_names(path)
    compared = 0
    for frame, root in trees(path):
        for node in lines(root):
            label = node.label.strip()
            names = theirs[frame].get(label) or theirs[frame].get(label.strip("[]"))
            names = {name for name in names or () if not name.startswith(CERTIFICATE)}
            known = FIELDS.get(node.field)
            if not names or label.startswith(SHARED) or (known is not None and known.owner is not Owner.WIRESHARK):
                continue
            compared += 1
            assert node.field in names, (path.name, frame, label, names)
    assert compared > 50


@pytest.mark.tshark
@pytest.mark.parametrize("case", HELD_AGAINST_TSHARK)
def test_line_of_a_case_has_the_field_that_tshark_has_for_it(case: str) -> None:
    for path in captures(case):
        check(path)


@pytest.mark.tshark
@pytest.mark.parametrize("name", CAPTURES)
def test_line_has_the_field_that_tshark_has_for_it(corpus: Path, name: str) -> None:
    check(corpus / "dev" / name)


def test_line_that_wireshark_does_not_name_has_no_field(
    view: Callable[..., PacketView], tcp_frame: Callable[..., bytes]
) -> None:
    frame = tcp_frame(payload=b"GET / HTTP/1.1\r\nX-Own: 1\r\nHost: a\r\n\r\n")

    fields = {node.label: node.field for node in lines(header_tree(view(frame, link_type=101)))}

    assert fields["GET / HTTP/1.1\\r\\n"] == ""
    assert fields["X-Own: 1\\r\\n"] == "http.request.line"
    assert fields["Host: a\\r\\n"] == "http.host"
    assert fields["\\r\\n"] == ""
