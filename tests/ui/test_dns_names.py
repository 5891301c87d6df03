"""The explanation of a connection names its ends by the DNS answers that came before it, and links to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from captures import CLIENT, SERVER, START_NS, mixed
from other_frames import dns_answer, udp
from screen_lines import screen_lines

from tcptui.session.session import Session, open_file
from tcptui.ui.app import TcptuiApp
from tcptui.ui.explain_document import stream_document
from tcptui.ui.main import base_screen
from tcptui.ui.main.explain_pane import Passage
from tcptui.ui.main.screen import MainScreen
from tcptui.ui.view_options import ViewOptions
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from pathlib import Path

EN = Words(Language.EN)


@pytest.fixture
def named(tmp_path: Path) -> Session:
    """Packet 1 names the server before all, packet 10 anew between the connections 0 and 1."""
    tape = mixed()
    for place, ns, name in ((0, START_NS - 1_000_000, "old.example"), (9, START_NS + 150_000_000, "new.example")):
        answer = udp("10.0.0.53:53", f"{CLIENT}:39999", dns_answer(1, name, [SERVER]))
        tape.records.insert(place, (ns, answer[14:]))
    path = tmp_path / "named.pcap"
    path.write_bytes(tape.pcap())
    return open_file(path)


def said(session: Session, stream: int) -> list[Passage]:
    session.dns_names.grow()
    document = stream_document(session, stream, session.findings(stream), EN, session.dns_names)
    return [passage for passage in document if ".example" in passage.text]


def test_a_connection_has_the_last_name_from_before_it_and_the_packet_that_says_so(named: Session) -> None:
    heading = "Names by DNS answers before it:"

    assert said(named, 0) == [Passage(f"{SERVER} is old.example", heading, (1,))]
    assert said(named, 1) == [Passage(f"{SERVER} is new.example", heading, (10,))]
    assert said(named, 2) == []


async def explanation(session: Session, *, numeric: bool, until: str) -> str:
    app = TcptuiApp(session, Language.EN, ViewOptions(numeric=numeric))
    async with app.run_test(size=(200, 50)) as pilot:
        screen = app.screen
        assert isinstance(screen, MainScreen)
        while not (screen.workspace.settled and screen.is_told):
            await pilot.pause(0.005)
        await pilot.press("j")  # from the worst connection, whose server has no name, to one of the named server
        for _ in range(3000):
            await pilot.pause(0.005)
            shown = "\n".join(screen_lines(screen))
            if until in shown and screen.workspace.settled and screen.is_told:
                break
        return shown


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing waits for two seconds, no thread outlives the test, and no name comes from this machine."""
    monkeypatch.setattr("tcptui.protocols.headers.tree.warm_up", lambda: None)
    monkeypatch.setattr(base_screen, "_WARM_UP_AFTER", 0.01)
    monkeypatch.setattr(base_screen, "_NAMES_BEAT", 0.01)
    monkeypatch.setattr(base_screen, "read_hosts", dict)
    monkeypatch.setattr(base_screen, "read_services", dict)


@pytest.mark.usefixtures("at_once")
async def test_the_pane_shows_it_as_soon_as_the_answers_are_read(named: Session) -> None:
    assert f"{SERVER} is " in await explanation(named, numeric=False, until=f"{SERVER} is ")


@pytest.mark.usefixtures("at_once")
async def test_with_numeric_addresses_nothing_is_named(named: Session) -> None:
    assert ".example" not in await explanation(named, numeric=True, until="1 Connections")
    assert named.dns_names.count == 0
