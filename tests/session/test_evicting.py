"""Forgetting rows never changes what is said of connections whose rows are all kept."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

import pytest
from captures import many, mixed
from forgetting import as_pcap, differences

if TYPE_CHECKING:
    from pathlib import Path

#: Of the corpus: a few captures of several connections.
SEVERAL: Final = (
    "PcapPlusPlus-raw_ip.pcap", "nDPI-dns_fragmented.pcap", "nDPI-hislip.pcap", "nDPI-iec60780-5-104.pcap",
    "nDPI-kerberos.pcap", "nDPI-pop3.pcapng", "nDPI-whois.pcapng", "suricata-verify-vxlan.pcap",
    "zeek-irc-dcc-first-command.pcap", "zeek-modbusSmall.pcap",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_connections_that_are_kept_whole_are_judged_as_if_nothing_had_left(seed: int) -> None:
    tape = many(12)
    tape.records += [(time + 3_000_000_000, data) for time, data in mixed().records]
    compared, found = differences(tape.pcap(), Random(seed))

    assert compared
    assert found == []


@pytest.mark.parametrize("name", SEVERAL)
def test_so_are_those_of_real_captures(name: str, corpus: Path) -> None:
    data = as_pcap(corpus / "dev" / name)
    assert data is not None
    tried = [differences(data, Random(f"{name} {seed}")) for seed in range(5)]

    assert sum(compared for compared, _ in tried)
    assert [found for _, found in tried if found] == []
