from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

from tcptui.capture.interfaces import ANY, Interface, Traffic
from tcptui.lessons.loader import load_cases
from tcptui.model.errors import CaptureError
from tcptui.ui.main.prompt_line import candidates, completed
from tcptui.ui.prose import text_of
from tcptui.ui.start.detail import detail_of
from tcptui.ui.start.menu import Offer, StartMenu
from tcptui.ui.start.rates import SAMPLES, Rate, RateMeter, bars
from tcptui.ui.start.rows import CaseRow, FileRow, HeadingRow, InterfaceRow, NoteRow, StartRow, cells_of
from tcptui.ui.theme import ASCII, UNICODE
from tcptui.ui.user_files import RecentFiles
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from tcptui.lessons.case import Case

SECOND = 1_000_000_000


def interface(name: str, *addresses: str, up: bool = True, connected: bool | None = True) -> Interface:
    return Interface(name, name, addresses, up, up, False, False, connected)


def texts(rows: list[StartRow]) -> list[str]:
    return [row.text for row in rows if isinstance(row, HeadingRow | NoteRow)]


def test_rate_is_the_difference_over_the_time() -> None:
    meter = RateMeter()

    assert meter.measure({"eth0": Traffic(100, 1000)}, 5 * SECOND) == {}
    rate = meter.measure({"eth0": Traffic(300, 2000)}, 7 * SECOND)["eth0"]

    assert (rate.packets, rate.bits) == (100, 4000)
    assert rate.history == (100,)


def test_interface_that_was_made_anew_counts_as_quiet() -> None:
    meter = RateMeter()
    meter.measure({"tun0": Traffic(1000, 1000)}, 0)

    assert meter.measure({"tun0": Traffic(3, 3)}, SECOND)["tun0"].packets == 0


def test_interface_that_has_just_come_has_no_rate_yet() -> None:
    meter = RateMeter()
    meter.measure({}, 0)

    assert meter.measure({"tun0": Traffic(1000, 1000)}, SECOND) == {}


def test_clock_that_stands_still_gives_no_rate() -> None:
    meter = RateMeter()
    meter.measure({"eth0": Traffic(0, 0)}, SECOND)

    assert meter.measure({"eth0": Traffic(9, 9)}, SECOND) == {}


def test_history_is_bounded() -> None:
    meter = RateMeter()
    for second in range(SAMPLES + 5):
        rates = meter.measure({"eth0": Traffic(second, 0)}, second * SECOND)

    assert len(rates["eth0"].history) == SAMPLES


def test_bars_scale_to_the_highest_and_keep_their_width() -> None:
    assert bars((0, 1, 50, 100), 6, ascii_only=False) == "   ▁▄▇"
    assert bars((0, 0), 4, ascii_only=False) == "    "
    assert bars((), 4, ascii_only=True) == "    "
    assert bars((5, 10), 2, ascii_only=True).isascii()


@pytest.fixture
def captures(tmp_path: Path) -> Path:
    for name in ("one.pcap", "two.pcapng", "notes.txt", ".hidden.pcap"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "old").mkdir()
    return tmp_path


def test_completion_offers_directories_then_captures_then_the_rest(captures: Path) -> None:
    names = [entry.path.name for entry in candidates(f"{captures}/")]

    assert names == ["old", "one.pcap", "two.pcapng", "notes.txt"]


def test_completion_ignores_case_and_finds_hidden_names_on_request(captures: Path) -> None:
    assert [entry.path.name for entry in candidates(f"{captures}/O")] == ["old", "one.pcap"]
    assert [entry.path.name for entry in candidates(f"{captures}/.")] == [".hidden.pcap"]


def test_completion_of_nothing_readable_is_nothing(captures: Path) -> None:
    assert candidates(f"{captures}/no/such/") == ()
    assert candidates("~no-such-user-here/") == ()


def test_device_is_not_offered(captures: Path) -> None:
    os.mkfifo(captures / "one.fifo")

    assert [entry.path.name for entry in candidates(f"{captures}/one")] == ["one.pcap"]


def test_completed_path_stops_where_names_differ(captures: Path) -> None:
    assert completed(f"{captures}/", candidates(f"{captures}/")) == f"{captures}/"
    assert completed(f"{captures}/ol", candidates(f"{captures}/ol")) == f"{captures}/old/"
    assert completed(f"{captures}/tw", candidates(f"{captures}/tw")) == f"{captures}/two.pcapng"
    (captures / "two.pcap").write_bytes(b"")
    assert completed(f"{captures}/t", candidates(f"{captures}/t")) == f"{captures}/two.pcap"
    assert completed("zzz", ()) == "zzz"


def menu(tmp_path: Path, *interfaces: Interface, language: Language = Language.EN) -> StartMenu:
    offer = Offer(RecentFiles(tmp_path), load_cases(), interfaces=lambda: interfaces, counters=dict)
    return StartMenu(offer, Words(language))


def test_groups_without_members_say_so(tmp_path: Path) -> None:
    made = menu(tmp_path)
    made.measure()
    made.read_recent()

    words = Words(Language.EN)
    shown = texts(made.rows())
    assert words("guide.start.no_interface") in shown
    assert words("guide.start.no_file") in shown


def test_system_that_lists_no_interfaces_is_quoted(tmp_path: Path) -> None:
    def fail() -> tuple[Interface, ...]:
        raise CaptureError("interfaces_failed", reason="no permission")

    made = StartMenu(Offer(RecentFiles(tmp_path), interfaces=fail, counters=dict), Words(Language.EN))
    made.measure()

    assert any("no permission" in text for text in texts(made.rows()))


def test_narrowing_finds_addresses_file_names_and_titles_in_any_order(tmp_path: Path) -> None:
    made = menu(tmp_path, interface("eth0", "192.168.1.23"), interface("lo", "127.0.0.1"))
    made.measure()

    assert [row.interface.name for row in made.rows("168 ETH") if isinstance(row, InterfaceRow)] == ["eth0"]
    assert [row.case.id for row in made.rows("hello-world") if isinstance(row, CaseRow)] == ["hello-world-loopback"]
    assert texts(made.rows("no such thing")) == [Words(Language.EN)("guide.start.nothing")]


def test_recent_file_shows_its_size(tmp_path: Path) -> None:
    capture = tmp_path / "x.pcap"
    capture.write_bytes(b"12345")
    made = menu(tmp_path)
    RecentFiles(tmp_path).remember(capture, 1)
    made.read_recent()

    assert [(row.path, row.size) for row in made.rows() if isinstance(row, FileRow)] == [(capture, 5)]


@pytest.mark.parametrize("width", [58, 66, 78, 118])
@pytest.mark.parametrize("language", Language)
def test_rows_fit_every_width_and_hostile_names_are_harmless(tmp_path: Path, width: int, language: Language) -> None:
    hostile = tmp_path / ("\x1b]52;c;x\x07" + "名" * 40 + ".pcap")
    hostile.write_bytes(b"")
    RecentFiles(tmp_path).remember(hostile, 1)
    made = menu(tmp_path, interface("wlx" + "0" * 30, *(f"2001:db8::{n}" for n in range(9))), language=language)
    made.measure()
    made.read_recent()

    for row in made.rows():
        for glyphs in (UNICODE, ASCII):
            line = text_of([cells_of(row, width, Words(language), glyphs)])[0]
            assert "\x1b" not in line
            if not isinstance(row, HeadingRow | NoteRow):  # the list cuts these
                assert cell_len(line) <= width


def test_cases_are_read_once_after_the_first_paint(tmp_path: Path) -> None:
    asked: list[int] = []

    def find() -> list[Case]:
        asked.append(1)
        return load_cases()

    menu = StartMenu(Offer(RecentFiles(tmp_path), find_cases=find, interfaces=list, counters=dict), Words(Language.EN))
    assert NoteRow("reading the cases") in menu.rows()
    assert not asked
    menu.measure()
    menu.measure()
    assert [row.case.id for row in menu.rows() if isinstance(row, CaseRow)] == [case.id for case in load_cases()]
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("language", "rate"), [(Language.EN, "100 pkt/s  8.0kbit/s"), (Language.ZH, "100 包/秒  8.0kbit/s")]
)
@pytest.mark.parametrize(("ascii_only", "graph"), [(False, "▄  ▇"), (True, "=  #")])
def test_detail_of_an_interface_shows_its_traffic_and_how_that_went(
    language: Language, rate: str, ascii_only: bool, graph: str
) -> None:
    row = InterfaceRow(interface("eth0", "192.0.2.7"), Rate(100, 8000, (50, 0, 0, 100)))

    blocks = detail_of(row, Words(language), may_capture=True, ascii_only=ascii_only)
    shown = ["".join(span.text for span in line) for block in blocks for line in block.lines(45)]

    assert rate in shown
    assert graph in shown


def test_detail_of_a_silent_interface_has_no_graph() -> None:

    place = interface("eth0", "192.0.2.7")
    silent = detail_of(InterfaceRow(place, Rate(0, 0, (0, 0))), Words(Language.EN), may_capture=True)

    assert silent == detail_of(InterfaceRow(place), Words(Language.EN), may_capture=True)


@pytest.mark.parametrize(
    ("name", "width", "folder"),
    [
        ("a.pcap", 56, "/captures/of/today"),
        ("a-name-of-23-letters.gz", 56, "…f/today"),
        ("a.pcap", 100, "/captures/of/today"),
    ],
)
def test_folder_of_a_recent_file_is_cut_only_where_there_is_no_room_for_it(name: str, width: int, folder: str) -> None:
    row = FileRow(Path("/captures/of/today") / name, 1200, 1_700_000_000.0)

    text = "".join(span.text for span in cells_of(row, width, Words(Language.EN), UNICODE))

    assert folder in text
    assert cell_len(text) == width


@pytest.mark.parametrize(
    ("name", "width"),
    [
        ("capture-of-the-night.pcap", 57),
        ("抓包-支付服务-超时.pcap", 57),
        ("frontend-11-25-incident.pcapng", 68),
        ("production-frontend-2026-11-25T03-14-15-incident-12345.pcapng.gz", 117),
    ],
)
def test_name_of_a_recent_file_is_whole_while_the_folder_can_give_way(name: str, width: int) -> None:
    row = FileRow(Path("/captures/of/some/other/day/and/of/somebody/else") / name, 1200, 1_700_000_000.0)

    text = "".join(span.text for span in cells_of(row, width, Words(Language.EN), UNICODE))

    assert f" {name} " in text
    assert "2023-11-14" in text
    assert cell_len(text) == width


@pytest.mark.parametrize(("width", "has_graph"), [(68, True), (56, False)])
def test_list_has_a_graph_where_there_is_room(width: int, has_graph: bool) -> None:
    row = InterfaceRow(interface("eth0", "192.0.2.7"), Rate(100, 8000, (50, 100)))

    text = "".join(span.text for span in cells_of(row, width, Words(Language.EN), UNICODE))

    assert ("▇" in text) is has_graph
    assert "192.0.2.7" in text
    assert cell_len(text) == width


@pytest.mark.parametrize(
    ("language", "title"),
    [(Language.EN, "Cases to learn from: 2 of {all} done"), (Language.ZH, "可供学习的案例：共 {all} 个，已做完 2 个")],
)
def test_heading_of_the_cases_has_the_progress_of_the_course(tmp_path: Path, language: Language, title: str) -> None:
    cases = load_cases()
    done = frozenset({cases[0].id, cases[3].id, "a-case-that-is-gone"})
    offer = Offer(RecentFiles(tmp_path), cases, done=done, interfaces=list, counters=dict)
    menu = StartMenu(offer, Words(language))

    assert title.format(all=len(cases)) in texts(menu.rows())
    narrowed = [row for row in menu.rows("zero") if isinstance(row, HeadingRow)]
    assert narrowed[-1].text == title.format(all=len(cases))


@pytest.mark.parametrize("language", Language)
def test_state_of_all_interfaces_is_whole_beside_its_rate(language: Language) -> None:
    words = Words(language)
    every = Interface(ANY, ANY, (), True, True, False, False, None)
    row = InterfaceRow(every, Rate(1_200, 9_600_000, (1,)))
    for width in range(55, 90):  # from what the details leave of 100 columns on
        text = "".join(span.text for span in cells_of(row, width, words, UNICODE))
        assert words("guide.start.state.any") in text, width
        assert cell_len(text) == width
