"""Fields that few captures have: every value of them in the corpus is the one that tshark prints."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest

from tcptui.model.field_rows.seldom import SELDOM_FIELDS
from tcptui.session.filtering.printed import FieldPrinter
from tcptui.session.filtering.run import is_readable
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.tshark, pytest.mark.slow]

FIELDS: Final = tuple(field for field in SELDOM_FIELDS if is_readable(field))
#: Captures in which they occur, all of them below so many packets: others are looked at where tshark has a value.
CAPTURES: Final = (
    "PcapPlusPlus-IcmpPackets.pcapng", "nDPI-anyconnect-vpn.pcap", "nDPI-gnutella.pcap", "nDPI-ocsp.pcapng",
    "nDPI-sccp_hw_conf_register.pcapng", "nDPI-wechat.pcap", "nDPI-whois.pcapng",
    "packetlife-backup-gmail-pcapng.pcapng", "ptcpdump-curl-user.pcapng", "suricata-verify-frag-ip-tcp-syn.pcap",
    "tcpdump-geneve.pcap", "tcpreplay-test-rewrite_efcs.pcap",
)  # fmt: skip
_EVERY: Final = 400


def by_tshark(path: Path) -> list[list[list[str]]]:
    """For each frame the values of each of `FIELDS`."""
    command = ["tshark", "-2", "-n", "-r", str(path), "-T", "fields", "-E", "aggregator=\x01"]
    command += [word for field in FIELDS for word in ("-e", field.name)]
    shown = subprocess.run(command, check=True, capture_output=True, text=True)
    lines = [line.split("\t") for line in shown.stdout.splitlines()]
    return [[cell.split("\x01") if cell else [] for cell in line] for line in lines]


@pytest.mark.some(6)
@pytest.mark.parametrize("name", CAPTURES)
def test_every_value_of_a_capture(name: str, corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    path = corpus / "dev" / name
    theirs = by_tshark(path)
    session = open_file(path)
    frames = session.store.frame[: session.store.count]
    told = np.array([any(theirs[frame - 1]) for frame in frames.tolist()])
    told[:_EVERY] = True
    rows = np.flatnonzero(told).astype(np.int32)
    differing = []
    for index, (field, texts) in enumerate(zip(FIELDS, FieldPrinter(session, FIELDS).texts(rows), strict=True)):
        for frame, mine in zip(frames[rows].tolist(), texts, strict=True):
            wanted = theirs[frame - 1][index]
            if mine != wanted:
                differing.append((field.name, frame, mine, wanted))
    session.close()

    assert differing == []
    assert any(any(cells) for cells in theirs)
