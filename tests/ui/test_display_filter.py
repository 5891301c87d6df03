"""The display filter on the main screen: what it lists and shows, what it says, how it is lifted."""

from __future__ import annotations

import struct
import threading
import time
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest

from tcptui.session.filtering.cancelling import Cancelled
from tcptui.session.session import Session, open_file
from tcptui.ui.main.connection_index import ListFilter
from tcptui.ui.main.pane_specs import Pane
from tcptui.ui.main.prompt_line import SafeInput
from tcptui.words.language import Language
from tests.ui.conftest import SETTLES_IN_S, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tcptui.ui.main.matching import Matching
    from tests.ui.conftest import Shown, Wire

    Show = Callable[..., AbstractAsyncContextManager[Shown]]

_NAMED: Final = {
    " ": "space", ":": "colon", ".": "full_stop", "=": "equals_sign", "!": "exclamation_mark", "'": "apostrophe",
    "(": "left_parenthesis", ")": "right_parenthesis", "_": "underscore", "<": "less_than_sign",
    ">": "greater_than_sign", '"': "quotation_mark",
}  # fmt: skip


def keys(text: str) -> list[str]:
    return ["slash", *(_NAMED.get(sign, sign) for sign in text)]


async def typed_in(shown: Shown, text: str, *then: str) -> None:
    """Paste ``text`` behind `/`, let it come to rest, then press further keys."""
    await shown.pilot.press("slash", "ctrl+u")
    shown.screen.prompt.query_one(SafeInput).insert_text_at_cursor(text)
    await shown.settle()
    await shown.press(*then)


def listed(shown: Shown) -> list[int]:
    return [int(stream) for stream in shown.screen.workspace.connections.index.order]


def frames(shown: Shown) -> list[int]:
    return [int(frame) for frame in shown.screen.session.store.frame[shown.screen.workspace.ladder.rows]]


@pytest.mark.parametrize(
    ("typed", "streams"),
    [
        ("tcp.port == 8443", [2]),
        ("ip.addr == 10.0.0.3", [3]),
        ("tcp.flags.reset == 1", [2]),
        ("tcp.analysis.retransmission", [1]),
        ("not tcp.dstport == 80 and not tcp.srcport == 80", [2]),
        ("tcp", [0, 1, 2, 3]),
        ("udp", []),
    ],
)
async def test_filter_lists_connections_of_which_a_packet_matches(
    show: Show, mixed_session: Session, typed: str, streams: list[int]
) -> None:
    async with show(mixed_session) as shown:
        await typed_in(shown, typed, "enter")
        found, text = listed(shown), "\n".join(shown.lines())
        await shown.press("escape")
        after = listed(shown)

    assert found == streams
    assert f"{len(streams)} of 4" in text
    assert after == [0, 1, 2, 3]


async def test_timeline_shows_only_packets_that_match_and_says_how_many(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        await typed_in(shown, "tcp.flags.syn == 1", "enter")
        alone, title = frames(shown), "\n".join(shown.lines())
        await shown.press("v")
        context = frames(shown)
        await shown.press("v")
        again = frames(shown)

    assert alone == [1, 2]
    assert context == list(range(1, 9))
    assert again == [1, 2]
    assert "2 of 8 packets" in title


async def test_packets_between_the_matches_are_fainter(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        ladder = shown.screen.workspace.ladder
        shown.screen.controllers.filtering.filter_by("tcp.flags.syn == 1")
        await shown.settle()
        await shown.press("v")
        hidden = {segment.style for segment in ladder.row(3, 100)}
        matching = {segment.style for segment in ladder.row(0, 100)}

        assert hidden == {ladder.palette.faint}
    assert len(matching) > 1


async def test_list_says_how_many_packets_of_each_connection_match(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session, (200, 50)) as shown:
        await typed_in(shown, "tcp.flags.syn == 1", "enter")
        text = shown.lines()
        title = shown.screen.controllers.filter_saying.line.text

    assert sum("2/8" in line for line in text) == 2
    assert any("1/2" in line for line in text)
    assert "7 of" in title


async def test_mistake_is_marked_under_the_wrong_word_and_the_last_good_result_stays(
    show: Show, mixed_session: Session
) -> None:
    async with show(mixed_session) as shown:
        await typed_in(shown, "tcp.port == 8443")
        good = listed(shown)
        await shown.press(*keys(" and tcp.prt == 80")[1:])
        lines = shown.lines()
        wrong = listed(shown)
        at = next(number for number, line in enumerate(lines) if "tcp.prt" in line)
        await shown.press("enter")
        is_open = shown.screen.prompt.is_open
        text = shown.screen.controllers.filter_saying.line.text

    assert good == wrong == [2]
    below = lines[at + 1]
    assert below[lines[at].index("tcp.prt") :].startswith("^^^^^^^ ")
    assert below.count("^") == len("tcp.prt")
    assert "There is no field tcp.prt" in text
    assert "Did you mean tcp.port?" in text
    assert "Tab: tcp.port == 8443 and tcp.port == 80" in text
    assert is_open


async def test_unfinished_filter_is_no_mistake_until_enter(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        await typed_in(shown, "tcp.port ==")
        quiet = "\n".join(shown.lines())
        await shown.press("enter")
        above_note = "\n".join(shown.lines())

    assert "^" not in quiet
    assert "^" in above_note


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ip.addr == 10", "A value of ip.addr. Tab: values that occur here."),
        ("ip.addr == 10.0.", "A value of ip.addr. Tab: values that occur here."),
        ("eth.src == 00:", "A value of eth.src. Tab: values that occur here."),
        ("tcp.flags == 0x", "A value of tcp.flags. Tab: values that occur here."),
        ("tcp.port == 80 and tcp.flags.", "tcp.flags.ack  tcp.flags.ae"),
    ],
)
async def test_what_is_being_typed_is_no_mistake_until_enter(
    show: Show, mixed_session: Session, text: str, said: str
) -> None:
    async with show(mixed_session) as shown:
        await typed_in(shown, text)
        quiet, told = "\n".join(shown.lines()), shown.screen.controllers.filter_saying.line.text
        await shown.press("enter")
        above_note = "\n".join(shown.lines())

    assert told.startswith(said)
    assert "^" not in quiet
    assert "^" in above_note


@pytest.mark.parametrize("text", ["ip.addr == 10.0.0.300", "tcp.port == 80.0", "tcp.port = 80", "tcp.port == ht"])
async def test_what_no_more_letters_mend_is_marked_at_once(show: Show, mixed_session: Session, text: str) -> None:
    async with show(mixed_session) as shown:
        await typed_in(shown, text)
        quiet = "\n".join(shown.lines())

    assert "^" in quiet


async def test_beginning_of_a_field_leaves_the_list_as_it_is(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        await typed_in(shown, "tcp.port == 8443", "enter")
        await shown.press("slash")
        shown.screen.prompt.replace_text("tcp.fl")
        await shown.settle()
        found, said = listed(shown), shown.screen.controllers.filter_saying.line.text

    assert found == [2]
    assert "tcp.flags" in said


async def test_field_that_there_is_not_is_told_before_an_operator_is_typed_and_the_list_stays(
    show: Show, mixed_session: Session
) -> None:
    async with show(mixed_session) as shown:
        await typed_in(shown, "tcp.port == 8443", "enter")
        await shown.press("slash")
        shown.screen.prompt.replace_text("not tcp.prt")
        await shown.settle()
        found, lines, said = listed(shown), shown.lines(), shown.screen.controllers.filter_saying.line.text
        await shown.press("tab")
        taken = shown.screen.prompt.text
        await shown.press("ctrl+u", *keys("tcp.prt")[1:], "enter")
        by_words, matching = listed(shown), shown.screen.controllers.filtering.matching

    at = next(number for number, line in enumerate(lines) if "not tcp.prt" in line)
    assert found == [2]
    assert lines[at + 1][lines[at].index("tcp.prt") :].startswith("^^^^^^^ There is no field tcp.prt")
    assert "Enter looks for these words in the list." in said
    assert taken == "not tcp.port"
    assert by_words == []
    assert matching is None


async def test_words_that_became_a_wrong_filter_narrow_no_longer(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        await typed_in(shown, "xyz")
        by_words = listed(shown)
        await shown.press(*keys(" == 80")[1:])
        by_mistake = listed(shown)

    assert by_words == []
    assert by_mistake == [0, 1, 2, 3]


async def test_quote_forces_words(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        await typed_in(shown, "'tcp", "enter")
        found = listed(shown)
        matching = shown.screen.controllers.filtering.matching
        await shown.press("slash")
        text = shown.screen.prompt.text

    assert found == []
    assert matching is None
    assert text == "'tcp"


async def test_words_take_the_place_of_a_filter_and_the_reverse(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        await typed_in(shown, "tcp.port == 8443", "enter")
        await typed_in(shown, "10.0.0.1", "enter")
        by_words, packets = listed(shown), frames(shown)
        await typed_in(shown, "tcp.stream == 3", "enter")
        by_filter = listed(shown)

    assert by_words == [0, 1]
    assert len(packets) == 8
    assert by_filter == [3]


async def test_escape_in_the_prompt_puts_back_what_was_before(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        await shown.press("j", *keys("tcp.port == 8443"), "escape")
        nothing = listed(shown), shown.screen.workspace.connections.stream
        await typed_in(shown, "tcp.stream < 2", "enter")
        await shown.press("slash", "ctrl+u", *keys("udp")[1:], "escape")
        filtered = listed(shown)

    assert nothing == ([0, 1, 2, 3], 1)
    assert filtered == [0, 1]


async def test_one_key_lifts_the_filter_and_puts_it_back(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        await shown.press("backslash")
        none = "\n".join(shown.lines())
        await typed_in(shown, "tcp.port == 8443", "enter", "backslash")
        lifted, said = listed(shown), shown.screen.controllers.filter_saying.line.text
        await shown.press("backslash")
        back = listed(shown)
        await shown.press("escape", "backslash")
        again = listed(shown)

    assert "No filter" in none
    assert lifted == [0, 1, 2, 3]
    assert "Lifted: tcp.port == 8443" in said
    assert back == again == [2]


async def test_filter_says_what_it_did_and_which_trap_it_stepped_into(show: Show, wire: Wire, tmp_path: Path) -> None:
    wire.clean(0, "10.0.0.1:40001", "192.0.2.10:80")
    wire.clean(600, "10.0.0.3:40004", "192.0.2.10:8080")
    wire._ip(900, "10.0.0.5", "192.0.2.10", 17, struct.pack("!HHHH", 5000, 5001, 8, 0))
    async with show(open_file(wire.pcap(tmp_path / "udp.pcap"))) as shown:
        await typed_in(shown, "tcp.flags.syn")
        trap = shown.screen.controllers.filter_saying.line.text
        await shown.press("ctrl+u", *keys("tcp.flags.syn == 1")[1:], "enter")
        await shown.press("4")
        explained = [passage.text for passage in shown.screen.workspace.explain.document]

    assert "16 of 17 packets" in trap
    assert "1 packet without tcp.flags.syn: not shown" in trap
    assert "matches every TCP packet" in trap
    assert "tcp.flags.syn == 1" in trap
    assert "2 of 8 packets of this connection pass the filter tcp.flags.syn == 1." in explained


@pytest.mark.parametrize(
    ("size", "told"),
    [((60, 16), "tcp.flags.reset == 1  1 of 4 connections   \\ lifts it"),
     ((120, 40), "tcp.flags.reset == 1  1 of 29 packets, 1 of 4 connections   \\ lifts it")],
)  # fmt: skip
async def test_filter_and_the_key_that_lifts_it_are_whole_where_counts_can_be_shorter(
    show: Show, mixed_session: Session, size: tuple[int, int], told: str
) -> None:
    async with show(mixed_session, size) as shown:
        await typed_in(shown, "tcp.flags.reset == 1", "enter")
        packets = mixed_session.store.count
        said = [line for line in shown.lines() if "lifts it" in line]

    assert [" ".join(line.split()) for line in said] == [" ".join(told.replace("29", str(packets)).split())]


async def test_filter_that_nothing_passes_is_explained(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        await typed_in(shown, "tcp.port != 80 and tcp.port != 8443", "enter")
        explained = [passage.text for passage in shown.screen.workspace.explain.document]

    assert explained[0] == "0 of 31 packets, 0 of 4 connections"
    assert any("must differ" in text for text in explained)


async def test_capture_filter_words_are_recognised_and_translated(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        await typed_in(shown, "host 10.0.0.3")
        words = shown.screen.controllers.filter_saying.line.text
        await shown.press("ctrl+u", *keys("tcp port 80")[1:])
        filtered = shown.screen.controllers.filter_saying.line.text

    assert "These are words of a capture filter." in words
    assert "Enter: ip.addr == 10.0.0.3" in words
    assert "Enter: tcp.port == 80" in filtered


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("port 8443", "(tcp.port == 8443 or udp.port == 8443)"), ("tcp port 80", "tcp.port == 80"),
        ("not port 80", "not (tcp.port == 80 or udp.port == 80)"), ("src host 10.0.0.3", "ip.src == 10.0.0.3"),
        ("host 10.0.0.1 and port 80", "ip.addr == 10.0.0.1 and (tcp.port == 80 or udp.port == 80)"),
    ],
)  # fmt: skip
async def test_enter_takes_words_of_a_capture_filter_as_what_they_mean(
    show: Show, mixed_session: Session, typed: str, meant: str
) -> None:
    said: list[str] = []
    async with show(mixed_session) as shown:
        shown.screen.say = lambda text, _seconds=0.0: said.append(text)  # type: ignore[method-assign]
        await typed_in(shown, typed, "enter")
        filtering = shown.screen.controllers.filtering
        await until(lambda: filtering.matching is not None)
        found = filtering.matching
        is_open, words = shown.screen.prompt.is_open, filtering.words_beside

    assert found is not None
    assert (found.text, is_open, words) == (meant, False, ())
    assert found.account.matched > 0
    assert said == [f"{typed} means {meant}"]


async def test_words_behind_an_apostrophe_stay_words(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        await typed_in(shown, "'port 80", "enter")
        narrowing = shown.screen.workspace.connections.index.narrowing

    assert (narrowing.words, narrowing.matching) == (("port", "80"), None)


async def test_hidden_packet_is_not_gone_to_but_the_nearest_one_shown(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        await typed_in(shown, "tcp.flags.syn == 1", "enter")
        shown.screen.controllers.going.go_to("7")
        await shown.settle()
        own, said = shown.screen.workspace.row, "\n".join(shown.lines())
        shown.screen.controllers.filtering.filter_by("tcp.port == 8443")
        await shown.settle()
        shown.screen.controllers.going.go_to("1")
        await shown.settle()
        other = shown.screen.workspace.row

    assert own == 1
    assert "hides packet 7" in said
    assert mixed_session.store.stream[other] == 2


async def test_shown_packet_is_gone_to_without_a_word(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        await typed_in(shown, "tcp.flags.syn == 1", "enter")
        shown.screen.controllers.going.go_to("2")
        await shown.settle()

        assert shown.screen.workspace.row == 1
        assert "hides" not in "\n".join(shown.lines())


async def test_prediction_shows_all_packets_whatever_the_filter(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        await typed_in(shown, "tcp.flags.syn == 1", "enter", "enter")
        await shown.press("p")
        asked = frames(shown)
        await shown.press("escape")
        after = frames(shown)

    assert asked[:2] == [1, 2]
    assert len(asked) > 2 or asked == list(range(1, len(asked) + 1))
    assert after == [1, 2]


async def test_newer_text_cancels_the_answer_to_the_older_one(
    show: Show, mixed_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []

    class Slow:
        """Answers the first filter only once it is cancelled."""

        first, owes = 0, False

        def __init__(self, session: Session, compiled: object) -> None:
            self.mask = np.ones(session.store.count, np.bool_)
            self._session, self._text = session, compiled.text  # type: ignore[attr-defined]

        def update(self, *, cancelled: Callable[[], bool], progress: Callable[[int], None]) -> None:
            from tcptui.session.filtering.cancelling import Cancelled

            begun.append(self._text)
            progress(1)
            while "80" in self._text:
                if cancelled():
                    raise Cancelled

        def counts(self) -> object:
            return np.ones(self._session.streams.count, np.int64)

        def unread(self) -> object:
            return np.zeros(0, np.int64)

    monkeypatch.setattr("tcptui.ui.main.filtering.evaluation", Slow)
    async with show(mixed_session) as shown:
        shown.screen.controllers.filtering.filter_by("tcp.port == 80")
        while not begun:
            await shown.pilot.pause()
        shown.screen.controllers.filtering.filter_by("tcp.stream == 1")
        await shown.settle()
        matching = shown.screen.controllers.filtering.matching

    assert begun == ["tcp.port == 80", "tcp.stream == 1"]
    assert matching is not None
    assert matching.text == "tcp.stream == 1"


class Gated:
    """A filter that is answered once it is cancelled, never else."""

    first, owes = 0, False

    def __init__(self, session: Session, _compiled: object) -> None:
        self.mask = np.zeros(session.store.count, np.bool_)

    def update(self, *, cancelled: Callable[[], bool], progress: Callable[[int], None]) -> None:
        from tcptui.session.filtering.cancelling import Cancelled

        progress(7)
        end = time.monotonic() + SETTLES_IN_S
        while not cancelled() and time.monotonic() < end:
            time.sleep(0.001)
        raise Cancelled

    def counts(self) -> object:
        raise AssertionError


async def test_progress_of_a_filter_is_shown_instead_of_the_counts_of_the_one_before(
    show: Show, mixed_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with show(mixed_session) as shown:
        await typed_in(shown, "tcp.port == 8443", "enter")
        monkeypatch.setattr("tcptui.ui.main.filtering.evaluation", Gated)
        shown.screen.controllers.filtering.filter_by("tcp.stream == 1")
        await until(lambda: "Filtering: 7 of" in shown.screen.controllers.filter_saying.line.text)
        await shown.pilot.press("slash")
        await until(lambda: "Filtering: 7 of" in shown.screen.controllers.filter_saying.line.text)
        assert shown.screen.prompt.text == "tcp.stream == 1"
        await shown.pilot.press("escape")
        assert shown.screen.controllers.filtering.wanted == "tcp.stream == 1"
        await shown.pilot.press("backslash")
        await shown.settle()
        assert listed(shown) == [0, 1, 2, 3]
        assert "tcp.stream == 1" in shown.screen.controllers.filter_saying.line.text


async def test_first_letters_of_a_filter_narrow_no_longer_while_it_is_worked_out(
    show: Show, mixed_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tcptui.ui.main.filtering.evaluation", Gated)
    async with show(mixed_session) as shown:
        await typed_in(shown, "tl")
        by_words = listed(shown)
        await shown.pilot.press("s")
        await until(lambda: "Filtering: 7 of" in shown.screen.controllers.filter_saying.line.text)
        await until(lambda: listed(shown) != by_words)
        at_work = listed(shown)
        await shown.pilot.press("enter", "backslash")
        await shown.settle()

    assert by_words == []
    assert at_work == [0, 1, 2, 3]
    assert listed(shown) == at_work


async def test_filter_that_is_put_back_before_its_thread_has_noticed_is_asked_again(
    show: Show, mixed_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, may_notice, answers = threading.Event(), threading.Event(), []
    async with show(mixed_session) as shown:
        filtering = shown.screen.controllers.filtering
        await typed_in(shown, "tcp.stream == 1", "enter")
        await until(lambda: filtering.is_at_rest)
        work = filtering.work
        assert work is not None
        answer = work.answer

        def interrupted() -> Matching:
            answers.append(work)
            if len(answers) == 1:
                asked.set()
                assert may_notice.wait(SETTLES_IN_S)
                raise Cancelled
            return answer()

        monkeypatch.setattr(work, "answer", interrupted)
        filtering._begin()
        await until(asked.is_set)
        await shown.pilot.press("backslash", "backslash")
        assert filtering.work is work
        may_notice.set()
        await until(lambda: filtering.is_at_rest and len(answers) == 2)


class InParts:
    """A filter that finds packets of connection 1, and goes on with the others once it may."""

    first, owes = 0, False
    may_go_on = threading.Event()

    def __init__(self, session: Session, _compiled: object) -> None:
        self.session = session
        self.mask = self.found = np.zeros(session.store.count, np.bool_)

    def update(self, *, cancelled: Callable[[], bool], progress: Callable[[int], None]) -> None:
        self.found = self.session.store.stream[: self.session.store.count] == 1
        progress(7)
        while not self.may_go_on.wait(0.01):
            if cancelled():
                raise Cancelled
        self.mask = np.ones(len(self.found), np.bool_)

    def counts(self) -> object:
        return np.bincount(self.session.store.stream[: self.session.store.count])

    def unread(self) -> object:
        return np.zeros(0, np.int64)


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Filters are answered by `InParts`; what lets them go on."""
    monkeypatch.setattr("tcptui.ui.main.filtering.evaluation", InParts)
    monkeypatch.setattr("tcptui.ui.main.filter_work._SHOWN_AFTER", 0.0)
    monkeypatch.setattr(InParts, "may_go_on", threading.Event())
    yield InParts.may_go_on
    InParts.may_go_on.set()


async def test_what_was_found_so_far_is_shown_while_the_rest_is_looked_at(
    show: Show, mixed_session: Session, in_parts: threading.Event
) -> None:
    async with show(mixed_session) as shown:
        filtering = shown.screen.controllers.filtering
        filtering.filter_by("http")
        await until(lambda: listed(shown) == [1])
        was_due, said = filtering.is_due, shown.screen.controllers.filter_saying
        await until(lambda: "7 of 31 packets" in said.line.text and "match so far" in said.line.text)
        in_parts.set()
        await until(lambda: listed(shown) == [0, 1, 2, 3])
        await shown.settle()

    assert was_due
    assert not filtering.is_due
    assert filtering.matching is not None
    assert not filtering.matching.is_partial


async def test_what_was_found_so_far_of_a_lifted_filter_is_not_put_back(
    show: Show, mixed_session: Session, in_parts: threading.Event
) -> None:
    async with show(mixed_session) as shown:
        filtering = shown.screen.controllers.filtering
        filtering.filter_by("http")
        await until(lambda: listed(shown) == [1])
        filtering.lift()
        await until(lambda: listed(shown) == [0, 1, 2, 3])
        in_parts.set()
        filtering.switch()
        await until(lambda: filtering.matching is not None and not filtering.matching.is_partial)
        await shown.settle()

    assert filtering.wanted == "http"


@pytest.mark.parametrize("owed", [0, 3])
async def test_capture_at_rest_is_asked_until_the_filter_owes_nothing(
    show: Show, mixed_session: Session, monkeypatch: pytest.MonkeyPatch, owed: int
) -> None:
    updates: list[int] = []

    class InTurns:
        """Is through with a capture after so many more updates."""

        first = 0

        def __init__(self, session: Session, _compiled: object) -> None:
            self.mask = np.zeros(session.store.count, np.bool_)
            self._session = session

        @property
        def owes(self) -> bool:
            return len(updates) <= owed

        def update(self, *, cancelled: Callable[[], bool], progress: Callable[[int], None]) -> None:
            updates.append(1)
            self.mask[:2] = not self.owes

        def counts(self) -> object:
            return np.ones(self._session.streams.count, np.int64)

        def unread(self) -> object:
            return np.zeros(0, np.int64)

    monkeypatch.setattr("tcptui.ui.main.filtering.evaluation", InTurns)
    monkeypatch.setattr("tcptui.ui.main.filtering._REST", 0.0)
    async with show(mixed_session) as shown:
        screen = shown.screen
        screen.controllers.filtering.filter_by("tcp.stream == 1")
        await until(
            lambda: bool(
                screen.controllers.filtering.matching is not None and screen.controllers.filtering.matching.mask.any()
            )
        )
        for _ in range(5):  # nothing new, nothing owed
            screen.tick()
            await shown.settle()

    assert len(updates) == 1 + owed


async def test_filter_that_is_worked_out_goes_along_to_another_language_and_its_thread_ends(
    show: Show, mixed_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with show(mixed_session) as shown:
        monkeypatch.setattr("tcptui.ui.main.filtering.evaluation", Gated)
        shown.screen.controllers.filtering.filter_by("tcp.stream == 1")
        work = shown.screen.controllers.filtering.work
        assert work is not None
        await until(lambda: work.done == 7)
        monkeypatch.undo()
        await shown.pilot.app.run_action("set_language('zh')")
        await until(lambda: work.is_cancelled)
        shown.screen = shown.pilot.app.screen  # type: ignore[assignment]
        await shown.settle()
        assert listed(shown) == [1]


async def test_filter_in_force_stays_when_another_turns_out_to_be_wrong(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        await typed_in(shown, "tcp.port == 8443", "enter")
        shown.screen.controllers.filtering.filter_by("tcp.pdu.size == 1")  # compiles, but nothing reads the field
        await until(
            lambda: shown.screen.controllers.filtering.is_at_rest and "tcp.pdu.size" in "\n".join(shown.lines())
        )
        assert shown.screen.controllers.filtering.wanted == "tcp.port == 8443"
        assert "tcp.port == 8443" in shown.screen.controllers.filter_saying.line.text
        await shown.press("backslash")
        assert listed(shown) == [0, 1, 2, 3]
        await shown.press("backslash")
        assert listed(shown) == [2]


async def test_filter_whose_packets_cannot_be_read_any_more_can_be_lifted(
    show: Show, mixed_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with show(mixed_session) as shown:
        await typed_in(shown, "tcp.port == 8443", "enter")
        work = shown.screen.controllers.filtering.work
        assert work is not None

        def failing() -> Matching:
            raise OSError(5, "Input/output error")

        monkeypatch.setattr(work, "answer", failing)
        shown.screen.controllers.filtering._begin()
        await until(lambda: "cannot be read again" in "\n".join(shown.lines()))
        assert listed(shown) == [2]
        await shown.press("backslash")
        assert listed(shown) == [0, 1, 2, 3]
        await shown.press("backslash")
        assert listed(shown) == [2]


def test_pasted_book_narrows_by_the_words_that_it_begins_with() -> None:
    assert ListFilter.of("one two one " * 10_000).words == ("one", "two")
    assert len(ListFilter.of(" ".join(map(str, range(100_000)))).words) < 100


async def test_packets_that_cannot_be_read_again_are_a_line(
    show: Show, mixed_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_session: Session, _compiled: object) -> object:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("tcptui.ui.main.filtering.evaluation", failing)
    async with show(mixed_session) as shown:
        await typed_in(shown, "tcp.port == 80", "enter")
        text = "\n".join(shown.lines())
        found = listed(shown)

    assert "cannot be read again (Input/output error)" in text
    assert found == [0, 1, 2, 3]


@pytest.mark.each_value
@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40), (200, 50)])
@pytest.mark.parametrize("language", list(Language))
async def test_filter_in_force_is_named_on_every_screen(
    show: Show, mixed_session: Session, size: tuple[int, int], language: Language
) -> None:
    async with show(mixed_session, size, language) as shown:
        await typed_in(shown, "tcp.flags.syn == 1", "enter", "enter")
        text = "\n".join(shown.lines())

        assert shown.screen.workspace.active is Pane.TIMELINE
    assert "tcp.flags.syn == 1" in text
    assert "\\" in text


async def test_filter_of_the_command_line_is_on_from_the_beginning(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session, display_filter="tcp.port == 8443") as shown:
        await shown.settle()
        found = listed(shown)
        await shown.press("slash", "ctrl+u", "up")
        recalled = shown.screen.prompt.text

    assert found == [2]
    assert recalled == "tcp.port == 8443"


async def test_language_switch_keeps_the_filter(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        await typed_in(shown, "tcp.port == 8443", "enter")
        await shown.pilot.app.run_action("set_language('zh')")
        await shown.pilot.pause()
        shown.screen = shown.pilot.app.screen  # type: ignore[assignment]
        await shown.settle()
        found, said = listed(shown), shown.screen.controllers.filter_saying.line.text

    assert found == [2]
    assert "tcp.port == 8443" in said


@pytest.mark.parametrize("text", ["tcp == " + "9" * 100_000, "(" * 10_000 + "tcp", "tcp[" * 500 + "== 1"])
async def test_monstrous_filter_is_refused_in_a_line_or_two(show: Show, mixed_session: Session, text: str) -> None:
    async with show(mixed_session, (80, 24)) as shown:
        await shown.press("slash")
        shown.screen.prompt.query_one("#prompt-text").insert_text_at_cursor(text)  # type: ignore[attr-defined]
        await shown.settle()
        await shown.press("enter")
        found, line = listed(shown), shown.screen.controllers.filter_saying.line

        assert line.text
        assert line.size.height <= 4
    assert found == [0, 1, 2, 3]


async def tab(shown: Shown, text: str) -> tuple[str, str]:
    """What Tab makes of ``text``, and what it offers."""
    shown.screen.prompt.replace_text(text)
    await shown.settle()
    await shown.pilot.press("tab")
    await shown.pilot.app.workers.wait_for_complete()
    await shown.settle()
    return shown.screen.prompt.text, shown.screen.controllers.filter_saying.line.text


async def test_tab_completes_fields_operators_and_values_that_occur_here(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        await shown.press("slash")

        assert await tab(shown, "tcp.srcp") == ("tcp.srcport ", shown.screen.controllers.filter_saying.line.text)
        grown, offered = await tab(shown, "tcp.flags.s")
        assert grown == "tcp.flags.s"
        assert "tcp.flags.syn" in offered
        assert "tcp.flags.str" in offered
        assert (await tab(shown, "tcp.port con"))[0] == "tcp.port con"  # numbers contain nothing
        assert (await tab(shown, "tcp.port == 84"))[0] == "tcp.port == 8443 "
        assert (await tab(shown, "ip.addr == 10.0.0.3"))[0] == "ip.addr == 10.0.0.3"
        _, values = await tab(shown, "tcp.dstport == 4000")
        assert "40001  40002  40003  40004" in " ".join(sorted(values.split())).replace(" ", "  ")
        assert (await tab(shown, "tcp.port == 8443 a"))[0] == "tcp.port == 8443 and "


async def test_tab_takes_what_was_probably_meant(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        await shown.press("slash")
        fixed, _ = await tab(shown, "tcp.prt == 8443")
        found = listed(shown)
        translated, _ = await tab(shown, "port 8443")

    assert fixed == "tcp.port == 8443"
    assert found == [2]
    assert translated == "(tcp.port == 8443 or udp.port == 8443)"


async def test_what_names_a_connection_or_a_word_lifts_the_filter_first(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        shown.screen.controllers.filtering.filter_by("tcp.port == 8443")
        await shown.settle()
        shown.screen.controllers.filtering.go_to_stream(0)
        await shown.settle()
        there = shown.screen.workspace.ladder.stream, len(frames(shown))
        await shown.press("backslash")
        back = listed(shown)
        shown.screen.controllers.filtering.list_with("10.0.0.3")
        await shown.settle()
        by_words, packets = listed(shown), frames(shown)

    assert there == (0, 8)
    assert back == [2]
    assert by_words == [3]
    assert len(packets) == 8
