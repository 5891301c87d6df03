"""Messages and exported bodies against tshark's own, over real captures.

What differs is listed with its reason.  In general:

* tshark never shows a message that did not become whole; ours stand beside (`Seen.broken`) and are not compared;
* a body that only the close ends is counted by tshark in the frame of the FIN, by us in that of the last byte.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from tshark_http import objects_by_tshark, objects_by_us, seen_by_tshark, seen_by_us

from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path

CAPTURES = (
    "PcapPlusPlus-frag_http_req.pcap",
    "PcapPlusPlus-nanosecs_big_endian.pcap",
    "PcapPlusPlus-one_tcp_stream.pcap",
    "PcapPlusPlus-pcapng-example.pcapng",
    "PcapPlusPlus-raw_ip.pcap",
    "PcapPlusPlus-unidirectional_tcp_stream_with_missing_packet.pcap",
    "filesamples-simple_http_sll2.pcap",
    "gopacket-test_loopback.pcap",
    "lab-sseapp.pcap",
    "lab-wsapp.pcap",
    "nDPI-KakaoTalk_chat.pcap",
    "nDPI-anyconnect-vpn.pcap",
    "nDPI-gnutella.pcap",
    "nDPI-ipp.pcap",
    "nDPI-ocsp.pcapng",
    "nDPI-sites.pcapng",
    "nDPI-weibo.pcap",
    "packetlife-backup-gmail-pcapng.pcapng",
    "pcaps-ppa-capture-files-dns.pcap",
    "pyshark-capture_test.pcapng",
    "scapy-http_chunk.pcap.gz",
    "suricata-verify-decode-sll2-01.pcap",
    "suricata-verify-http-range-multiflows.pcap",
    "suricata-verify-http2-deflate-case.pcap",
    "suricata-verify-tcp_fastopen_segmentation-s1.pcap",
    "tcpreplay-test-rewrite_efcs.pcap",
    "tcpreplay-test-rewrite_endpoint.pcap",
    "tcptrace-single_byte_rexmit.pcap",
    "zeek-erspan.pcap",
    "zeek-missing-zlib-header.pcap",
    "zeek-oversized-close-frame.pcapng",
    "zeek-socks.pcap",
    "zeek-variant-03-cl_negative.pcap",
    "zeek-vxlan-encapsulated-http.pcap",
    "zeek-zeek-image-post-1080-8000-x.pcap",
)

Message = tuple[int, tuple[str, str]]
Messages = dict[int, tuple[str, str]]
#: Messages by frame that tshark alone sees as whole, with the reason.
ONLY_TSHARK: dict[str, tuple[str, Messages]] = {
    "PcapPlusPlus-pcapng-example.pcapng": (
        "packets were cut: tshark takes what is left of a head for all of it, ours is not whole",
        {139: ("", "200")},
    ),
    "tcptrace-single_byte_rexmit.pcap": (
        "39 bytes were kept of each packet: as above",
        {
            4: ("GET", "/kangal/basic.php"),
            5: ("GET", "/kangal/basic.php"),
            9: ("", "200"),
            11: ("", "200"),
            15: ("GET", "/kangal/images/header3.gif"),
            16: ("", "200"),
            19: ("GET", "/kangal/images/left1.gif"),
            20: ("", "200"),
            22: ("GET", "/kangal/images/right1.gif"),
            26: ("", "200"),
        },
    ),
}
#: Whole messages by frame that we alone see, with the reason.
ONLY_OURS: dict[str, tuple[str, Messages]] = {
    "PcapPlusPlus-unidirectional_tcp_stream_with_missing_packet.pcap": (
        "behind a gap tshark waits for bytes that never come; ours goes on at the next start line",
        {11: ("POST", "/GetSearchMultipleSuggestions.ashx")},
    ),
    "zeek-erspan.pcap": (
        "behind a gap, as above",
        dict.fromkeys((242, 244, 253, 260, 261, 274), ("", "200")),
    ),
    "zeek-zeek-image-post-1080-8000-x.pcap": (
        "port 1080 is SOCKS to tshark, whatever is said there",
        {7: ("POST", "/"), 15: ("", "200")},
    ),
}
#: Exported bodies (how many) that only one of the two has: tshark's, ours, reason.
OBJECTS = {
    "PcapPlusPlus-unidirectional_tcp_stream_with_missing_packet.pcap": (
        0, 1, "behind a gap: as for the messages",
    ),
    "nDPI-KakaoTalk_chat.pcap": (2, 0, "not HTTP: what tshark takes for continuation data"),
    "packetlife-backup-gmail-pcapng.pcapng": (1, 0, "not HTTP/1: what tshark takes for continuation data"),
    "tcptrace-single_byte_rexmit.pcap": (1, 0, "39 bytes of a packet that was cut, exported as the file"),
    "zeek-erspan.pcap": (0, 6, "behind a gap: as for the messages"),
    "zeek-zeek-image-post-1080-8000-x.pcap": (0, 2, "port 1080 is SOCKS to tshark"),
}  # fmt: skip


@pytest.mark.some(12)
@pytest.mark.tshark
@pytest.mark.parametrize("name", CAPTURES)
def test_messages_equal_tsharks(corpus: Path, name: str) -> None:
    path = corpus / "dev" / name
    session = open_file(path)
    ours = seen_by_us(session)
    session.close()
    theirs = seen_by_tshark(path)

    only_tshark, only_ours = theirs - ours.whole, ours.whole - theirs
    left, until_close = Counter[Message](), ours.until_close.copy()
    for (frame, line), count in only_tshark.items():
        closed = min(until_close[line], count)
        until_close[line] -= closed
        if count > closed:
            left[frame, line] = count - closed
    assert _short(left) == ONLY_TSHARK.get(name, ("", {}))[1]
    assert _short(only_ours) == ONLY_OURS.get(name, ("", {}))[1]
    assert +until_close == Counter()


def _short(found: Counter[Message]) -> Messages:
    """By frame, targets without their queries."""
    return {frame: (method, target.partition("?")[0]) for (frame, (method, target)) in found}


@pytest.mark.some(12)
@pytest.mark.tshark
@pytest.mark.parametrize("name", CAPTURES)
def test_exported_bodies_have_tsharks_hashes(corpus: Path, name: str) -> None:
    path = corpus / "dev" / name
    session = open_file(path)
    ours = objects_by_us(session)
    session.close()
    theirs = objects_by_tshark(path)
    expected = OBJECTS.get(name, (0, 0, ""))[:2]

    assert ((theirs - ours).total(), (ours - theirs).total()) == expected
