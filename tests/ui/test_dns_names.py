"""The explanation of a connection names its ends by the DNS answers that came before it, and links to them."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from captures import ACK, CLIENT, PSH, SERVER, START_NS, Tape, mixed
from other_frames import dns_answer, dns_query, udp
from screen_lines import screen_lines

from tcptui.access.requests import requests_of
from tcptui.model.safe_text import safe_text
from tcptui.protocols.dns.names import NAME_SHOWN
from tcptui.session.dns_names import DnsName
from tcptui.session.host_names import HostName, server_name
from tcptui.session.other_tables import asked_hosts, dns_names
from tcptui.session.session import Session, open_file
from tcptui.ui.app import TcptuiApp
from tcptui.ui.endpoint_names import EndpointNames
from tcptui.ui.explain_document import stream_document
from tcptui.ui.groups.screen import GroupsScreen
from tcptui.ui.main import naming
from tcptui.ui.main import screen as main_screen
from tcptui.ui.main.column_names import SortKey
from tcptui.ui.main.copied import as_text
from tcptui.ui.main.explain_pane import Passage
from tcptui.ui.main.screen import MainScreen
from tcptui.ui.requests.detail import plain_text
from tcptui.ui.settings.remembered import ScreenChoices
from tcptui.ui.settings.table import DEFAULTS
from tcptui.ui.view_options import NamesChoice, ViewOptions
from tcptui.words.catalogue import Words
from tcptui.words.language import Language
from tests.session.test_certificate_names import changed
from tests.ui.conftest import settled, turns

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from textual.pilot import Pilot

EN = Words(Language.EN)


@pytest.fixture
def named(tmp_path: Path) -> Session:
    """Packet 2 names the server before all, packet 12 anew between the connections 0 and 1; clients name nothing."""
    tape = mixed()
    tape.records[:] = [(ns, data.replace(b"Host: a.example", b"Host: 192.0.2.9")) for ns, data in tape.records]
    for place, ns, name in ((0, START_NS - 1_000_000, "old.example"), (10, START_NS + 150_000_000, "new.example")):
        question = udp(f"{CLIENT}:39999", "10.0.0.53:53", dns_query(1, name))
        tape.records.insert(place, (ns, question[14:]))
        answer = udp("10.0.0.53:53", f"{CLIENT}:39999", dns_answer(1, name, [SERVER]))
        tape.records.insert(place + 1, (ns, answer[14:]))
    path = tmp_path / "named.pcap"
    path.write_bytes(tape.pcap())
    return open_file(path)


def said(session: Session, stream: int) -> list[Passage]:
    dns_names(session).grow()
    document = stream_document(session, stream, session.current_findings(stream), EN, dns_names(session))
    return [passage for passage in document if ".example" in passage.text]


def test_a_connection_has_the_last_name_from_before_it_and_the_packet_that_says_so(named: Session) -> None:
    heading = "Names by earlier DNS responses:"

    assert said(named, 0) == [Passage(f"{SERVER} is old.example", heading, (2,))]
    assert said(named, 1) == [Passage(f"{SERVER} is new.example", heading, (12,))]
    assert said(named, 2) == []


def test_answer_that_nobody_asked_for_is_told_as_that_and_names_nothing_in_the_list(tmp_path: Path) -> None:
    tape = mixed()
    tape.records.insert(
        0, (START_NS - 1, udp("66.6.6.6:53", f"{CLIENT}:1", dns_answer(1, "bank.example", [SERVER]))[14:])
    )
    path = tmp_path / "forged.pcap"
    path.write_bytes(tape.pcap())
    session = open_file(path)

    assert [passage.text for passage in said(session, 0)] == [
        f"{SERVER} is bank.example by a DNS response; its query is not in the capture before it"
    ]
    names = EndpointNames(session.flows, {}, {})
    names.dns = dns_names(session)
    flow, is_b = int(session.streams.flow[0]), int(session.streams.client_is_b[0])
    assert names.name(flow, 1 - is_b, True, 5, 0) == f"{SERVER}:80"


async def explanation(session: Session, *, numeric: bool, until: str) -> str:
    app = TcptuiApp(session, Language.EN, ViewOptions(numeric=numeric))
    async with app.run_test(size=(200, 50)) as pilot:
        screen = app.screen
        assert isinstance(screen, MainScreen)
        while not (screen.workspace.settled and screen.controllers.verdicts.is_told):
            await pilot.pause(0.005)
        await pilot.press("j")  # from the worst connection, whose server has no name, to one of the named server
        async for _ in turns():
            await pilot.pause()
            shown = "\n".join(screen_lines(screen))
            if until in shown and screen.workspace.settled and screen.controllers.verdicts.is_told:
                break
        return shown


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing waits for two seconds, no thread outlives the test, and no name comes from this machine."""
    monkeypatch.setattr("tcptui.ui.main.naming.scapy_child.load", lambda: None)
    monkeypatch.setattr(naming, "_WARM_UP_AFTER", 0.01)
    monkeypatch.setattr(naming, "_NAMES_BEAT", 0.01)
    monkeypatch.setattr(main_screen, "read_hosts", dict)
    monkeypatch.setattr(main_screen, "read_services", dict)


@pytest.mark.usefixtures("at_once")
async def test_the_pane_shows_it_as_soon_as_the_answers_are_read(named: Session) -> None:
    assert f"{SERVER} is " in await explanation(named, numeric=False, until=f"{SERVER} is ")


@pytest.mark.usefixtures("at_once")
async def test_with_numeric_addresses_nothing_is_named(named: Session) -> None:
    assert ".example" not in await explanation(named, numeric=True, until="1 Connections")
    assert dns_names(named).count == 0


def listed(screen: MainScreen) -> list[str]:
    connections = screen.workspace.connections
    return [connections.ends(int(stream)) for stream in connections.index.order]


@asynccontextmanager
async def reading(session: Session, **options: object) -> AsyncIterator[tuple[Pilot[object], MainScreen, list[object]]]:
    """The main screen once all DNS answers have been read, sorted by start, and what was chosen to be kept."""
    kept = ScreenChoices()
    app = TcptuiApp(session, Language.EN, ViewOptions(sort=SortKey.START, **options), choices=kept)  # type: ignore[arg-type]
    async with app.run_test(size=(120, 40)) as pilot:
        screen = app.screen
        assert isinstance(screen, MainScreen)
        if not screen.options.numeric:
            await settled(pilot, lambda: screen.controllers.naming.has_names)
        await settled(pilot, lambda: len(screen.workspace.connections.index.order) == session.streams.count)
        yield pilot, screen, [kept]


@pytest.mark.usefixtures("at_once")
async def test_key_shows_names_in_the_list_and_addresses_again(named: Session) -> None:
    async with reading(named) as (pilot, screen, kept):
        before = listed(screen)
        await pilot.press("a")
        await settled(pilot, lambda: screen.hint_line.notice != "")
        told, names, lines = screen.hint_line.notice, listed(screen), screen_lines(screen)
        await settled(pilot, lambda: kept[0].names(DEFAULTS) is NamesChoice.DNS)  # type: ignore[attr-defined]
        await pilot.press("a")
        after = listed(screen)

    assert names[0].endswith("old.example:80")
    assert names[1].endswith("new.example:80")
    assert "example" not in names[2]
    assert all(name.startswith(f"{CLIENT}:") for name in names[:2])
    assert any(f"{SERVER}:80" in line for line in lines), "the timeline has the address"
    assert "names an address" not in told
    assert after == before
    assert before[0].endswith(f"{SERVER}:80")


@pytest.mark.parametrize(("delay", "most", "told"), [
    (60.0, 1_000, "reading"), (60.0, 1, "many"), (0.01, 1_000, "none"),
])  # fmt: skip
@pytest.mark.usefixtures("at_once")
async def test_key_says_that_nothing_is_named_only_of_what_has_been_read(
    delay: float, most: int, told: str, mixed_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(naming, "_WARM_UP_AFTER", delay)
    monkeypatch.setattr(naming, "_NAMES_PACKETS", most)
    app = TcptuiApp(mixed_session, Language.EN, ViewOptions())
    async with app.run_test(size=(120, 40)) as pilot:
        screen = app.screen
        assert isinstance(screen, MainScreen)
        await settled(pilot, lambda: screen.controllers.naming.why_no_names == told)
        await pilot.press("a")
        await settled(pilot, lambda: screen.hint_line.notice != "")

        assert screen.hint_line.notice == EN(f"screen.notice.names.{told}")


@pytest.mark.usefixtures("at_once")
async def test_setting_shows_names_as_soon_as_they_are_read_and_narrowing_finds_them(named: Session) -> None:
    async with reading(named, names=NamesChoice.DNS) as (pilot, screen, _kept):
        await settled(pilot, lambda: "old.example" in listed(screen)[0])
        connections = screen.workspace.connections
        screen.controllers.filtering.narrow("old.example")
        await settled(pilot, lambda: len(connections.index.order) < named.streams.count)
        found = connections.index.order.tolist()
        screen.controllers.filtering.narrow(SERVER)
        await settled(pilot, lambda: connections.index.order.tolist() == found)

    assert set(found) >= {0, 1}
    assert 2 not in found


@pytest.mark.usefixtures("at_once")
async def test_numbers_were_asked_for(named: Session) -> None:
    async with reading(named, numeric=True) as (pilot, screen, _kept):
        await pilot.press("a")
        await settled(pilot, lambda: screen.hint_line.notice != "")
        told, names = screen.hint_line.notice, listed(screen)

    assert told == EN("screen.notice.names.numeric")
    assert names[0].endswith(f"{SERVER}:80")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("www.example", True),
        ("Under_Score-1.Example", True),
        ("a", True),
        ("10.0.0.9", False),
        ("0x7f.1", False),
        ("example:443", False),
        ("www example", False),
        ("[@click=app.quit]x[/]", False),
        ("\x1b]52;c;aGk=\x07.example", False),
        ("\u202egnp.example", False),
        ("例子.example", False),
        ("..", False),
        ("a..b", False),
        ("x" * 59 + ".example", False),
    ],
)
def test_only_what_looks_like_a_host_name_stands_for_an_address(tmp_path: Path, name: str, shown: bool) -> None:
    tape = mixed()
    session = open_file(_written(tape.pcap(), tmp_path))
    names = EndpointNames(session.flows, {}, {})

    class Answers:
        count = 1

        def name_of(self, _address: bytes, _row: int) -> DnsName:
            return DnsName(safe_text(name, NAME_SHOWN), 1)

    names.dns = Answers()  # type: ignore[assignment]
    flow, is_b = int(session.streams.flow[0]), int(session.streams.client_is_b[0])

    assert names.name(flow, 1 - is_b, True, 5, 0) == (f"{name.lower()}:80" if shown else f"{SERVER}:80")
    assert names.text(flow, 1 - is_b, True) == f"{SERVER}:80"


def _written(content: bytes, folder: Path) -> Path:
    path = folder / "plain.pcap"
    path.write_bytes(content)
    return path


@pytest.fixture
def asked(tmp_path: Path) -> Session:
    """Two connections to one address, for two hosts; a DNS answer names the address otherwise."""
    tape = Tape()
    for number, host in enumerate(("shop.example", "pay.example")):
        client, at = f"{CLIENT}:{40_000 + number}", 10 + 1_000.0 * number
        tape.handshake(at, client, f"{SERVER}:80")
        said = f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
        tape.tcp(at + 100, client, f"{SERVER}:80", PSH | ACK, 1_001, 9_001, said)
    answer = udp("10.0.0.53:53", f"{CLIENT}:39999", dns_answer(1, "edge.example", [SERVER]))
    tape.records.insert(0, (START_NS, answer[14:]))
    path = tmp_path / "asked.pcap"
    path.write_bytes(tape.pcap())
    return open_file(path)


@pytest.mark.usefixtures("at_once")
async def test_timeline_and_list_change_together(asked: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main_screen, "read_services", lambda: {80: "http"})
    async with reading(asked, names=NamesChoice.DNS) as (pilot, screen, _):
        await settled(pilot, lambda: screen.workspace.ladder.stream == 0)
        before = screen.workspace.ladder.ends
        await pilot.press("a")
        after = screen.workspace.ladder.ends

    assert (before[1], after[1]) == (f"{SERVER}:http", f"{SERVER}:80")


@pytest.mark.usefixtures("at_once")
async def test_host_that_a_client_asked_for_is_listed_found_and_explained(asked: Session) -> None:
    async with reading(asked) as (pilot, screen, _):
        await settled(pilot, lambda: asked_hosts(asked).count == 2)
        addresses = listed(screen)
        await pilot.press("a")
        names = listed(screen)
        await settled(pilot, lambda: "shop.example (Host)" in as_text(screen.workspace.explain.document, EN))
        await pilot.press("a", "slash", *"pay.ex", "enter")
        await settled(pilot, lambda: len(screen.workspace.connections.index.order) == 1)
        found = listed(screen)

    assert all(each.endswith(f"{SERVER}:80") for each in addresses)
    assert [each.rpartition(" ")[2] for each in names] == ["shop.example:80", "pay.example:80"]
    assert found == addresses[1:], "words find it whatever is shown"


def test_names_of_services_and_of_the_hosts_file_are_shown_with_the_others(asked: Session) -> None:
    names = EndpointNames(asked.flows, {SERVER: "web"}, {80: "http"})
    flow, is_b = int(asked.streams.flow[0]), int(asked.streams.client_is_b[0])
    with_names = names.text(flow, 1 - is_b, True)
    names.wanted = False

    assert (with_names, names.text(flow, 1 - is_b, True)) == ("web:http", f"{SERVER}:80")


@pytest.mark.parametrize("language", Language)
def test_detail_of_a_request_names_the_host_that_was_asked_for(asked: Session, language: Language) -> None:
    (request,) = requests_of(asked, 1)
    before = plain_text(request, asked, Words(language))
    assert asked_hosts(asked).grow(1e9)
    after = plain_text(request, asked, Words(language))

    assert "pay.example" not in before
    assert "pay.example" in after
    assert "Host" in after


async def grouped_by(pilot: Pilot[object], *keys: str) -> GroupsScreen:
    for key in ("b", *keys):
        await pilot.press(key)
        await settled(pilot, lambda: isinstance(pilot.app.screen, GroupsScreen) and pilot.app.screen.settled)
    screen = pilot.app.screen
    assert isinstance(screen, GroupsScreen)
    return screen


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(("keys", "address"), [((), f"{SERVER}:80"), (("right", "right"), SERVER)])
async def test_groups_have_the_name_of_their_server_behind_the_address_and_where_it_is_from(
    named: Session, keys: tuple[str, ...], address: str
) -> None:
    async with reading(named) as (pilot, screen, _kept):
        await settled(pilot, lambda: screen.controllers.naming.why_no_names == "none")
        lines = screen_lines(await grouped_by(pilot, *keys))

    row = next(line for line in lines if address in line)
    assert f"{address} new.example " in row
    if address in lines[2]:
        assert any("Name: new.example (DNS, packet 12)." in line for line in lines)


@pytest.mark.usefixtures("at_once")
async def test_groups_of_addresses_alone_where_numbers_were_asked_for(named: Session) -> None:
    async with reading(named, numeric=True) as (pilot, _screen, _kept):
        lines = screen_lines(await grouped_by(pilot))

    assert ".example" not in "\n".join(lines)


def test_server_is_called_what_most_clients_asked_for_and_nothing_where_that_is_no_name(tmp_path: Path) -> None:
    tape = Tape()
    hosts = (b"a.example", b"b.example", b"b.example:80", b"\x1b]0;evil", b"\xe2\x80\xaeevil.example", b"[x]")
    for number, host in enumerate(hosts):
        client = f"{CLIENT}:{40000 + number}"
        tape.handshake(1000 * number, client, f"{SERVER}:80")
        asked = b"GET / HTTP/1.1\r\nHost: %s\r\n\r\n" % host
        tape.tcp(1000 * number + 50, client, f"{SERVER}:80", PSH | ACK, 1001, 9001, asked)
    path = tmp_path / "hosts.pcap"
    path.write_bytes(tape.pcap())
    session = open_file(path)
    asked_hosts(session).grow(60)
    members = session.streams.listed()

    assert server_name(session, SERVER, members) == HostName("b.example", "Host", 8, 1)
    assert server_name(session, SERVER, members[3:]) is None
    assert server_name(session, CLIENT, members) is None


@pytest.mark.usefixtures("at_once")
async def test_certificate_names_a_server_in_explanation_list_groups_and_search(tmp_path: Path) -> None:
    session = changed(tmp_path, b"www.example.test", b"not a name at all!")
    async with reading(session, names=NamesChoice.DNS) as (pilot, screen, _kept):
        await settled(pilot, lambda: "www.example.test" in listed(screen)[0])
        explained = await until_explained(pilot, screen, "Names in the server's certificate:")
        screen.controllers.filtering.narrow("www.exam")
        await settled(pilot, lambda: screen.controllers.understanding.is_at_rest)
        found = screen.workspace.connections.index.order.tolist()
        grouped = screen_lines(await grouped_by(pilot))

    assert "www.example.test" in explained
    assert found == [0]
    assert any("Name: www.example.test (certificate, packet 6)." in line for line in grouped)


async def until_explained(pilot: Pilot[object], screen: MainScreen, heading: str) -> str:
    await settled(pilot, lambda: heading in as_text(screen.workspace.explain.document, EN))
    return as_text(screen.workspace.explain.document, EN)
