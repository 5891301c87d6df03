"""Fields of DNS in the corpus: the values that tshark prints, frame by frame, and why some differ."""

from __future__ import annotations

import subprocess
from collections import Counter
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest

from tcptui.cli.run.packets import line_of
from tcptui.model.field_rows.dns import DNS_FIELDS
from tcptui.session.filtering.printed import FieldPrinter
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path

#: Captures with DNS, with the frames that tshark takes for it.
WITH_DNS: Final = {
    "PcapPlusPlus-raw_ip.pcap": 6, "nDPI-KakaoTalk_chat.pcap": 37, "nDPI-anyconnect-vpn.pcap": 66,
    "nDPI-dns_fragmented.pcap": 43, "nDPI-gnutella.pcap": 28, "nDPI-teams.pcap": 45, "nDPI-wechat.pcap": 161,
    "nDPI-weibo.pcap": 21, "packetlife-backup-gmail-pcapng.pcapng": 13, "pcaps-ppa-capture-files-dns.pcap": 14,
    "pyshark-capture_test.pcapng": 6, "suricata-verify-vxlan.pcap": 16, "tcpreplay-test-rewrite_efcs.pcap": 28,
    "tcpreplay-test-rewrite_endpoint.pcap": 28, "zeek-erspan.pcap": 14, "zeek-modbusSmall.pcap": 6,
    "zeek-smb_v2_only_non_zero_reserved1.pcap": 13, "zeek-smtp.pcap": 2,
}  # fmt: skip
PAIRS: Final = frozenset({"dns.response_in", "dns.response_to", "dns.time"})
AGAIN: Final = frozenset({
    "dns.retransmit_request", "dns.retransmit_request_in", "dns.retransmit_response", "dns.retransmit_response_in",
})  # fmt: skip
RECORD: Final = frozenset({"dns.resp.name", "dns.resp.type", "dns.resp.class", "dns.resp.ttl", "dns.resp.len"})
#: By capture: fields that differ, and in how many frames.
OTHERWISE: Final = {
    # Multicast: the size, which is registered twice, in hexadecimal.
    "nDPI-anyconnect-vpn.pcap": {"dns.rr.udp_payload_size": 18},
    # Frames that lack their last four bytes: tshark shows nothing of the record whose data they cut, and pairs no such.
    "tcpreplay-test-rewrite_efcs.pcap": dict.fromkeys(RECORD, 11)
    | dict.fromkeys(PAIRS, 12)
    | dict.fromkeys(AGAIN, 2)
    | {"dns.retransmission": 4},
}


@pytest.mark.some(9)
@pytest.mark.tshark
@pytest.mark.parametrize("name", WITH_DNS)
def test_every_field_of_dns_is_that_of_tshark(corpus: Path, name: str) -> None:
    command = ["tshark", "-2", "-n", "-r", str(corpus / "dev" / name), "-Y", "dns || mdns || llmnr", "-T", "fields"]
    command += [word for field in ("frame.number", *(row.name for row in DNS_FIELDS)) for word in ("-e", field)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.rstrip("\n")
    # tshark writes <MISSING> for bytes that are none, which is the command's business.
    shown = [line.replace("<MISSING>", "") for line in printed.split("\n")]
    theirs = {int(line.split("\t", 1)[0]): line.split("\t")[1:] for line in shown}
    session = open_file(corpus / "dev" / name)
    rows = np.flatnonzero(np.isin(session.store.frame[: session.store.count], list(theirs))).astype(np.int32)
    columns = FieldPrinter(session, DNS_FIELDS).texts(rows)
    ours = {
        int(session.store.frame[row]): line_of(texts).split("\t")
        for row, texts in zip(rows.tolist(), zip(*columns, strict=True), strict=True)
    }
    session.close()
    same, differing = 0, Counter[str]()
    for frame, known in theirs.items():
        for field, one, other in zip(DNS_FIELDS, ours[frame], known, strict=True):
            same += one == other != ""
            differing[field.name] += one != other

    assert len(theirs) == WITH_DNS[name]
    assert +differing == OTHERWISE.get(name, {})
    assert same >= 15 * len(theirs)
