from __future__ import annotations

import asyncio
import struct
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

import pytest
from screen_lines import screen_lines
from textual._compositor import Compositor
from textual._context import active_app
from textual._wait import wait_for_idle
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.pilot import Pilot

from tcptui.protocols.scapy_child.client import Reply, ScapyChild
from tcptui.session.session import Session, open_file
from tcptui.ui.app import TcptuiApp
from tcptui.ui.background import Background
from tcptui.ui.main.columns import Sorting
from tcptui.ui.main.pane_specs import Pane
from tcptui.ui.screens.noticing import NoticingScreen
from tcptui.ui.terminal.key_order import has_messages, is_busy
from tcptui.ui.view_options import ViewOptions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Hashable, Iterator, Sequence
    from pathlib import Path

    from textual.app import App
    from textual.dom import DOMNode
    from textual.screen import Screen

    from tcptui.protocols.scapy_child.messages import Question
    from tcptui.ui.main.screen import MainScreen
    from tcptui.words.language import Language

SYN, FIN, RST, PSH, ACK = 2, 1, 4, 8, 16
#: Only a failing test waits so long, in seconds.
SETTLES_IN_S = 600
#: So many turns of the event loop are enough for all messages that follow from a key; some tests have a widget wait.
_TURNS: Final = 1000
#: So many updates of a screen, too, of which each may ask for the next.
_UPDATES: Final = 20
START_NS = 1_700_000_000_000_000_000
MSS = b"\x02\x04\x05\xb4"
_REPLIES: Final[dict[tuple[Question, ...], list[Reply]]] = {}


@dataclass
class Wire:
    """Packets written down one by one: raw IPv4, times in milliseconds."""

    frames: list[tuple[int, bytes]] = field(default_factory=list)

    def tcp(
        self, ms: float, source: str, target: str, flags: int, seq: int, ack: int = 0, *,
        payload: bytes = b"", window: int = 64240, options: bytes = b"",
    ) -> None:  # fmt: skip
        from_host, from_port = source.rsplit(":", 1)
        to_host, to_port = target.rsplit(":", 1)
        size = 20 + len(options)
        header = struct.pack(
            "!HHIIHHHH", int(from_port), int(to_port), seq % 2**32, ack % 2**32, size // 4 << 12 | flags, window, 0, 0
        )
        self._ip(ms, from_host, to_host, 6, header + options + payload)

    def unreachable(self, ms: float, router: str, source: str, target: str, seq: int) -> None:
        """ICMP port unreachable from `router` about the SYN that `source` sent."""
        from_host, from_port = source.rsplit(":", 1)
        to_host, to_port = target.rsplit(":", 1)
        syn = struct.pack("!HHIIHHHH", int(from_port), int(to_port), seq, 0, 0x5002, 0, 0, 0)
        quoted = self._ip_bytes(from_host, to_host, 6, syn)
        self._ip(ms, router, from_host, 1, struct.pack("!BBHI", 3, 1, 0, 0) + quoted)

    def _ip(self, ms: float, source: str, target: str, protocol: int, body: bytes) -> None:
        self.frames.append((START_NS + round(ms * 1e6), self._ip_bytes(source, target, protocol, body)))

    @staticmethod
    def _ip_bytes(source: str, target: str, protocol: int, body: bytes) -> bytes:
        addresses = ip_address(source).packed + ip_address(target).packed
        return struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0x4000, 64, protocol, 0) + addresses + body

    def pcap(self, path: Path) -> Path:
        records = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 101)]
        for ns, data in self.frames:
            records.append(struct.pack("<IIII", ns // 10**9, ns % 10**9, len(data), len(data)) + data)
        path.write_bytes(b"".join(records))
        return path

    # -- whole connections -------------------------------------------------------------
    def handshake(self, ms: float, client: str, server: str) -> None:
        self.tcp(ms, client, server, SYN, 1000, options=MSS)
        self.tcp(ms + 40, server, client, SYN | ACK, 9000, 1001, options=MSS)
        self.tcp(ms + 40.1, client, server, ACK, 1001, 9001)

    def clean(self, ms: float, client: str, server: str, payload: bytes = b"GET / HTTP/1.1\r\n\r\n") -> None:
        """Eight packets: handshake, a request, its ACK, three-packet close."""
        self.handshake(ms, client, server)
        end = 1001 + len(payload)
        self.tcp(ms + 41, client, server, PSH | ACK, 1001, 9001, payload=payload)
        self.tcp(ms + 81, server, client, ACK, 9001, end)
        self.tcp(ms + 100, client, server, FIN | ACK, end, 9001)
        self.tcp(ms + 140, server, client, FIN | ACK, 9001, end + 1)
        self.tcp(ms + 140.1, client, server, ACK, end + 1, 9002)

    def lossy(self, ms: float, client: str, server: str) -> None:
        """A lost segment, three duplicate ACKs, a fast retransmission."""
        self.handshake(ms, client, server)
        data = bytes(1000)
        for index in (0, 2, 3, 4):
            self.tcp(ms + 50 + index, server, client, ACK, 9001 + 1000 * index, 1001, payload=data)
            self.tcp(ms + 50.1 + index, client, server, ACK, 1001, 10001)
        self.tcp(ms + 55, server, client, ACK, 10001, 1001, payload=data)
        self.tcp(ms + 55.1, client, server, ACK, 1001, 14001)

    def refused(self, ms: float, client: str, server: str) -> None:
        self.tcp(ms, client, server, SYN, 5000, options=MSS)
        self.tcp(ms + 1, server, client, RST | ACK, 0, 5001, window=0)

    def unanswered(self, ms: float, client: str, server: str) -> None:
        for again in (0, 1000, 3000, 7000):
            self.tcp(ms + again, client, server, SYN, 700, options=MSS)


@pytest.fixture(autouse=True)
def _known_terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The same colours and no motion on every machine; what is kept between runs is kept for this test."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in ("XDG_RUNTIME_DIR", "TMUX", "STY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.fixture(autouse=True)
def _each_packet_dissected_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """scapy's process is asked once for each packet: most tests show the same few."""
    dissect = ScapyChild.dissect

    def once(self: ScapyChild, questions: Sequence[Question]) -> list[Reply]:
        key = tuple(questions)
        replies = _REPLIES.get(key)
        if replies is None:
            replies = dissect(self, questions)
            if all(reply.was_asked and not reply.stopped for reply in replies):
                _REPLIES[key] = replies
        return list(replies)

    monkeypatch.setattr(ScapyChild, "dissect", once)


@pytest.fixture(autouse=True, scope="session")
def _each_style_sheet_parsed_once() -> Iterator[None]:
    """Apps share the rules that are parsed from the same text with the same variables: nothing changes a rule."""
    parse = Stylesheet._parse_rules
    parsed: dict[tuple[object, ...], list[RuleSet]] = {}

    def once(self: Stylesheet, *of: Any, **more: Any) -> list[RuleSet]:
        key = (*of, *sorted(more.items()), *sorted(self._variables.items()))
        if key not in parsed:
            parsed[key] = parse(self, *of, **more)
        return parsed[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stylesheet, "_parse_rules", once)
        yield


class _SharedRules(dict[Any, Any]):
    """The rules that `Stylesheet.apply` has found for a node, for all nodes like it: of any app with the same sheet.

    Rules depend on the types, names, classes and pseudo-classes of a node and of all that it is in.  Textual does not
    ask here where a rule depends on more, as ``:odd`` does, and shares them within one screen by itself.
    """

    def __init__(self, found: dict[object, Any], node: DOMNode) -> None:
        super().__init__()
        self.found, self.node = found, node

    def _like(self) -> tuple[object, ...]:
        parts: list[object] = []
        node: Any = self.node
        while node is not None:
            parts += type(node), node._id, frozenset(node._classes), node._pseudo_classes_cache_key
            node, last = node._parent, node
        return *parts, *last.pseudo_classes  # of the app, which has more: dark, focus …

    def get(self, _key: object, _default: object = None) -> Any:
        return self.found.get(self._like())

    def __setitem__(self, _key: object, rules: Any) -> None:
        self.found[self._like()] = rules


@pytest.fixture(autouse=True, scope="session")
def _rules_of_a_node_found_once() -> Iterator[None]:
    """Apps share what their style sheet says of nodes that are alike: a seventh of the time of all went there."""
    apply = Stylesheet.apply
    sheets: dict[tuple[int, ...], dict[object, Any]] = {}

    def once(self: Stylesheet, node: DOMNode, *, animate: bool = False, cache: object = None) -> None:
        rules = self.rules
        known = getattr(self, "_known_rules", None)
        if known is None or known[0] is not rules:
            known = self._known_rules = rules, sheets.setdefault(tuple(map(id, rules)), {})
        apply(self, node, animate=animate, cache=_SharedRules(known[1], node))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RuleSet, "__hash__", object.__hash__)  # the same, but not in Python
        patch.setattr(Stylesheet, "apply", once)
        yield


class _CountedPool(ThreadPoolExecutor):
    """A pool that knows what it has not done."""

    def __init__(self) -> None:
        super().__init__(8, "background")
        self.undone: set[Future[Any]] = set()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future = super().submit(fn, *args, **kwargs)
        self.undone.add(future)
        future.add_done_callback(self.undone.discard)
        return future


@pytest.fixture(autouse=True, scope="session")
def _patient_pilot() -> Iterator[None]:
    """A pilot waits until all is handled that follows from a key, for a slow machine, too, and for nothing else.

    Textual's own sends each widget a message to wait for, and then waits until the process has used no processor for a
    fiftieth of a second, as one does that gets none: three quarters of the time of all went there.  That is done only
    while a thread computes, for a test may keep one from it.
    """
    of_all, idle, press, pause = Pilot._wait_for_screen, wait_for_idle, Pilot.press, Pilot.pause
    pool = _CountedPool()

    async def at_rest(self: Pilot[Any], timeout: float = SETTLES_IN_S) -> bool:
        return await _rest(self.app) or await of_all(self, timeout)

    async def threads_idle(least: float = 0.0, most: float = 1.0) -> None:
        if pool.undone or any(not worker.is_finished for worker in active_app.get().workers):
            await idle(least, most)
        else:
            await asyncio.sleep(0)

    async def press_and_rest(self: Pilot[Any], *keys: str) -> None:
        for key in keys:
            await press(self, key)
            await _rest(self.app)

    async def pause_and_rest(self: Pilot[Any], delay: float | None = None) -> None:
        await pause(self, delay)
        if delay is not None:
            return
        for _ in range(_UPDATES):
            await _rest(self.app)
            await self.app._animator.wait_until_complete()
            if not self.app.screen_stack or not _owes_update(self.app.screen):
                return
            self.app.screen._on_timer_update()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tcptui.ui.background._pool", pool)
        patch.setattr("textual.pilot.wait_for_idle", threads_idle)
        patch.setattr("textual.app.wait_for_idle", threads_idle)
        patch.setattr(Pilot, "_wait_for_screen", at_rest)
        patch.setattr(Pilot, "press", press_and_rest)
        patch.setattr(Pilot, "pause", pause_and_rest)
        yield


def threads_held() -> threading.Event:
    """Keep all threads of the running loop's pool from beginning with anything until the event is set."""
    are_free, threads = threading.Event(), ThreadPoolExecutor(1)
    threads.submit(are_free.wait, SETTLES_IN_S)
    asyncio.get_running_loop().set_default_executor(threads)
    return are_free


def _owes_update(screen: Screen[Any]) -> bool:
    """Whether ``screen`` waits for its next sixtieth of a second, in which it lays out, paints and calls back."""
    owed = screen._layout_required, screen._scroll_required, screen._repaint_required, screen._recompose_required
    return screen.is_current and bool(any(owed) or screen._dirty_widgets or screen._callbacks)


async def _rest(app: App[Any]) -> bool:
    """Wait until no widget has messages, no key waits for the one before and the screens know the terminal's size.

    For messages alone `_TURNS` at most.  They are turns of the event loop, not a time: where the machine stands still,
    so do they.  Returns whether it is at rest.
    """
    turn = 0
    while app.is_running and app._exception is None and app.screen_stack:
        has_keys = getattr(app, "has_typed_ahead", False) and app.screen.is_mounted
        if not has_keys and app._resize_event is None:
            if not has_messages(app) and not any(map(is_busy, (app, *app._registry))):
                return True
            if turn >= _TURNS:
                return False
        turn += 1
        await asyncio.sleep(0)
    return False


@pytest.fixture(autouse=True)
def _painted_when_looked_at(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames that no terminal shows are not rendered, but for tests of that: a third of the time of all went there.

    `screen_lines` renders what a test looks at.
    """
    if request.node.get_closest_marker("painted") is not None:
        return

    def unseen(self: Compositor, *_of: object, **_more: object) -> None:
        self._dirty_regions.clear()

    monkeypatch.setattr(Compositor, "render_update", unseen)


@pytest.fixture(autouse=True)
def _notices_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """A notice stands until a key or another one takes it away: a machine that stands still for seconds loses none."""
    say = NoticingScreen.say
    monkeypatch.setattr(NoticingScreen, "say", lambda self, text, _seconds=0.0: say(self, text, 3600))


class _AtOnce(Background[Any]):
    """Computes on the event loop."""

    def want(
        self, _key: Hashable, compute: Callable[[], Any], take: Callable[[Any], object], _late: object = None
    ) -> bool:
        take(compute())
        return True


@pytest.fixture(autouse=True)
def follow_is_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    """What *follow* shows is there when a key was pressed, however slow this is; `test_background` has it late."""
    monkeypatch.setattr("tcptui.ui.follow.base_screen.Background", _AtOnce)


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def mixed_session(wire: Wire, tmp_path: Path) -> Session:
    """Four connections: 0 clean, 1 lossy, 2 refused, 3 clean with a hostile payload."""
    wire.clean(0, "10.0.0.1:40001", "192.0.2.10:80")
    wire.lossy(200, "10.0.0.1:40002", "192.0.2.10:80")
    wire.refused(500, "10.0.0.2:40003", "192.0.2.20:8443")
    wire.clean(600, "10.0.0.3:40004", "192.0.2.10:80", b"\x1b]52;c;aGk=\x07 [@click=app.quit]x[/] \xe2\x80\xae\r\n")
    return open_file(wire.pcap(tmp_path / "mixed.pcap"))


@pytest.fixture
def troubled_session(wire: Wire, tmp_path: Path) -> Session:
    """Eight connections: 0 to 4 refused on one port, 5 and 6 unanswered, 7 clean."""
    for number in range(5):
        wire.refused(100 * number, f"10.0.0.2:{40003 + number}", "192.0.2.20:8443")
    wire.unanswered(1000, "10.0.0.1:40010", "192.0.2.10:81")
    wire.unanswered(9000, "10.0.0.4:40011", "192.0.2.11:82")
    wire.clean(17000, "10.0.0.3:40012", "192.0.2.10:80")
    return open_file(wire.pcap(tmp_path / "troubled.pcap"))


async def turns() -> AsyncIterator[None]:
    """Turns of the event loop to look at something again and again, for `SETTLES_IN_S` at most."""
    end = time.monotonic() + SETTLES_IN_S
    while time.monotonic() < end:
        yield
        await asyncio.sleep(0.005)


async def until(condition: Callable[[], bool]) -> None:
    """Wait until ``condition`` holds; fail where it does not come to that."""
    async for _ in turns():
        if condition():
            return
    raise AssertionError("it did not come to that")


async def settled(pilot: Pilot[Any], condition: Callable[[], bool]) -> None:
    """`until`, with the app idle each time that ``condition`` is looked at again."""
    async for _ in turns():
        if condition():
            return
        await pilot.pause()
    raise AssertionError("it did not come to that")


@dataclass
class Shown:
    """A main screen under a pilot."""

    pilot: Pilot[object]
    screen: MainScreen

    async def press(self, *keys: str) -> None:
        """Press keys and wait until what they set in motion has come to rest."""
        for key in keys:
            await self.pilot.press(key)
            await self.settle()

    async def settle(self) -> None:
        """Wait out the debounce of the explanation; fail where the screen does not come to rest."""
        end = time.monotonic() + SETTLES_IN_S
        while True:
            await self.pilot.pause()
            workspace = self.screen.workspace
            settled, told = workspace.settled, self.screen.controllers.verdicts.is_told
            counted = self.screen.controllers.traffic.pane.is_counted or not workspace.shows(Pane.GLANCE)
            understood = self.screen.controllers.understanding.is_at_rest
            if settled and told and counted and understood:
                break
            state = f"{settled=}, verdict {told=}, traffic {counted=}, {understood=}"
            assert time.monotonic() < end, f"not at rest: {state}"
            await asyncio.sleep(0.005)
            self.screen._on_timer()  # which comes five times a second
        await self.pilot.pause()

    async def resize(self, size: tuple[int, int]) -> None:
        """Have the terminal be of this size, and wait until all has come to rest."""
        await self.pilot.resize_terminal(*size)
        await self.settle()

    def lines(self) -> list[str]:
        """What stands on the terminal."""
        return screen_lines(self.screen)


@pytest.fixture
def show() -> Callable[..., AbstractAsyncContextManager[Shown]]:
    """Show a session that is complete: `async with show(session, (120, 40)) as shown`.

    The list is sorted by start, so that tests may count; with `as_opened` it is as the program opens it.
    """

    @asynccontextmanager
    async def showing(
        session: Session,
        size: tuple[int, int] = (120, 40),
        language: Language | None = None,
        *,
        as_opened: bool = False,
        **options: object,
    ) -> AsyncIterator[Shown]:
        app = TcptuiApp(session, language, ViewOptions(numeric=True, **options))  # type: ignore[arg-type]
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            shown = Shown(pilot, app.screen)  # type: ignore[arg-type]
            if not as_opened:
                connections = shown.screen.workspace.connections
                connections.index.sorting = Sorting()
                shown.screen.controllers.listing.reorder(now=True)
                connections.put_cursor(0)
            await shown.settle()
            yield shown

    return showing
