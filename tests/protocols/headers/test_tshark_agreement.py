"""Our layers against ``tshark -V``, line by line, on real captures.

Lines are compared within the layers that we present ourselves (frame, link, IP, TCP); what differs
must be in one of the lists below, each entry with its reason.
"""

from __future__ import annotations

import os
import re
import subprocess
from datetime import UTC
from typing import TYPE_CHECKING

import pytest
from tree_text import tree_text

from tcptui.protocols.headers.cursor import TreeOptions
from tcptui.protocols.headers.tree import header_tree
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path

FRAMES = 60

#: What each capture is here for.
CAPTURES = {
    "packets-tcp_retransmissions.pcapng": "repeated segments with RTO, a frame check sequence",
    "packets-tcp_dupack.pcapng": "duplicate ACKs and SACK blocks, mid-stream",
    "packets-tcp_zerowindowrecovery.pcapng": "zero window and window update",
    "PcapPlusPlus-one_tcp_stream.pcap": "out of order, D-SACK",
    "PcapPlusPlus-raw_ip.pcap": "raw IP, IPv4 and IPv6",
    "gopacket-test_loopback.pcap": "BSD loopback, IPv6",
    "filesamples-simple_http_sll2.pcap": "Linux cooked v2",
    "suricata-verify-tfo.pcap": "Linux cooked v1, experimental Fast Open",
    "suricata-verify-tlpw-tcp-tfo-data-on-syn-nack.pcap": "Fast Open with a cookie",
    "packetlife-backup-BGP_MD5.pcap": "MD5 signatures, end-of-list options",
    "nDPI-whois.pcapng": "one VLAN tag, padding below it",
    "nDPI-mqtt.pcapng": "VLAN and untagged frames in one capture",
    "ptcpdump-mptcp.pcap": "Multipath TCP",
    "tcptrace-6syns.pcap": "options that run past their end",
    "zeek-pop3-unknown-commands.pcap": "an ordinary connection",
}

OUR_LAYERS = (
    "Frame ",
    "Ethernet II",
    "802.1Q",
    "Linux cooked",
    "Null/Loopback",
    "Raw packet data",
    "Internet Protocol Version",
    "Transmission Control Protocol",
)

#: Ours alone: lines of newer Wiresharks, as the published listing has them.
NEWER = re.compile(
    r" +UTC Arrival Time: "
    r"| +Epoch Arrival Time: "
    r"| +\[Stream Packet Number: "
    r"| {8}[.01]{4} [.01]{4} = (RST|FIN|Data|ACK|SYN-ACK|SYN): (Present|Absent)"
    r"| +\[Completeness Flags: "
    r"| +\[Coloring Rule (Name|String): "  # only the graphical program applies the rules
)
#: Printed by one version at another place, or under another name.
MOVED = re.compile(r" +(Epoch Time|\[Time shift for this packet)")
#: tshark's alone, or not comparable.
NOT_OURS = re.compile(
    r" {4}(Section number|Interface id|(    )?Interface (name|description))"  # numbers of the file's blocks
    r"| {4}(Packet flags: |Point-to-Point Direction)|.*error: Not set$"  # pcapng packet flags
    r"|.*= (Direction|Reception type|FCS length|Reserved): "  # … and their bits
    r"| {4}\[Protocols in frame"  # we do not name protocols above TCP other than HTTP
    r"| {4}\[Time delta from previous displayed frame"  # counts from the display filter's frames
    r"| {4}(TCP segment data|Retransmitted TCP segment data|\[Reassembled PDU|\[PDU Size)"  # its reassembly
    r"| {4}\[MPTCP analysis\]| {8}\[(Master flow|TCP subflow)"  # its analysis across subflows
    r"| {12}\[(Multipath TCP Data ACK|DSS Data Sequence Number|Subflow (token|expected))"
    r"| {12}(Original MPTCP Data ACK|Data Sequence Number): "  # spacing before the width differs by width
    r"|.*Riverbed Probe|.*(CSH IP|Probe Flags|Application Version|Not CFE|Last Notify): "  # vendor options: as bytes
    r"| {12}(Payload: |[.01]{4} [.01]{3,4}[.01]? = (Type|Version): |Reserved: 0x)"
)
#: On the stream's own first frame tshark's second pass counts that frame twice or not at all.
FIRST_OF_STREAM = re.compile(r" {4}\[Conversation completeness: ")


def layers(text: str) -> list[list[str]]:
    """Per frame, the comparable lines of our layers."""
    frames: list[list[str]] = []
    ours = False
    for line in text.splitlines():
        if re.match(r"Frame \d+: ", line):
            frames.append([])
            line = line.split(" on interface ")[0]
        if line and not line.startswith(" "):
            ours = line.startswith(OUR_LAYERS)
        if not ours or not line.strip() or re.match(r"[0-9a-f]{4}  ", line):
            continue
        if any(pattern.match(line) for pattern in (NEWER, MOVED, NOT_OURS, FIRST_OF_STREAM)):
            continue
        frames[-1].append(line)
    return [_without_differences(frame) for frame in frames]


def _without_differences(lines: list[str]) -> list[str]:
    """Drop what takes more than one line to recognise."""
    kept: list[str] = []
    layer = ""
    skipped = 0
    for at, line in enumerate(lines):
        if not line.startswith(" "):
            layer = line
        if skipped:
            skipped -= 1
        elif layer.startswith("Internet") and line.startswith("    [Stream index:"):
            continue  # newer
        elif line == "        [Stream index: 0]":
            continue  # the MPTCP analysis'
        elif line == "    [SEQ/ACK analysis]" and not _says_something(lines[at + 1 : at + 3]):
            skipped = int(_is_irtt(lines[at + 1 : at + 2]))  # tshark's second pass leaves a shell behind
        else:
            kept.append(line)
    return kept


def _is_irtt(lines: list[str]) -> bool:
    return bool(lines) and lines[0].startswith("        [iRTT: ")


def _says_something(lines: list[str]) -> bool:
    rest = lines[1:] if _is_irtt(lines) else lines
    return bool(rest) and rest[0].startswith("        ")


@pytest.mark.tshark
@pytest.mark.parametrize("name", CAPTURES)
def test_layers_equal_tsharks_lines(corpus: Path, name: str) -> None:
    path = corpus / "dev" / name
    command = ["tshark", "-r", str(path), "-n", "-2", "-V", "-Y", f"frame.number <= {FRAMES}"]
    theirs = subprocess.run(
        command, capture_output=True, encoding="utf-8", check=True, timeout=600, env=os.environ | {"TZ": "UTC"}
    ).stdout
    session = open_file(path)
    options = TreeOptions(zone=UTC, vendor_names=False)
    rows = range(min(session.store.count, FRAMES))
    ours = "\n".join(tree_text(header_tree(session.reader.packet(row), None, options)) for row in rows)
    session.close()

    for number, (expected, shown) in enumerate(zip(layers(theirs), layers(ours), strict=True), 1):
        assert shown == expected, f"frame {number}"
