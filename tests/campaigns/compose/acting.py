"""The programs of a composition: each end's acts, one thread for each connection."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import struct
import threading
import time
from typing import TYPE_CHECKING, Final

from tests.campaigns.compose.plan import PORT

if TYPE_CHECKING:
    from cases.recorder.program import Connection, Listener, Program, SocketOptions
    from tests.campaigns.compose.plan import Act, Composition, Conversation, Options

CLIENT_DONE: Final = 1
POLL_SECONDS: Final = 0.02
CHUNK: Final = 65_536


def play_client(me: Program, composition: Composition) -> None:
    """Every conversation at its time."""
    threads = [
        threading.Thread(target=_converse, args=(me, conversation), daemon=True)
        for conversation in composition.conversations
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    me.tell(CLIENT_DONE)


def play_server(me: Program, composition: Composition) -> None:
    """Accepts and acts out the other half of each conversation until the client has done."""
    serving = composition.serving
    expected = [each for each in composition.conversations if each.port == PORT]
    listener = me.listen(serving.backlog, options=_listening_options(expected))
    if serving.dies_after_s:
        threading.Thread(target=_die, args=(me, serving.dies_after_s), daemon=True).start()
    if serving.never_accepts:
        me.hear(CLIENT_DONE)
        return
    me.sleep(serving.accepts_after_s)
    threads: list[threading.Thread] = []
    waiting = {each.source_port: [] for each in expected}
    for each in expected:
        waiting[each.source_port].append(each)
    while not (me.heard(CLIENT_DONE) and not any(thread.is_alive() for thread in threads)):
        connection = _accepted(listener)
        if connection is None:
            continue
        port = connection.raw.getpeername()[1] if _is_connected(connection) else 0
        plans = waiting.get(port)
        if not plans:
            connection.close()
            continue
        plan = plans.pop(0) if len(plans) > 1 else plans[0]
        thread = threading.Thread(target=_act, args=(me, connection, plan.server, plan.server_options), daemon=True)
        threads.append(thread)
        thread.start()


def _is_connected(connection: Connection) -> bool:
    try:
        connection.raw.getpeername()
    except OSError:
        return False
    return True


def _accepted(listener: Listener) -> Connection | None:
    ready, _, _ = select.select([listener.raw], (), (), POLL_SECONDS)
    return listener.accept() if ready else None


def _die(me: Program, after_s: float) -> None:
    me.at(after_s)
    me.note("program", call="killed")
    os.kill(os.getpid(), signal.SIGKILL)


def _converse(me: Program, plan: Conversation) -> None:
    me.at(plan.start_s)
    fast_data = me.text(plan.fast_open) if plan.fast_open else None
    try:
        connection = me.connect(
            plan.source_port, plan.port, options=socket_options(plan.client_options), fast_data=fast_data
        )
    except OSError:
        return  # `connect` has been logged with its error, and its socket is gone
    _act(me, connection, plan.client, plan.client_options)


def _act(me: Program, connection: Connection, acts: tuple[Act, ...], options: Options) -> None:
    """The acts in order; an error ends them, and the socket is closed as any program's is."""
    with contextlib.suppress(OSError):
        for (level, name), value in socket_options(options).items():
            connection.raw.setsockopt(level, name, value)
        for act in acts:
            _do(me, connection, act)
    if connection.raw.fileno() >= 0:
        with contextlib.suppress(OSError):
            connection.close()


def _do(me: Program, connection: Connection, act: Act) -> None:
    match act.do:
        case "send":
            for number in range(act.pieces):
                if number and act.every_s:
                    time.sleep(act.every_s)
                connection.send(act.size // act.pieces)
        case "read":
            _read(connection, act)
        case "read-all":
            connection.read_all()
        case "sleep":
            me.sleep(act.every_s)
        case "shutdown":
            connection.shutdown()
        case "close":
            connection.close()
        case "abort":
            connection.abort()
        case unknown:
            raise ValueError(f"no act is called {unknown}")


def _read(connection: Connection, act: Act) -> None:
    """So many bytes; in pieces with a pause after each: a reader by the clock."""
    left = act.size
    piece = max(act.size // act.pieces, 1)
    while left > 0:
        got = len(connection.read(min(piece, left)))
        if not got:
            return
        left -= got
        if left and act.every_s:
            time.sleep(act.every_s)


def socket_options(options: Options) -> SocketOptions:
    """As setsockopt() takes them; with the longest wait of its calls."""
    whole, part = divmod(options.patience_s, 1)
    wait = struct.pack("ll", int(whole), int(part * 1_000_000))
    made: SocketOptions = {(socket.SOL_SOCKET, socket.SO_RCVTIMEO): wait, (socket.SOL_SOCKET, socket.SO_SNDTIMEO): wait}
    if options.no_delay:
        made[socket.IPPROTO_TCP, socket.TCP_NODELAY] = 1
    if options.quick_ack:
        made[socket.IPPROTO_TCP, socket.TCP_QUICKACK] = 1
    if options.receive_buffer:
        made[socket.SOL_SOCKET, socket.SO_RCVBUF] = options.receive_buffer
    if options.send_buffer:
        made[socket.SOL_SOCKET, socket.SO_SNDBUF] = options.send_buffer
    if options.keep_alive:
        made[socket.SOL_SOCKET, socket.SO_KEEPALIVE] = 1
        made[socket.IPPROTO_TCP, socket.TCP_KEEPIDLE] = 1
        made[socket.IPPROTO_TCP, socket.TCP_KEEPINTVL] = 1
        made[socket.IPPROTO_TCP, socket.TCP_KEEPCNT] = 2
    return made


def _listening_options(expected: list[Conversation]) -> SocketOptions:
    """What must be set before listen() to count in the handshake: the receive buffer."""
    smallest = min(
        (each.server_options.receive_buffer for each in expected if each.server_options.receive_buffer), default=0
    )
    return {(socket.SOL_SOCKET, socket.SO_RCVBUF): smallest} if smallest else {}
