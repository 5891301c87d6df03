"""What `y` and the palette put on the clipboard: whole sentences that say where they are from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from captures import SYN, Tape
from rich.cells import cell_len

from tcptui.analysis.timing.budget_parts import Part
from tcptui.session.session import open_file
from tcptui.ui.main.copied import as_markdown, as_text
from tcptui.ui.main.explain_pane import Passage, Tone
from tcptui.words.budget_text import Share
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tcptui.session.session import Session
    from tests.ui.conftest import Shown

    Show = Callable[..., AbstractAsyncContextManager[Shown]]

EN = Words(Language.EN)
LONG = "The server sent bytes 2921–4380 a second time, because the client had asked for them three times over."


@pytest.fixture
def copied(tmp_path: Path) -> Callable[[], str]:
    return lambda: (tmp_path / "state" / "tcptui" / "copied.txt").read_text()


async def test_connection_is_told_whole_on_a_narrow_screen(
    show: Show, mixed_session: Session, copied: Callable[[], str]
) -> None:
    async with show(mixed_session, (60, 16)) as shown:
        await shown.press("j", "j", "y")
        head, body = copied().split("\n")

    assert head.endswith(
        "mixed.pcap, connection 2, 10.0.0.2:40003 → 192.0.2.20:8443, began 2023-11-14 22:13:20.500000 +0000"
    )
    assert "state CLOSED (RST)" in body
    assert "packets 2" in body
    assert "what happened refused: port 8443 after 1 ms" in body
    assert "…" not in body


async def test_packet_is_told_with_both_ends_its_number_and_its_time(
    show: Show, mixed_session: Session, copied: Callable[[], str]
) -> None:
    async with show(mixed_session, (80, 24)) as shown:
        await shown.press("j", "enter", "G", "k", "y")
        head, body = copied().split("\n")

    assert "packet 20, connection 1, 10.0.0.1:40002 → 192.0.2.10:80, 2023-11-14 22:13:20.255000 +0000" in head
    assert body.startswith("192.0.2.10:80 → 10.0.0.1:40002: fast retransmission ")
    assert "len 1000" in body
    assert not set("─━╌▶◀│") & set(body)


async def test_explanation_is_not_wrapped(show: Show, mixed_session: Session, copied: Callable[[], str]) -> None:
    async with show(mixed_session, (80, 24)) as shown:
        await shown.press("j", "j", "e", "y")
        document = shown.screen.workspace.explain.document
        lines = copied().split("\n")

    assert "connection 2" in lines[0]
    longest = max((passage.text for passage in document), key=len)
    assert cell_len(longest) > 80
    assert any(longest in line for line in lines)


async def test_markdown_is_a_command_of_the_palette(
    show: Show, mixed_session: Session, copied: Callable[[], str]
) -> None:
    async with show(mixed_session, (120, 40)) as shown:
        await shown.press("j", "j", "e")
        assert "copy_markdown" in {entry.action for entry in shown.screen.palette_entries()}
        await shown.screen.run_action("copy_markdown")
        text = copied()

    assert "connection 2" in text.split("\n")[0]
    assert "\n\n### " in text
    assert "\n\n**" in text


async def test_nothing_is_copied_where_nothing_is_listed(show: Show, mixed_session: Session, tmp_path: Path) -> None:
    async with show(mixed_session) as shown:
        await shown.press("slash", *"zzz", "enter", "y")
        await shown.screen.run_action("copy_markdown")

    assert not (tmp_path / "state" / "tcptui" / "copied.txt").exists()


def test_one_line_for_each_paragraph() -> None:
    document = (Passage("Title", tone=Tone.TITLE), Passage(LONG, "How we know", (10, 12)), Passage("", "Next"))

    assert as_text(document, EN) == f"Title\nHow we know: {LONG}\npackets 10, 12\nNext"


def test_markup_out_of_a_packet_is_escaped() -> None:
    text = as_markdown((Passage("# *x* [a](b)", tone=Tone.TITLE), Passage("<b>`c`", "1. head")), EN)

    assert text == "### \\# \\*x\\* \\[a\\](b)\n\n**1\\. head** \\<b\\>\\`c\\`\n"


def test_copied_time_budget_has_the_parts_of_its_bar_the_largest_first() -> None:
    shares = (Share(Part.NETWORK, 1, "network", "1 ns", "1 %"), Share(Part.IDLE, 99, "idle", "99 ns", "99 %"))
    document = (Passage("", "Where the time went", bar=shares),)

    assert as_text(document, EN) == "Where the time went: idle 99 ns 99 %, network 1 ns 1 %"
    assert as_markdown(document, EN) == "**Where the time went** idle 99 ns 99 %, network 1 ns 1 %\n"


@pytest.fixture
def half_open(tmp_path: Path) -> Path:
    """SYNs without an answer, then a connection that opens at once."""
    tape = Tape()
    for seconds in (0, 1, 3, 7, 15, 31):
        tape.tcp(seconds * 1_000, "10.0.0.3:40001", "10.0.0.4:443", SYN, 1, 0)
    tape.handshake(40_000, "10.0.0.1:40002", "10.0.0.2:80")
    path = tmp_path / "half-open.pcap"
    path.write_bytes(tape.pcap())
    return path


async def test_command_for_the_other_host_is_copied_as_one_line(
    show: Show, half_open: Path, copied: Callable[[], str]
) -> None:
    async with show(open_file(half_open), (120, 40)) as shown:
        workspace = shown.screen.workspace
        if workspace.ladder.stream != 0:
            await shown.press("J")
        assert workspace.ladder.stream == 0
        await shown.press("Y")
        document = workspace.explain.document

    assert copied().startswith("sudo timeout 120 tcpdump ")
    assert copied().endswith("'host 10.0.0.3 and host 10.0.0.4 and port 443'")
    assert EN("there.heading") in {passage.heading for passage in document}
    assert copied() in {passage.text for passage in document}


async def test_no_command_is_copied_of_a_connection_that_is_well(show: Show, half_open: Path, tmp_path: Path) -> None:
    async with show(open_file(half_open), (120, 40)) as shown:
        workspace = shown.screen.workspace
        if workspace.ladder.stream != 1:
            await shown.press("J")
        assert workspace.ladder.stream == 1
        await shown.press("Y")
        document = workspace.explain.document

    assert EN("there.heading") not in {passage.heading for passage in document}
    assert not (tmp_path / "state" / "tcptui" / "copied.txt").exists()
