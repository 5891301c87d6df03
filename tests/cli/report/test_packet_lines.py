"""Every packet of real and damaged captures has a line, in both languages, that a terminal can only print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tcptui.cli.report.packet_lines import PacketLines
from tcptui.session.session import open_file
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.uncounted

#: Packets of each capture.
ROWS: Final = 40


@pytest.mark.parametrize("folder", ["dev", "malformed"])
def test_every_packet_has_a_printable_line(corpus: Path, folder: str) -> None:
    described = 0
    for path in sorted((corpus / folder).glob("*.pcap*"))[::3]:
        session = open_file(path)
        lines = [PacketLines(session, Words(language)) for language in Language]
        for row in range(min(session.store.count, ROWS)):
            for line in lines:
                cells = line.of(row)
                assert all(cell.isprintable() for cell in cells)
                assert cells.number == str(session.store.frame[row])
                assert cells.protocol
                assert cells.info
                described += 1
    assert described > 100
