"""HTTP/2: windows, losses, limits and good-byes, between libraries (h2, grpcio) and nginx."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from h2.settings import SettingCodes

from cases.recorder.commands import launch, scratch
from cases.recorder.http2_programs import Http2Client, Http2Server
from cases.recorder.rules import SERVER, drop
from cases.recorder.scenario import Scenario

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    from cases.recorder.program import Program
    from cases.recorder.rules import Rule
    from cases.recorder.scenario import Parameters

DONE: Final = 0
"""Mark: the client has ended."""
_LARGE: Final = 1 << 24
_OURS: Final = (
    "http2-flow-control", "http2-head-of-line", "http2-goaway", "http2-reset-flood", "http2-slow-stream",
    "http2-streams-limit", "grpc-deadline",
)  # fmt: skip
_TRANSPORT: Final = (
    "server-think-time", "client-think-time", "sender-application-limited", "path-limited", "slow-receiver",
    "receive-window-limited", "queueing-delay", "send-buffer-limited", "rst-abortive-close", "rst-unread-data",
    "data-after-close", "half-close", "file-download", "close-wait-leak", "nagle-delayed-ack",
)  # fmt: skip


def but(*ids: str) -> tuple[str, ...]:
    """All findings about HTTP/2 but these."""
    return tuple(one for one in _OURS if one not in ids)


def large_windows(client: Http2Client) -> None:
    """Open the connection's window as wide as browsers do."""
    client.protocol.increment_flow_control_window(_LARGE)
    client.flush()


def serve(settings: dict[SettingCodes, int] | None = None) -> Callable[[Program], None]:
    """The server on h2, for one connection."""

    def script(me: Program) -> None:
        Http2Server(me, me.listen().accept(), settings).run()

    return script


# -- windows ---------------------------------------------------------------------------------


def draw_held(chance: random.Random) -> dict[str, float]:
    """How long the client's program is busy, and whether all streams suffer."""
    return {
        "delay_ms": chance.randint(3, 60), "pause": chance.randint(12, 40) / 10, "whole": chance.randint(0, 1),
        "bytes": chance.randint(80, 260) * 1000, "small": chance.randint(2, 9),
    }  # fmt: skip


def hold(me: Program) -> None:
    """A client that asks for something large and then does something else, while it asks for small things, too."""
    client = Http2Client(me, me.connect(), {SettingCodes.INITIAL_WINDOW_SIZE: 65_535})
    if not me.p.whole:
        large_windows(client)
    client.ask([f"/large?bytes={int(me.p.bytes)}"])
    large = min(client.paths)
    client.holds = lambda stream: stream == large
    client.run(until=lambda: client.got.get(large, 0) >= 65_535)
    client.ask([f"/small?bytes={1500 + 700 * n}" for n in range(int(me.p.small))])
    client.run(me.p.pause, until=lambda: False)
    client.holds = lambda _stream: False
    client.take(large)
    client.run()
    client.leave()


HELD: Final = Scenario(
    id="http2-window-held",
    shows="A client's program does not take what it asked for, and a window of HTTP/2 stays closed for a while.",
    twin="http2-server-pauses",
    client=hold,
    server=serve(),
    draw=draw_held,
    findings_client=("http2-flow-control",),
    findings_server=("http2-flow-control",),
    findings_perhaps=(*_TRANSPORT, "http2-slow-stream"),
    never=but("http2-flow-control", "http2-slow-stream"),
)


def fetch_with_pause(me: Program) -> None:
    """The same requests; it is the server's program that pauses."""
    client = Http2Client(me, me.connect(), {SettingCodes.INITIAL_WINDOW_SIZE: _LARGE})
    large_windows(client)
    client.ask([f"/large?bytes={int(me.p.bytes)}&pause={me.p.pause}"])
    client.run(until=lambda: client.got.get(1, 0) >= me.p.bytes // 3)
    client.ask([f"/small?bytes={1500 + 700 * n}" for n in range(int(me.p.small))])
    client.run()
    client.leave()


PAUSES: Final = replace(
    HELD,
    id="http2-server-pauses",
    shows="A server's program stops half-way in an answer; all windows are open.",
    twin="http2-window-held",
    client=fetch_with_pause,
    findings_client=(),
    findings_server=(),
    never=_OURS,
    findings_perhaps=_TRANSPORT,
)


def draw_small(chance: random.Random) -> dict[str, float]:
    """A long path, and more than a few windows."""
    return {
        "delay_ms": chance.randint(25, 90), "bytes": chance.randint(450, 1500) * 1000, "wide": 0,
        "requests": chance.randint(1, 3),
    }  # fmt: skip


def fetch(me: Program) -> None:
    """A client that takes everything at once."""
    wide = bool(me.p.wide)
    client = Http2Client(me, me.connect(), {SettingCodes.INITIAL_WINDOW_SIZE: _LARGE if wide else 65_535})
    if wide:
        large_windows(client)
    client.ask([f"/object/{n}?bytes={int(me.p.bytes)}" for n in range(int(me.p.requests))])
    client.run()
    client.leave()


SMALL: Final = replace(
    HELD,
    id="http2-window-small",
    shows="A client takes everything at once, and its windows of 65,535 bytes are too small for the path.",
    twin="http2-window-wide",
    draw=draw_small,
    client=fetch,
)
WIDE: Final = replace(
    PAUSES,
    id="http2-window-wide",
    shows="The same client with wide windows.",
    twin="http2-window-small",
    draw=lambda chance: {**draw_small(chance), "wide": 1},
    client=fetch,
)


# -- losses ----------------------------------------------------------------------------------


def draw_loss(chance: random.Random) -> dict[str, float]:
    """Which segments are lost, and whether their first resends are, too."""
    return {
        "delay_ms": chance.randint(60, 120), "requests": chance.randint(4, 8), "bytes": chance.randint(30, 60) * 1000,
        "lost": chance.randint(25, 45), "again": chance.randint(0, 1), "wide": 1,
    }  # fmt: skip


def lose(p: Parameters) -> Sequence[Rule]:
    """A segment of the answers is lost, and perhaps what replaces it."""
    again = [drop(SERVER.data.again.first(1))] if p.again else []
    return [drop(SERVER.data.new.nth(p.lost)), *again]


LOST: Final = replace(
    HELD,
    id="http2-lost-segment",
    shows="A segment is lost amid the answers to several requests, which take turns on one connection.",
    twin="http2-lost-alone",
    draw=draw_loss,
    rules=lose,
    client=fetch,
    findings_client=("http2-head-of-line",),
    findings_server=("http2-head-of-line",),
    findings_perhaps=(*_TRANSPORT, "fast-retransmission", "retransmission-timeout", "tail-loss", "lost-retransmission"),
    never=but("http2-head-of-line"),
)
ALONE: Final = replace(
    LOST,
    id="http2-lost-alone",
    shows="A segment is lost in the only answer: nobody else waits for it.",
    twin="http2-lost-segment",
    draw=lambda chance: {**draw_loss(chance), "requests": 1, "bytes": chance.randint(60, 200) * 1000},
    findings_client=(),
    findings_server=(),
    findings_perhaps=(*LOST.findings_perhaps,),
    never=_OURS,
)


# -- good-byes -------------------------------------------------------------------------------


def draw_flood(chance: random.Random) -> dict[str, float]:
    """How many requests the client takes back, and after how many the server has enough."""
    return {"delay_ms": chance.randint(2, 40), "requests": chance.randint(90, 300), "enough": chance.randint(60, 85)}


def flood(me: Program) -> None:
    """A client that takes back every request at once."""
    client = Http2Client(me, me.connect())
    client.ask(["/index"])
    client.run()
    for at in range(int(me.p.requests)):
        if not client.is_open or client.last_stream is not None:
            break
        client.ask([f"/search?q={at}&wait=0.5"])
        client.cancel(max(client.paths))
        client.run(0.001, until=lambda: False)
    client.run(1.0, until=lambda: False)
    client.connection.close()


def have_enough(me: Program) -> None:
    """A server that counts what is taken back."""
    server = Http2Server(me, me.listen().accept())
    server.enough = int(me.p.enough)
    server.run()


FLOOD: Final = replace(
    HELD,
    id="http2-rapid-reset",
    shows="A client takes back every request at once; the server ends the connection: ENHANCE_YOUR_CALM.",
    twin="http2-goaway-graceful",
    draw=draw_flood,
    client=flood,
    server=have_enough,
    may_fail=frozenset({"ECONNRESET", "EPIPE"}),
    findings_client=("http2-goaway", "http2-reset-flood"),
    findings_server=("http2-goaway", "http2-reset-flood"),
    findings_perhaps=_TRANSPORT,
    never=but("http2-goaway", "http2-reset-flood"),
)
_NGINX: Final = """\
daemon off; master_process off; pid {folder}/pid; error_log stderr crit; user root;
events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen {host}:{port} http2; root {folder}; {more} }}
}}
"""


def serve_with_nginx(more: Callable[[Parameters], str]) -> Callable[[Program], None]:
    """nginx that speaks HTTP/2, until the client has ended."""

    def script(me: Program) -> None:
        folder = scratch()
        words = _NGINX.format(folder=folder, host=me.host, port=me.port, more=more(me.p))
        (folder / "nginx.conf").write_text(words)
        (folder / "page").write_bytes(me.text(int(me.p.bytes)))
        launch(me, ["nginx", "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")], me.port)
        me.ready()
        me.hear(DONE)
        me.sleep(0.3)

    return script


def fetch_pages(most: int = 0) -> Callable[[Program], None]:
    """A client that asks for a page several times, on one connection, until it is told to leave."""

    def script(me: Program) -> None:
        client = Http2Client(me, me.connect(), most=most)
        if not getattr(me.p, "hasty", 0):
            client.run(1.0, until=lambda: SettingCodes.MAX_CONCURRENT_STREAMS in client.protocol.remote_settings)
        client.ask([f"/page?{at}" for at in range(int(me.p.requests))])
        client.run()
        client.leave()
        me.tell(DONE)

    return script


GRACEFUL: Final = replace(
    FLOOD,
    id="http2-goaway-graceful",
    shows="nginx ends the connection after some requests, all of them answered.",
    twin="http2-rapid-reset",
    draw=lambda chance: {
        "delay_ms": chance.randint(2, 40),
        "requests": chance.randint(6, 12),
        "bytes": 2000,
        "enough": chance.randint(2, 5),
    },
    client=fetch_pages(1),
    server=serve_with_nginx(lambda p: f"keepalive_requests {int(p.enough)};"),
    may_fail=frozenset(),
    findings_client=(),
    findings_server=(),
    never=_OURS,
)


def leave_some(me: Program) -> None:
    """A server that says good-bye with requests under way, and does not look at those that came last."""
    server = Http2Server(me, me.listen().accept())
    server.last = 2 * int(me.p.enough) - 1
    server.run()


def ask_all(me: Program) -> None:
    """A client that asks at once."""
    client = Http2Client(me, me.connect())
    client.ask([f"/part/{n}?bytes=900&wait=0.1" for n in range(int(me.p.requests))])
    client.run(3.0)
    client.connection.close()


REFUSED: Final = replace(
    FLOOD,
    id="http2-goaway-refused",
    shows="A server says good-bye in good order, and some requests came too late for it.",
    twin="http2-goaway-graceful",
    draw=lambda chance: {
        "delay_ms": chance.randint(2, 60),
        "requests": chance.randint(6, 20),
        "enough": chance.randint(2, 5),
    },
    client=ask_all,
    server=leave_some,
    findings_client=("http2-goaway",),
    findings_server=("http2-goaway",),
    findings_perhaps=(*_TRANSPORT, "simultaneous-close"),
    never=but("http2-goaway"),
)


def draw_storm(chance: random.Random) -> dict[str, float]:
    """How often the client comes back, how soon, and what it does each time."""
    return {
        "delay_ms": chance.randint(2, 40), "rounds": chance.randint(3, 7), "again": chance.randint(1, 12) / 10,
        "requests": chance.randint(40, 120), "enough": chance.randint(15, 30), "pool": 1,
    }  # fmt: skip


def come_back(me: Program) -> None:
    """A client that takes back every request, is sent away, and goes on over a new connection."""
    for _ in range(int(me.p.rounds)):
        client = Http2Client(me, me.connect())
        client.ask(["/index"])
        client.run()
        for at in range(int(me.p.requests)):
            if not client.is_open or client.last_stream is not None:
                break
            client.ask([f"/search?q={at}&wait=2"])
            client.cancel(max(client.paths))
            client.run(0.001, until=lambda: False)
        client.run(0.3, until=lambda: False)
        client.connection.close()
        me.sleep(me.p.again)


def have_enough_each_time(me: Program) -> None:
    """A server that counts what is taken back, on each connection anew."""
    listener = me.listen()
    for _ in range(int(me.p.rounds)):
        server = Http2Server(me, listener.accept())
        server.enough = int(me.p.enough)
        server.run()


STORM: Final = replace(
    FLOOD,
    id="http2-goaway-storm",
    shows="A client that is sent away comes back, goes on as before, and is sent away again.",
    twin="http2-goaway-deploy",
    draw=draw_storm,
    client=come_back,
    server=have_enough_each_time,
    findings_client=("http2-goaway", "http2-goaway-storm"),
    findings_server=("http2-goaway", "http2-goaway-storm"),
    findings_perhaps=(*_TRANSPORT, "http2-reset-flood", "repeated-resets"),
    never=but("http2-goaway", "http2-reset-flood", "http2-goaway-storm"),
)


def draw_deploy(chance: random.Random) -> dict[str, float]:
    """How many connections the client has when the server is replaced."""
    return {"delay_ms": chance.randint(2, 40), "pool": chance.randint(3, 5), "requests": chance.randint(3, 6)}


def keep_a_pool(me: Program) -> None:
    """A client with several connections; when these are ended it opens as many again."""
    for number in range(2):
        clients = [Http2Client(me, me.connect()) for _ in range(int(me.p.pool))]
        for client in clients:
            client.ask([f"/{number}/{at}" for at in range(int(me.p.requests))])
            client.run()
        for client in clients:
            if not number:
                client.ask(["/late?wait=9"])
        for client in clients:
            if not number:
                client.run(3.0, until=lambda: False)
            client.leave()


def be_replaced(me: Program) -> None:
    """A server that leaves all connections with a request under way, and another one in its place."""
    listener = me.listen()
    for number in range(2):
        servers = [Http2Server(me, listener.accept()) for _ in range(int(me.p.pool))]
        for server in servers:
            server.leaves_at = 0.0 if number else time.monotonic() + 1.5
        threads = [threading.Thread(target=server.run) for server in servers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


DEPLOY: Final = replace(
    STORM,
    id="http2-goaway-deploy",
    shows="A server is replaced: it says good-bye on all connections of a client, which opens as many again.",
    twin="http2-goaway-storm",
    draw=draw_deploy,
    client=keep_a_pool,
    server=be_replaced,
    findings_client=("http2-goaway",),
    findings_server=("http2-goaway",),
    never=("http2-goaway-storm",),
)


# -- how many at a time ----------------------------------------------------------------------


def draw_limit(chance: random.Random) -> dict[str, float]:
    """How many requests there are, and how many the server takes at a time."""
    return {
        "delay_ms": chance.randint(20, 60), "requests": chance.randint(30, 60), "limit": chance.randint(2, 5),
        "bytes": chance.randint(3, 30) * 100,
    }  # fmt: skip


LIMITED: Final = replace(
    HELD,
    id="http2-streams-limit",
    shows="A client has more requests than nginx takes at a time.",
    twin="http2-own-limit",
    draw=draw_limit,
    client=fetch_pages(),
    server=serve_with_nginx(lambda p: f"http2_max_concurrent_streams {int(p.limit)};"),
    findings_client=("http2-streams-limit",),
    findings_server=("http2-streams-limit",),
    findings_perhaps=_TRANSPORT,
    never=but("http2-streams-limit"),
)


HASTY: Final = replace(
    LIMITED,
    id="http2-hasty",
    shows="A client asks for all at once, before it knows how much nginx takes; nginx refuses what is too much.",
    draw=lambda chance: {**draw_limit(chance), "hasty": 1},
)


def ask_few(me: Program) -> None:
    """A client with a limit of its own."""
    client = Http2Client(me, me.connect(), {SettingCodes.INITIAL_WINDOW_SIZE: _LARGE}, most=int(me.p.limit))
    large_windows(client)
    client.ask([f"/page?{n}&bytes={int(me.p.bytes)}" for n in range(int(me.p.requests))])
    client.run()
    client.leave()


OWN_LIMIT: Final = replace(
    LIMITED,
    id="http2-own-limit",
    shows="A client asks for few at a time by its own choice; the server would take a hundred.",
    twin="http2-streams-limit",
    client=ask_few,
    server=serve({SettingCodes.MAX_CONCURRENT_STREAMS: 100}),
    findings_client=(),
    findings_server=(),
    never=_OURS,
)


# -- slow answers ----------------------------------------------------------------------------


def draw_slow(chance: random.Random) -> dict[str, float]:
    """Which request is slow, and how much."""
    return {
        "delay_ms": chance.randint(3, 80), "requests": chance.randint(8, 24), "slow": chance.randint(0, 7),
        "wait": chance.randint(15, 40) / 10, "usual": chance.randint(5, 60) / 1000,
    }  # fmt: skip


def ask_some(me: Program) -> None:
    """A client that asks for many things, a few at a time."""
    client = Http2Client(me, me.connect(), most=4)
    waits = [me.p.wait if at == me.p.slow or me.p.slow < 0 else me.p.usual for at in range(int(me.p.requests))]
    client.ask([f"/report/{at}?wait={wait}&bytes=800" for at, wait in enumerate(waits)])
    client.run()
    client.leave()


ONE_SLOW: Final = replace(
    HELD,
    id="http2-one-slow",
    shows="One request of many waits for its answer; the others are answered at once.",
    twin="http2-none-slow",
    draw=draw_slow,
    client=ask_some,
    findings_client=("http2-slow-stream",),
    findings_server=("http2-slow-stream",),
    findings_perhaps=_TRANSPORT,
    never=but("http2-slow-stream"),
)
ALL_SLOW: Final = replace(
    ONE_SLOW,
    id="http2-all-slow",
    shows="Every request waits for its answer.",
    draw=lambda chance: {**draw_slow(chance), "slow": -1, "requests": chance.randint(8, 16)},
    twin="http2-one-slow",
)
NONE_SLOW: Final = replace(
    ONE_SLOW,
    id="http2-none-slow",
    shows="Requests are answered at once.",
    twin="http2-one-slow",
    draw=lambda chance: {**draw_slow(chance), "slow": 99},
    findings_client=(),
    findings_server=(),
    never=_OURS,
)


# -- gRPC ------------------------------------------------------------------------------------


def draw_deadline(chance: random.Random) -> dict[str, float]:
    """What the client grants, and what the server takes."""
    return {
        "delay_ms": chance.randint(3, 60), "timeout": chance.randint(4, 20) / 10, "wait": chance.randint(25, 40) / 10,
        "calls": chance.randint(3, 9), "cancel": 0,
    }  # fmt: skip


def call(me: Program) -> None:
    """grpcio's client: a call that takes long, the same with a deadline, and others beside them."""
    import grpc

    channel = grpc.insecure_channel(f"{me.peer_host}:{me.port}", [("grpc.enable_http_proxy", 0)])
    ask, total = channel.unary_unary("/shop.Orders/List"), channel.unary_unary("/shop.Orders/Total")
    for timeout in (None, me.p.timeout)[int(me.p.cancel) :]:
        slow = total.future(b"\x08\x02", timeout=20.0 if me.p.cancel else timeout)
        for number in range(int(me.p.calls)):
            ask(b"\x08" + bytes((number + 3,)))
        if me.p.cancel:
            time.sleep(me.p.timeout)
            slow.cancel()
        else:
            me.note("status", code=str(slow.code()))
    time.sleep(0.1)
    channel.close()
    me.tell(DONE)


def answer_calls(me: Program) -> None:
    """grpcio's server."""
    from concurrent.futures import ThreadPoolExecutor

    import grpc

    def total(request: bytes, _context: object) -> bytes:
        time.sleep(me.p.wait)
        return request

    class Orders(grpc.GenericRpcHandler):  # type: ignore[misc]
        """Both methods."""

        def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
            """See `grpc.GenericRpcHandler`."""
            slow = details.method.endswith("/Total")
            return grpc.unary_unary_rpc_method_handler(total if slow else lambda request, _context: request)

    server = grpc.server(ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers((Orders(),))
    server.add_insecure_port(f"{me.host}:{me.port}")
    server.start()
    me.ready()
    me.hear(DONE)
    me.sleep(0.2)
    server.stop(0)


DEADLINE: Final = replace(
    HELD,
    id="grpc-deadline",
    shows="A call of gRPC takes long, and the second time longer than its client grants; others are answered.",
    twin="grpc-cancelled",
    draw=draw_deadline,
    client=call,
    server=answer_calls,
    findings_client=("grpc-deadline", "http2-slow-stream"),
    findings_server=("grpc-deadline", "http2-slow-stream"),
    findings_perhaps=_TRANSPORT,
    never=but("grpc-deadline", "http2-slow-stream"),
)
CANCELLED: Final = replace(
    DEADLINE,
    id="grpc-cancelled",
    shows="A client takes back a call long before its deadline.",
    twin="grpc-deadline",
    draw=lambda chance: {**draw_deadline(chance), "cancel": 1},
    findings_client=(),
    findings_server=(),
    never=_OURS,
)

SCENARIOS = [
    HELD, PAUSES, SMALL, WIDE, LOST, ALONE, FLOOD, GRACEFUL, REFUSED, STORM, DEPLOY, LIMITED, HASTY, OWN_LIMIT,
    ONE_SLOW, ALL_SLOW, NONE_SLOW, DEADLINE, CANCELLED,
]  # fmt: skip
