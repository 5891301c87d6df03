"""``conn_state`` and ``history`` of written packets: by Zeek's own rules for flags, and by what its logs say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pytest
from traces import write_trace

from tcptui.capture.file_source import open_file
from tcptui.scan.zeek import ZeekView, zeek_views
from tcptui.session.session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

OPENED: Final = ("0 C S 0 0", "20 S SA 0 1", "40 C A 1 1")
ASKED: Final = (*OPENED, "50 C PA 1 1 100", "70 S A 1 101", "90 S PA 1 101 500", "110 C A 101 501")
SAID: Final[dict[str, tuple[Sequence[str], ZeekView]]] = {
    "no answer": (("0 C S 0 0", "1000 C S 0 0", "3000 C S 0 0"), ZeekView("S0", "S")),
    "SYN-ACK with another number": (("0 C S 0 0", "20 S SA 0 1", "900 S SA 70 1"), ZeekView("S1", "Shh")),
    "refused": (("0 C S 0 0", "20 S RA 0 1 win=0"), ZeekView("REJ", "Sr")),
    "open": (ASKED, ZeekView("S1", "ShADad")),
    "closed": ((*ASKED, "120 C FA 101 501", "140 S FA 501 102", "160 C A 102 502"), ZeekView("SF", "ShADadFf")),
    "closed, then reset": (
        (*ASKED, "120 C FA 101 501", "140 S FA 501 102", "160 C R 102 0 win=0"),
        ZeekView("SF", "ShADadFfR"),
    ),
    "reset, and the other end closes": (
        (*ASKED, "120 C FA 101 501", "130 C R 102 0 win=0", "140 S FA 501 102"),
        ZeekView("SF", "ShADadFRf"),
    ),
    "client reset": ((*ASKED, "120 C RA 101 501"), ZeekView("RSTO", "ShADadR")),
    "server reset": ((*ASKED, "120 S RA 501 101"), ZeekView("RSTR", "ShADadr")),
    "half closed by the client": ((*ASKED, "120 C FA 101 501"), ZeekView("S2", "ShADadF")),
    "half closed by the server": ((*ASKED, "120 S FA 501 101"), ZeekView("S3", "ShADadf")),
    "SYN and FIN": (("0 C S 0 0", "50 C FA 1 1"), ZeekView("SH", "SF")),
    "SYN and RST": (("0 C S 0 0", "50 C R 1 0"), ZeekView("RSTOS0", "SR")),
    "mid-stream": (ASKED[3:], ZeekView("OTH", "DadA")),
    "zero window": ((*ASKED, "130 C A 101 501 win=0", "150 C A 101 501 win=0"), ZeekView("S1", "ShADadW")),
    "resent": ((*ASKED[:4], "300 C PA 1 1 100", "320 S A 1 101"), ZeekView("S1", "ShADTa")),
    "ten times": (
        (*ASKED[:4], *(f"{300 + 200 * n} C PA 1 1 100" for n in range(10))),
        ZeekView("S1", "ShADTT"),
    ),
    "not captured": (
        (*ASKED, "200 S PA 1001 101 500", "220 C A 101 1501"),
        ZeekView("S1", "ShADadg"),
    ),
    "FIN and RST at once": ((*OPENED, "60 C FR 1 1"), ZeekView("RSTO", "ShAI")),
}


def views(capture: Path) -> list[ZeekView]:
    session = Session([open_file(capture)])
    try:
        session.run_here(alone=True)
        return list(zeek_views(session.store, session.streams, np.arange(session.streams.count)))
    finally:
        session.close()


@pytest.mark.parametrize("name", SAID)
def test_what_zeek_says(name: str, tmp_path: Path) -> None:
    lines, said = SAID[name]
    assert views(write_trace(tmp_path / "a.pcap", list(lines))) == [said]


def test_many_connections_are_told_apart(tmp_path: Path) -> None:
    lines = [f"{line} port={40_000 + n}" for line in ASKED for n in range(5)]
    lines += ["900 C RA 101 501 port=40003"]
    told = views(write_trace(tmp_path / "a.pcap", lines))
    assert [one.conn_state for one in told] == ["S1", "S1", "S1", "RSTO", "S1"]


#: Of conn.log in Zeek's tests (testing/btest/Baseline), by the capture.
LOGGED: Final = {"zeek-pppoe-over-qinq.pcap": "SF"}


@pytest.mark.parametrize("name", LOGGED)
def test_captures_of_which_zeeks_tests_have_the_log(name: str, corpus: Path) -> None:
    assert [one.conn_state for one in views(corpus / "dev" / name)] == [LOGGED[name]]
