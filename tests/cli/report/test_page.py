"""``report --html``: what the page says, what it never has, how large it may become."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from captures import ACK, PSH, RST, Tape, hostile, mixed
from hypothesis import given
from hypothesis import strategies as st
from page_reader import PageReader
from run_command import run
from web_captures import record, response

from tcptui.access.open_capture import view_of
from tcptui.cli.report.page.ladder import ROWS, chosen_rows
from tcptui.cli.report.page.markup import Markup, element, text
from tcptui.session.session import open_file
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from _pytest.tmpdir import TempPathFactory

EVIL = (
    "</style><script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"><svg onload=alert(1)>', "' onmouseover='x",
    "<!-- ", "-->", "<![CDATA[", "&lt;b&gt;", "\u202e", "\x1b]52;c;x\x07", "\u2028", "\ufdd0", "<base href=//evil>",
    "<style>*{display:none}</style>", "javascript:alert(1)", "]]>", "\0",
)  # fmt: skip


def lossy(tape: Tape, ms: float, client: str, seq: int) -> None:
    """A segment of the server that it sends again after a time-out, and its acknowledgment."""
    for again in (0, 300):
        tape.tcp(ms + again, "192.0.2.10:80", client, ACK, seq, 1001, bytes(1000))
    tape.tcp(ms + 340, client, "192.0.2.10:80", ACK, 1001, seq + 1000)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: TempPathFactory) -> dict[str, str]:
    """The page on a capture with a loss, a refusal and clean connections, by language."""
    folder = tmp_path_factory.mktemp("pages")
    capture = folder / "mixed.pcap"
    capture.write_bytes(mixed().pcap())
    found = {}
    for lang in ("en", "zh"):
        out = folder / f"{lang}.html"
        code, said, told = run("report", capture, "--html", out, lang=lang)
        assert (code, said) == (0, "")
        assert str(out) in told
        assert out.stat().st_mode & 0o777 == 0o600
        found[lang] = out.read_text(encoding="utf-8")
    return found


def test_verdict_stands_first_then_trouble_then_connections(pages: dict[str, str]) -> None:
    said = PageReader(pages["en"]).text
    places = [said.index(part) for part in ("with problems", "Problems, worst first", "Connections with")]
    assert places == sorted(places)
    assert '<html lang="en">' in pages["en"]
    assert '<html lang="zh-CN">' in pages["zh"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_each_group_says_what_it_means_and_what_to_do_next(pages: dict[str, str], lang: str) -> None:
    cards = re.findall(r'<section class="card group .*?</section>', pages[lang], re.DOTALL)
    report = Words(Language(lang))("report.brief.next")
    assert cards
    assert all(report in card and card.count("<p") >= 4 for card in cards)


def test_each_connection_has_its_evidence_how_sure_its_time_and_its_packets(pages: dict[str, str]) -> None:
    for lang, page in pages.items():
        words = Words(Language(lang))
        read = PageReader(page)
        assert read.counts["svg"] >= 2
        for key in ("narrative.section.how-sure", "page.ladder", "report.trust.heading"):
            assert words(key) in read.text
        assert words("report.confidence.certain") in read.text
        assert "RST ACK  ack 1" in read.text
        assert re.search(r"^#[0-9]+$", read.text, re.MULTILINE)
        for stream in read.links:
            assert f'id="{stream[1:]}"' in page


def test_worst_connections_have_their_graph_where_data_went(tmp_path: Path) -> None:
    tape = Tape()
    tape.handshake(0, "10.0.0.1:40001", "192.0.2.10:80")
    for again in range(20):
        lossy(tape, 100 + 1000 * again, "10.0.0.1:40001", 9001 + 1000 * again)
    tape.tcp(60_000, "10.0.0.2:40001", "192.0.2.10:81", 2, 1, 0)
    tape.tcp(60_001, "192.0.2.10:81", "10.0.0.2:40001", RST | ACK, 0, 2)
    path = tmp_path / "lossy.pcap"
    path.write_bytes(tape.pcap())
    for lang in ("en", "zh"):
        words = Words(Language(lang))
        page = run("report", path, "--html", "-", lang=lang)[1]
        said = PageReader(page).text

        assert len(PageReader(page).ids) == 2
        assert page.count('class="tc"') == said.count(words("page.graph")) == 1
        for key in ("graph.mark.rto", "graph.axis.number", "graph.of.server"):
            assert words(key) in said
        assert "20 kB" in said


def test_file_is_named_without_its_folder(pages: dict[str, str]) -> None:
    assert "mixed.pcap" in pages["en"]
    assert "pages0" not in pages["en"]
    assert not re.search(r"/[a-z]+/[^<]*mixed\.pcap", pages["en"])


def test_page_is_light_and_dark_and_for_print_and_has_no_style_but_its_own(pages: dict[str, str]) -> None:
    for page in pages.values():
        style = PageReader(page).style
        assert "prefers-color-scheme:dark" in style
        assert "@media print" in style
        assert " style=" not in page


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_hostile_captures_stay_text(tmp_path: Path, lang: str) -> None:
    capture = tmp_path / "</title><script>x.pcap".replace("/", "_")
    capture.write_bytes(hostile().pcap())
    PageReader(run("report", capture, "--html", "-", lang=lang)[1])


def test_every_text_out_of_a_packet_is_escaped(tmp_path: Path) -> None:
    turns = []
    for number, evil in enumerate(EVIL):
        path = evil.replace(" ", "+").replace("\n", "").replace("\0", "").replace("\x1b", "").replace("\x07", "")
        asked = f"GET /{path} HTTP/1.1\r\nHost: {path}\r\n\r\n".encode()
        answer = response(b"x", f"Server: {path}", status=f"500 {path}")
        turns += [(1000 * number, "C", asked), (1000 * number + 600, "S", answer)]
    page = run("report", record(tmp_path, turns), "--html", "-")[1]
    read = PageReader(page)

    assert "GET /<img+src=x+onerror=alert(1)>" in read.text or "<base+href=//evil>" in read.text
    assert "<img" not in page
    assert "<script" not in page


@pytest.mark.parametrize("form", [("--html", "-"), (), ("--full",), ("--json",), ("--markdown",)])
def test_no_report_has_a_token_of_a_slow_request(tmp_path: Path, form: tuple[str, ...]) -> None:
    asked = b"GET /slow?access_token=s3cr3t HTTP/1.1\r\nHost: a\r\nCookie: t0psecret\r\n\r\n"
    said = run("report", record(tmp_path, [(0, "C", asked), (4000, "S", response(b"x"))]), *form)[1]

    assert "/slow" in said
    assert "s3cr3t" not in said
    assert "t0psecret" not in said


def test_text_of_a_reset_is_escaped(tmp_path: Path) -> None:
    tape = Tape()
    tape.handshake(0, "10.0.0.1:40001", "192.0.2.10:80")
    tape.tcp(50, "10.0.0.1:40001", "192.0.2.10:80", PSH | ACK, 1001, 9001, b"hello")
    tape.tcp(90, "192.0.2.10:80", "10.0.0.1:40001", RST | ACK, 9001, 1006, b"</p><script>alert(1)</script>")
    path = tmp_path / "reset.pcap"
    path.write_bytes(tape.pcap())
    page = run("report", path, "--html", "-")[1]

    assert "<script" not in page
    assert "<script>alert(1)</script>" in PageReader(page).text


@given(st.text(max_size=80), st.text(max_size=80))
def test_elements_hold_any_text(inner: str, value: str) -> None:
    made = element("p", inner, Markup("<span>a</span>"), cls=value)
    assert made.count("<") == 4
    assert "<" not in text(inner)
    assert '"' not in text(value)


def test_hundred_connections_in_trouble_are_less_than_two_megabytes(tmp_path: Path) -> None:
    tape = Tape()
    for number in range(130):
        client = f"10.0.{number}.1:40001"
        tape.handshake(60_000 * number, client, "192.0.2.10:80")
        for again in range(30):
            lossy(tape, 60_000 * number + 100 + 1000 * again, client, 9001 + 1000 * again)
    path = tmp_path / "many.pcap"
    path.write_bytes(tape.pcap())
    page = run("report", path, "--html", "-")[1]
    read = PageReader(page)

    assert len(read.ids) == 100
    assert 10 < page.count('class="tc"') < 100
    assert 200_000 < len(page.encode()) < 2_000_000
    assert "Also with problems" in read.text


def test_rows_of_a_ladder_are_evidence_and_both_ends(tmp_path: Path) -> None:
    tape = Tape()
    tape.handshake(0, "10.0.0.1:40001", "192.0.2.10:80")
    for number in range(200):
        if number == 100:
            lossy(tape, 100 + 10 * number, "10.0.0.1:40001", 9001 + 1000 * number)
        else:
            ms = 100 + 10 * number + 1000 * (number > 100)
            tape.tcp(ms, "192.0.2.10:80", "10.0.0.1:40001", ACK, 9001 + 1000 * number, 1001, bytes(1000))
            tape.tcp(ms + 0.5, "10.0.0.1:40001", "192.0.2.10:80", ACK, 1001, 10_001 + 1000 * number)
    path = tmp_path / "long.pcap"
    path.write_bytes(tape.pcap())
    session = open_file(path)
    view, findings = view_of(session, 0), [one for one in session.findings(0) if one.severity > 1]
    rows = chosen_rows(view, findings)
    session.close()

    assert findings
    assert len(rows) <= ROWS
    assert rows == sorted(set(rows))
    assert {0, 1, 2, len(view) - 1} <= set(rows)
    assert set(view.frame[rows].tolist()) & set(findings[0].packets)


def test_filter_says_how_many_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "mixed.pcap"
    path.write_bytes(mixed().pcap())
    page = run("report", path, "-Y", "tcp.stream == 1", "--html", "-")[1]
    read = PageReader(page)

    assert "Shown: 1 connection of" in read.text
    assert read.ids <= {"c1"}


def test_page_on_nothing_says_so(tmp_path: Path) -> None:
    path = tmp_path / "empty.pcap"
    path.write_bytes(Tape().pcap())
    read = PageReader(run("report", path, "--html", "-")[1])

    assert "empty.pcap" in read.text
    assert "svg" not in read.counts


def test_no_file_is_written_over_unasked(tmp_path: Path) -> None:
    path, out = tmp_path / "mixed.pcap", tmp_path / "page.html"
    path.write_bytes(mixed().pcap())
    out.write_text("mine")

    assert run("report", path, "--html", out)[0] == 1
    assert out.read_text() == "mine"
    assert run("report", path, "--html", out, "--overwrite")[0] == 0
    PageReader(out.read_text(encoding="utf-8"))
    assert run("report", path, "--html", path, "--overwrite")[0] == 1


@pytest.mark.parametrize("other", ["--json", "--markdown", "--explain", "--full", "--stream=0"])
def test_page_goes_with_no_other_form(other: str) -> None:
    code, _said, told = run("report", "a.pcap", "--html", "b", other)
    assert code == 2
    assert "exclude each other" in told
    assert run("report", "a.pcap", "--overwrite")[0] == 2
