"""Questions and answers without a connection: paired as tshark pairs them, also while packets come and leave."""

from __future__ import annotations

import subprocess
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest
from captures import Tape
from datagrams import CLIENT, SERVER, Datagrams, drawn, echoes, names
from growth import Growth

from tcptui.cli.run.packets import line_of
from tcptui.dfilter.compile import compile_filter
from tcptui.model.datagram_pair import Pair, Role
from tcptui.model.fields import FIELDS
from tcptui.session import datagrams
from tcptui.session.datagrams import PAIRED, datagram_index
from tcptui.session.filtering.live import LiveFilter
from tcptui.session.filtering.printed import FieldPrinter
from tcptui.session.filtering.run import FilterRun
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FIELDS_ASKED: Final = sorted(PAIRED)


def opened(tape: Tape, folder: Path) -> Session:
    path = folder / "datagrams.pcap"
    path.write_bytes(tape.pcap())
    return open_file(path)


def matching(session: Session, text: str) -> list[int]:
    """Frames that pass the filter ``text``."""
    return (np.flatnonzero(FilterRun(session, compile_filter(text)).matching(0, session.store.count)) + 1).tolist()


def test_echoes_are_paired(tmp_path: Path) -> None:
    session = opened(echoes(), tmp_path)

    assert matching(session, "icmp.resp_in") == [1, 4, 5, 11, 25]
    assert matching(session, "icmp.resp_to") == [2, 6, 7, 12, 28]
    assert matching(session, "icmpv6.resp_in") == [13, 16, 17, 23]
    assert matching(session, "icmp.resp_to == 4") == [7]
    assert matching(session, "icmp.resptime > 2.5") == [7, 28]


def test_questions_of_dns_are_paired(tmp_path: Path) -> None:
    session = opened(names(), tmp_path)

    assert matching(session, "dns.response_in") == [1, 5, 6, 10]
    assert matching(session, "dns.time > 1") == [3]
    assert matching(session, "not dns.response_in and dns.flags.response == 0") == [2, 9, 12]


@pytest.mark.tshark
@pytest.mark.parametrize("tape", [echoes, names, *(partial(drawn, seed) for seed in range(6))])
def test_pairs_are_those_of_tshark(tape: Callable[[], Datagrams], tmp_path: Path) -> None:
    session = opened(tape(), tmp_path)
    command = ["tshark", "-2", "-n", "-r", str(session.capture_file), "-T", "fields"]
    for field in FIELDS_ASKED:
        command += ["-e", field]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    rows = np.arange(session.store.count, dtype=np.int32)
    columns = FieldPrinter(session, tuple(FIELDS[name] for name in FIELDS_ASKED)).texts(rows)

    assert [line_of(row) for row in zip(*columns, strict=True)] == printed


@pytest.mark.parametrize(("tape", "text"), [(echoes, "icmp.resp_in"), (names, "dns.response_in")])
def test_question_hears_of_its_answer_while_the_capture_grows(tape: Callable[[], Datagrams], text: str) -> None:
    growth = Growth(tape())
    growth.to(1)
    live = LiveFilter(growth.session, compile_filter(text))
    for packets in range(1, growth.packets + 1):
        growth.to(packets)
        live.update()

        assert (np.flatnonzero(live.mask) + 1).tolist() == matching(growth.session, text)


def test_a_flood_of_questions_forgets_the_oldest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datagrams, "MOST_OPEN", 2)
    tape = Datagrams()
    for number in range(4):
        tape.echo(number, CLIENT, SERVER, 8, number)
    for number in range(4):
        tape.echo(10 + number, SERVER, CLIENT, 0, number)

    assert matching(opened(tape, tmp_path), "icmp.resp_to") == [7, 8]


def test_answer_to_an_evicted_question_keeps_its_frame(tmp_path: Path) -> None:
    session = opened(echoes(), tmp_path)
    assert matching(session, "icmp.resp_to") == [2, 6, 7, 12, 28]
    datagram_index(session).drop(27)

    assert datagram_index(session).pairs_of(0) == []
    assert datagram_index(session).pairs_of(27) == [Pair(Role.ANSWER, 25, 3_000_000)]
    assert datagram_index(session).answered_since(0).tolist() == [24]
