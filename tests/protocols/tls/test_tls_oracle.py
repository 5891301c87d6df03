"""TLS in the header tree against tshark, frame by frame and value by value, on recordings and on the corpus.

Where tshark says less, the reason stands beside the frame.  It is asked twice: segments out of order make it give up a
stream's records unless it is told to reassemble them, and then it leaves out what follows a segment that was not
captured.  A frame is right when it equals either answer.
"""

from __future__ import annotations

import gzip
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from tcptui.model.field import FieldType, Owner
from tcptui.model.field_rows.tls import TLS_FIELDS
from tcptui.protocols.headers.tree import header_tree
from tcptui.session.filtering.tree_values import node_value
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcptui.protocols.headers.node import Node

CAPTURES = Path(__file__).with_name("captures")
RECORDINGS = sorted(path.name for path in CAPTURES.glob("*.gz"))
CORPUS = (
    "PcapPlusPlus-pcapng-example.pcapng", "PcapPlusPlus-raw_ip.pcap", "nDPI-KakaoTalk_chat.pcap",
    "nDPI-anyconnect-vpn.pcap", "nDPI-capwap_data.pcapng", "nDPI-gnutella.pcap", "nDPI-sites.pcapng", "nDPI-teams.pcap",
    "nDPI-tunnelbear.pcapng", "nDPI-wechat.pcap", "nDPI-weibo.pcap", "nDPI-whatsappfiles.pcap", "nDPI-whois.pcapng",
    "packetlife-backup-gmail-pcapng.pcapng", "suricata-verify-tlpw-tcp-tfo-data-on-syn-nack.pcap",
    "tcpreplay-test-rewrite_endpoint.pcap", "zeek-gtp6_gtp_0x32.pcap", "zeek-imap-starttls.pcap",
    "zeek-pppoe-over-qinq.pcap", "zeek-tls-fragmented-handshake.pcap.gz",
)  # fmt: skip
FIELDS = {
    field.name: field for field in TLS_FIELDS if field.owner is Owner.WIRESHARK and field.type is not FieldType.PROTOCOL
}
#: How many frames differ, and why.
KNOWN = {
    # 4.0.17 does not read the key exchange of suites with a pre-shared key and a curve or a group.
    "ecdhe-psk-12.pcap.gz": 2,
    "psk-12.pcap.gz": 2,
    # Ports of BitTorrent and AJP, which tshark believes more than the bytes.
    "nDPI-gnutella.pcap": 8,
    "nDPI-anyconnect-vpn.pcap": 21,
    # A certificate of 340 KB in 21 records: tshark takes messages of 64 KiB and more for encrypted ones.
    "zeek-tls-fragmented-handshake.pcap.gz": 21,
}
Values = dict[str, list[object]]


def theirs(path: Path, in_order: bool) -> dict[int, Values]:
    order = f"tcp.reassemble_out_of_order:{str(in_order).upper()}"
    command = ["tshark", "-r", str(path), "-n", "-2", "-o", order, "-T", "pdml", "-Y", "tls && tcp"]
    printed = subprocess.run(command, capture_output=True, check=True, timeout=600).stdout
    frames: dict[int, Values] = {}
    for packet in ElementTree.fromstring(printed).iter("packet"):
        inner: set[ElementTree.Element] = set()
        for line in packet.iter():
            name = line.get("name") or ""
            # Signed timestamps in OCSP responses, which are not read.
            if name.startswith("ocsp."):
                inner |= set(line.iter())
        lines = [line for line in packet.iter("field") if line not in inner]
        number = next(int(line.get("show", "")) for line in lines if line.get("name") == "frame.number")
        values: Values = defaultdict(list)
        for line in lines:
            field = FIELDS.get(line.get("name", ""))
            if field is not None:
                values[field.name].append(_told(field.type, line))
        if "tls.record" in values:  # else "Ignored Unknown Record"
            frames[number] = values
    return frames


def _told(kind: FieldType, line: ElementTree.Element) -> object:
    if kind is FieldType.NONE:
        return 0
    if kind is FieldType.BYTES:
        return line.get("value", "")
    return line.get("show") if kind is FieldType.STRING else int(line.get("show", ""), 0)


def ours(path: Path) -> dict[int, Values]:
    session = open_file(path)
    frames: dict[int, Values] = {}
    for row in range(session.store.count):
        stream = int(session.store.stream[row])
        if stream < 0:
            continue
        packet = session.reader.packet(row)
        values: Values = defaultdict(list)
        for node in _whole(header_tree(packet, session.application(stream))):
            field = FIELDS.get(node.field)
            if field is not None:
                value = node_value(field, node, packet.data)
                if isinstance(value, bytes):
                    value = value.decode() if field.type is FieldType.STRING else value.hex()
                values[field.name].append(value)
        if "tls.record" in values:
            frames[int(session.store.frame[row])] = values
    session.close()
    return frames


def _whole(tree: Node) -> Iterable[Node]:
    """All lines but those of records that were not captured whole, which tshark does not dissect."""
    for child in tree.children:
        if child.field != "tls.record" or not any("not captured whole" in line.label for line in child.children):
            yield child
            yield from _whole(child)


def check(path: Path) -> None:
    answers, found = [theirs(path, True), theirs(path, False)], ours(path)
    frames = {frame for answer in answers for frame in answer} | set(found)
    different = [frame for frame in sorted(frames) if all(found.get(frame) != answer.get(frame) for answer in answers)]

    assert len(different) == KNOWN.get(path.name, 0), different


@pytest.mark.some(15)
@pytest.mark.tshark
@pytest.mark.parametrize("name", RECORDINGS)
def test_recording_is_read_as_tshark_reads_it(name: str) -> None:
    check(CAPTURES / name)


@pytest.mark.tshark
@pytest.mark.parametrize(
    "name",
    ["captures_keys/sessions", "captures_keys/suites", "captures_keys/web", "captures_inside/inside",
     "captures_inside/mail", "captures_inside/again", "captures_inside/refused"],
)  # fmt: skip
def test_recording_with_its_keys_is_read_as_tshark_reads_it(name: str, tmp_path: Path) -> None:
    """EncryptedExtensions, Certificate, CertificateVerify, Finished, tickets, key updates, alerts; each suite."""
    unpacked = tmp_path / "unpacked.pcapng"
    unpacked.write_bytes(gzip.decompress((CAPTURES.parent / f"{name}.pcapng.gz").read_bytes()))

    check(unpacked)


@pytest.mark.some(8)
@pytest.mark.tshark
@pytest.mark.parametrize("name", CORPUS)
def test_capture_of_the_corpus_is_read_as_tshark_reads_it(corpus: Path, name: str) -> None:
    check(corpus / "dev" / name)
