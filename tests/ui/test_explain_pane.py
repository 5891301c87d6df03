from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

from tcptui.model.finding import Severity
from tcptui.session.session import open_file
from tcptui.ui.explain_document import stream_document
from tcptui.ui.main.explain_pane import Passage, Tone, lay_out
from tcptui.ui.theme import UNICODE
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ui.conftest import Wire

DOCUMENT = (
    Passage("Fast retransmission", tone=Tone.TITLE, severity=Severity.WARNING),
    Passage("The server sent bytes 2921–4380 a second time [/not markup]."),
    Passage("Three duplicate ACKs had asked for them.", "How we know", tuple(range(10, 50))),
)


def texts(width: int, *, dense: bool = False) -> list[str]:
    lines = lay_out(DOCUMENT, width, UNICODE, Words(Language.EN), dense=dense)
    return ["".join(run[0] for run in line) for line in lines]


@pytest.mark.parametrize("width", [12, 30, 47, 120])
def test_lines_fit_the_pane(width: int) -> None:
    assert all(cell_len(line) <= width for line in texts(width))


def test_verdict_comes_first_with_its_glyph_and_the_meaning_second() -> None:
    lines = texts(80)

    assert lines[0] == "! Fast retransmission"
    assert lines[1].startswith("The server sent bytes")
    assert "[/not markup]" in lines[1]


def test_strip_has_no_empty_lines() -> None:
    assert "" in texts(80)
    assert "" not in texts(80, dense=True)


def test_much_evidence_is_listed_in_part_and_counted() -> None:
    lines = lay_out(DOCUMENT, 60, UNICODE, Words(Language.EN), dense=False)
    links = [run[2] for line in lines for run in line if run[2]]

    assert links == list(range(10, 34))
    assert "and 16 more" in "".join(run[0] for run in lines[-1])


@pytest.mark.parametrize("language", Language)
def test_connection_that_only_icmp_quotes_is_not_told_to_be_without_loss(
    wire: Wire, tmp_path: Path, language: Language
) -> None:
    wire.unreachable(0, "10.0.0.9", "10.0.0.1:40009", "192.0.2.10:80", 1)
    session = open_file(wire.pcap(tmp_path / "quoted.pcap"))
    words = Words(language)
    title, meaning, *_ = stream_document(session, 0, session.current_findings(0), words)

    assert title.text != words("screen.explain.clean")
    assert "ICMP" in title.text
    assert meaning.packets == (1,)
    assert " 0 " not in meaning.text
