"""Values of fields of real captures, printed as ``tshark -2 -n -T fields -e …`` prints them."""

from __future__ import annotations

import subprocess
import zlib
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest

from tcptui.cli.run.packets import line_of
from tcptui.model.field import Base, Owner
from tcptui.model.fields import ROWS
from tcptui.session.filtering.printed import FieldPrinter
from tcptui.session.filtering.run import is_readable
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path

#: One in so many captures of at most so many bytes is read.
DRAWN: Final = 12
LARGEST: Final = 40_000
#: Always read: they have IP fragments.
FRAGMENTED: Final = (
    "PcapPlusPlus-frag_http_req.pcap", "nDPI-dns_fragmented.pcap", "suricata-verify-frag-ip-tcp-syn.pcap",
    "suricata-verify-frag-ip-tcp.pcap", "zeek-fragmented-syn.pcap",
)  # fmt: skip
LAYERS: Final = ("frame", "eth", "vlan", "ip", "ipv6", "tcp", "udp")
#: What is printed otherwise, and why.
OTHERWISE: Final = {
    "frame": "names an interface “unknown” where a pcapng file has no name",
    "frame.protocols": "tshark dissects more protocols above TCP, and ends with none where it waits for segments",
    "frame.coloring_rule.name": "follows the user's colouring rules",
    "frame.coloring_rule.string": "follows the user's colouring rules",
    "tcp.segment_data": "segments of messages of protocols that are not dissected",
    "tcp.segment": "segments of messages of protocols that are not dissected",
    "tcp.segments": "segments of messages of protocols that are not dissected",
    "tcp.segment.count": "segments of messages of protocols that are not dissected",
    "tcp.reassembled.data": "segments of messages of protocols that are not dissected",
    "tcp.reassembled.length": "segments of messages of protocols that are not dissected",
    "tcp.reassembled_in": "segments of messages of protocols that are not dissected",
}
#: tshark takes no notice of the SYN of a connection that another one has announced (rules/quirks.md).
ANNOUNCED: Final = ("nDPI-h323.pcap", "tcp.completeness")


#: The one that `-G` names is that of mDNS, without its highest bit; that of DNS is printed in decimal.
DECIMAL_AFTER_ALL: Final = {"dns.rr.udp_payload_size"}


@pytest.mark.tshark
def test_numbers_are_hexadecimal_where_those_of_tshark_are() -> None:
    printed = subprocess.run(["tshark", "-G", "fields"], capture_output=True, text=True, check=True).stdout
    rows = [line.split("\t") for line in printed.splitlines() if line.startswith("F\t")]
    theirs = {row[2] for row in rows if row[3].startswith("FT_UINT") and row[5].startswith("BASE_HEX")}
    known = {field.name for field in ROWS if field.owner is Owner.WIRESHARK}

    ours = {field.name for field in ROWS if field.base is Base.HEXADECIMAL}

    assert ours & known == (theirs & known) - DECIMAL_AFTER_ALL


@pytest.mark.tshark
def test_every_readable_field_of_drawn_captures(corpus: Path) -> None:
    fields = [
        field for field in ROWS
        if field.owner is Owner.WIRESHARK and is_readable(field) and field.name.split(".")[0] in LAYERS
        and field.name not in OTHERWISE
    ]  # fmt: skip
    assert len(fields) > 200
    found = sorted(path for path in (corpus / "dev").glob("*.pcap*") if path.stat().st_size <= LARGEST)
    drawn = [path for path in found if zlib.crc32(path.name.encode()) % DRAWN == 5]
    assert len(drawn) >= 3
    drawn = sorted({*drawn, *(corpus / "dev" / name for name in FRAGMENTED)})
    different = {}
    for path in drawn:
        session = open_file(path)
        columns = FieldPrinter(session, fields).texts(np.arange(session.store.count, dtype=np.int32))
        ours = [line_of(texts) for texts in zip(*columns, strict=True)]
        command = ["tshark", "-2", "-n", "-r", str(path), "-T", "fields"]
        command += [word for field in fields for word in ("-e", field.name)]
        shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
        assert len(shown) == len(ours)
        for number, (mine, theirs) in enumerate(zip(ours, shown, strict=True), 1):
            cells = zip(fields, mine.split("\t"), theirs.split("\t"), strict=True)
            different |= {(path.name, number, field.name): (a, b) for field, a, b in cells if a != b}

    assert {key: cells for key, cells in different.items() if (key[0], key[2]) != ANNOUNCED} == {}
