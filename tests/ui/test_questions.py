"""Twelve questions of an SRE, answered by keys alone: in both languages, on a small terminal and on a large one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

import pytest
from captures import ACK, PSH, RST, SYN, Tape
from screen_lines import frame_lines

from tcptui.session.session import open_file
from tcptui.ui.app import TcptuiApp
from tcptui.ui.main.screen import MainScreen
from tcptui.ui.view_options import ViewOptions
from tcptui.words.catalogue import Words
from tcptui.words.language import Language
from tests.ui.tasks import API, WEB, answer, exchange, strokes
from tests.ui.test_tasks import rest

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, with which keys, and what the screen shows then; ports name connections."""

    asked: str
    typed: str
    shows: tuple[str, ...]
    hides: tuple[str, ...] = ()
    saves: int = 0
    """Packets in the file that the keys write."""


#: Each filter is one word, as `strokes` wants it.
QUESTIONS: Final = (
    Question(
        "all connections of 10.0.0.5 with retransmissions",
        "/ ip.addr==10.0.0.5&&tcp.analysis.retransmission Enter", ("40008",), ("40009", "40005"),
    ),
    Question(
        "requests answered with 5xx slower than a second",
        "/ tcptui.request.status>=500&&tcptui.request.duration>1 Enter", ("40002",), ("40003", "40001"),
    ),
    Question("where does this trace id appear", "Ctrl+F ab12cd34 Enter", (r"GET /pay\?trace=ab12cd34",)),
    Question("its packet", "Ctrl+F ab12cd34 Enter Enter", ("▸.*GET .*ab12cd34",)),
    Question("save just this", "/ tcp.port==82 Enter w just.pcapng Enter", ("40006",), saves=4),
    Question("who was refused", '/ tcptui.finding=="connection-refused" Enter', ("40005",), ("40006", "40001")),
    Question("which SYN was never answered", '/ tcptui.finding=="syn-timeout" Enter', ("40006",), ("40001", "40005")),
    Question("everything but the web server", "/ !tcp.port==80 Enter", ("40005", "40006"), ("40001", "40008")),
    Question("all again, and back", "/ tcp.port==82 Enter \\ \\", ("40006",), ("40001",)),
    Question("which server costs most", "b", ("192.0.2.11:82",)),
    Question("only what I marked", "m / tcptui.marked Enter", ("40006",), ("40009", "40001")),
    Question("connections longer than two seconds", "/ tcptui.duration>2 Enter", ("40006",), ("40003", "40005")),
)  # fmt: skip


def recorded(path: Path) -> Path:
    """Eight connections: 200, 503 slow and fast, two with losses, a refusal, silence, a reset."""
    tape = Tape()
    exchange(tape, 100, 40001, b"/index.html", answer(b"200 OK", b"welcome"))
    exchange(tape, 400, 40002, b"/pay?trace=ab12cd34", answer(b"503 Busy", b"later"), think_ms=1500)
    exchange(tape, 2500, 40003, b"/pay", answer(b"503 Busy", b"later"))
    tape.refused(5000, "10.0.0.5:40005", API)
    for again in (0, 1000, 3000, 7000):
        tape.tcp(6000 + again, "10.0.0.5:40006", "192.0.2.11:82", SYN, 700, options=b"\x02\x04\x05\xb4")
    reset = "10.0.0.5:40007"
    tape.handshake(14000, reset, WEB)
    tape.tcp(14041, reset, WEB, PSH | ACK, 1001, 9001, b"GET /cart HTTP/1.1\r\nHost: shop.example\r\n\r\n")
    tape.tcp(14080, WEB, reset, RST | ACK, 9001, 1042)
    tape.lossy(15000, "10.0.0.5:40008", WEB)
    tape.lossy(16000, "10.0.0.6:40009", WEB)
    tape.records.sort(key=lambda record: record[0])
    path.write_bytes(tape.pcap())
    return path


async def answered(question: Question, app: TcptuiApp, pilot: Pilot[Any], out: Path) -> list[str]:
    """What is wrong with the screen after the keys; nothing where the question is answered."""
    assert app.session is not None
    while len(app.screen_stack) > 2:
        app.pop_screen()
    await app.switch_screen(MainScreen(app.session, Words(app.options.language), app.glyphs, app.options))
    await rest(app, pilot)
    for keys in strokes(question.typed.replace("just.pcapng", str(out))):
        await pilot.press(*keys)
        await rest(app, pilot)
    while question.saves and not out.exists():  # the test's time-out is the limit
        await pilot.pause(0.005)
    await rest(app, pilot)
    text = "\n".join(line.rstrip() for line in frame_lines(app.screen)).replace("\N{NO-BREAK SPACE}", " ")
    wrong = [f"not shown: {wanted}" for wanted in question.shows if not re.search(wanted, text)]
    wrong += [f"shown: {unwanted}" for unwanted in question.hides if re.search(unwanted, text)]
    if question.saves:
        saved = open_file(out)
        if saved.store.count != question.saves:
            wrong.append(f"saved {saved.store.count}")
        saved.close()
    return [f"{question.asked} ({question.typed})", *wrong, text] if wrong else []


# All four were tried once; neither the keys nor what they find depend on both.
@pytest.mark.parametrize(
    ("size", "language"), [((80, 24), Language.EN), ((120, 40), Language.ZH)], ids=["80x24-en", "120x40-zh"]
)
async def test_questions_are_answered_by_the_keys_of_the_table(
    size: tuple[int, int], language: Language, tmp_path: Path
) -> None:
    session = open_file(recorded(tmp_path / "shop.pcap"))
    app = TcptuiApp(session, language, ViewOptions(language=language, numeric=True))
    failed: list[str] = []
    async with app.run_test(size=size) as pilot:
        for question in QUESTIONS:
            failed += await answered(question, app, cast("Pilot[Any]", pilot), tmp_path / "just.pcapng")
    session.close()

    assert not failed, "\n".join(failed)


def test_there_are_twelve_at_least() -> None:
    assert len({question.asked for question in QUESTIONS}) >= 12
