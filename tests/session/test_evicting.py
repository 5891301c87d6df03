"""Forgetting rows never changes what is said of connections whose rows are all kept."""

from __future__ import annotations

from contextlib import closing
from random import Random
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest
from captures import Tape, many, mixed
from forgetting import as_pcap, differences

from tcptui.capture.file_source import open_file
from tcptui.model.finding import Severity
from tcptui.session.catch_up import Compile
from tcptui.session.session import Session

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


def test_capture_that_was_ended_is_not_held_up_by_judging_what_leaves(tmp_path: Path) -> None:
    tape = Tape()
    for number in range(20):
        tape.refused(10 * number, f"10.0.0.{number}:40000", "192.0.2.10:80")
    path = tmp_path / "refused.pcap"
    path.write_bytes(tape.pcap())
    with closing(Session([open_file(path)], compile_when=Compile.NEVER)) as session:
        session.steering.judges = False
        session.run_here()
        annotations, rows = session._judging.annotations, session.store.count

        session.steering.ends_by = 0.0  # long ago
        annotations.before_eviction(rows, session.steering.is_late)
        assert not annotations.cache.severity.any()

        session.steering.ends_by = None
        annotations.before_eviction(rows, session.steering.is_late)
        assert np.count_nonzero(annotations.cache.severity == Severity.ERROR) == 20
