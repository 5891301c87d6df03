"""What TLS costs beyond a handshake: long chains of certificates, sessions that are forgotten, records that are cut."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cases.recorder.commands import execute, launch, scratch
from cases.recorder.scenarios.application_tls import AGREED, DONE, connect, serve

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

    from cases.recorder.program import Program

_HOST: Final = "shop.example"
_FIRST, _RENEWED = 1, 2
"""Marks: the first connection has ended; the server is ready for the second."""
#: How programs happen to end with what they have left.
_CLOSINGS: Final = (*AGREED.findings_perhaps, "simultaneous-close", "data-after-close", "rst-abortive-close")
_LONG: Final = "subjectAltName=" + ",".join(f"DNS:{number:03}.{'long' * 12}.example" for number in range(30))
_VERSIONS: Final = ("-tls1_2", "-tls1_3")


def _certify(me: Program, folder: Path, name: str, *more: str) -> None:
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={_HOST}", "-days", "30"]
    execute(me, [*words, "-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.pem"), *more])


def _served(me: Program, folder: Path, *options: str) -> list[str]:
    words = ["openssl", "s_server", "-accept", f"{me.host}:{me.port}", "-quiet"]
    return [*words, "-key", str(folder / "own.key"), "-cert", str(folder / "own.pem"), *options]


# -- chains --------------------------------------------------------------------------------


def draw_chain(low: int, high: int) -> Callable[[random.Random], dict[str, float]]:
    """How many long certificates the chain has, and the version."""

    def draw(chance: random.Random) -> dict[str, float]:
        links = chance.randint(low, high)
        return {"delay_ms": chance.choice((4, 9, 20, 45, 80, 140)), "links": links, "version": chance.randrange(2)}

    return draw


def _chain(me: Program, folder: Path) -> list[str]:
    """The server's option for a chain of ``links`` certificates of about 2,700 bytes each."""
    chain = b""
    for _ in range(int(me.p.links)):
        _certify(me, folder, "link", "-addext", _LONG)
        chain += (folder / "link.pem").read_bytes()
    (folder / "chain.pem").write_bytes(chain)
    return ["-cert_chain", str(folder / "chain.pem")]


def serve_chain(me: Program) -> None:
    """OpenSSL's server with a chain of certificates."""
    folder = scratch()
    _certify(me, folder, "own")
    launch(me, _served(me, folder, *_chain(me, folder)), me.port)
    me.ready()
    me.hear(DONE)
    me.sleep(0.3)


def connect_as_drawn(me: Program) -> None:
    """OpenSSL's client with the version that was drawn."""
    connect(_VERSIONS[int(me.p.version)])(me)


LONG_CHAIN: Final = replace(
    AGREED,
    id="tls-long-chain",
    shows="A server's certificates are longer than its initial window.",
    twin="tls-chain-that-fits",
    draw=draw_chain(6, 9),
    client=connect_as_drawn,
    server=serve_chain,
    findings_client=("tls-handshake", "tls-flight-waited"),
    findings_server=("tls-handshake", "tls-flight-waited"),
    findings_perhaps=_CLOSINGS,
    limit=60,
)
SHORT_CHAIN: Final = replace(
    LONG_CHAIN,
    id="tls-chain-that-fits",
    shows="A server's certificates fit into its initial window.",
    twin="tls-long-chain",
    draw=draw_chain(1, 4),
    findings_client=("tls-handshake",),
    findings_server=("tls-handshake",),
    findings_perhaps=(*_CLOSINGS, "nagle-delayed-ack"),
    never=("tls-flight-waited",),
)

# -- sessions ------------------------------------------------------------------------------


def draw_session(chance: random.Random) -> dict[str, float]:
    """Which version; in TLS 1.2, whether by ticket or by ID."""
    return {"delay_ms": chance.randint(3, 90), "version": chance.randrange(2), "ticket": chance.randrange(2)}


def serve_twice(*, forget: bool, costly: bool = False) -> Callable[[Program], None]:
    """OpenSSL's server, which is started anew between two connections, or is not.

    ``costly``: it has a chain of certificates, and asks for the client's.
    """

    def script(me: Program) -> None:
        folder = scratch()
        _certify(me, folder, "own")
        options = [] if me.p.ticket or me.p.version else ["-no_ticket"]
        options += [*_chain(me, folder), "-verify", "1"] if costly else []
        server = launch(me, _served(me, folder, *options), me.port)
        me.ready()
        me.hear(_FIRST)
        if forget:
            server.kill()
            server.wait()
            launch(me, _served(me, folder, *options), me.port)
        me.tell(_RENEWED)
        me.hear(DONE)
        me.sleep(0.3)

    return script


def connect_twice(me: Program) -> None:
    """OpenSSL's client, which keeps its session for a second connection."""
    folder = scratch()
    version, session = _VERSIONS[int(me.p.version)], str(folder / "session")
    words = ["timeout", "2", "openssl", "s_client", "-connect", f"{me.peer_host}:{me.port}", "-servername", _HOST]
    words += [version, "-ign_eof", "-bind"]
    execute(me, [*words, f"{me.host}:{me.source_port()}", "-sess_out", session])
    me.tell(_FIRST)
    me.hear(_RENEWED)
    execute(me, [*words, f"{me.host}:{me.source_port()}", "-sess_in", session])
    me.tell(DONE)


FORGOTTEN: Final = replace(
    AGREED,
    id="tls-session-forgotten",
    shows="A client offers the session of its first connection to a server that was started anew.",
    twin="tls-session-resumed",
    draw=draw_session,
    client=connect_twice,
    server=serve_twice(forget=True),
    may_fail=frozenset({"exit 124", "exit 1"}),
    findings_client=("tls-handshake", "tls-resumption-refused"),
    findings_server=("tls-handshake", "tls-resumption-refused"),
    findings_perhaps=(*_CLOSINGS, "server-restarted"),
    limit=40,
)
RESUMED: Final = replace(
    FORGOTTEN,
    id="tls-session-resumed",
    shows="A client offers the session of its first connection, and the server takes it.",
    twin="tls-session-forgotten",
    server=serve_twice(forget=False),
    findings_client=("tls-handshake",),
    findings_server=("tls-handshake",),
    never=("tls-resumption-refused",),
)

COSTLY: Final = replace(
    FORGOTTEN,
    id="tls-costly-handshake",
    shows="The same with a long chain of certificates, and a server that asks for the client's.",
    twin="tls-session-resumed",
    draw=lambda chance: {"delay_ms": chance.randint(15, 40), "version": 0, "ticket": 1, "links": 6},
    server=serve_twice(forget=True, costly=True),
    findings_client=("tls-handshake", "tls-resumption-refused", "tls-flight-waited", "tls-client-certificate"),
    findings_server=("tls-handshake", "tls-resumption-refused", "tls-flight-waited", "tls-client-certificate"),
    limit=60,
)

# -- certificates of clients ----------------------------------------------------------------

NO_CLIENT_CERTIFICATE: Final = replace(
    AGREED,
    id="tls-no-client-certificate",
    shows="A server asks for the client's certificate, gets none, and goes on.",
    twin="tls-agreed",
    server=serve("-verify", "1"),
    findings_client=("tls-handshake", "tls-client-certificate"),
    findings_server=("tls-handshake", "tls-client-certificate"),
    findings_perhaps=_CLOSINGS,
)

# -- records that are cut -----------------------------------------------------------------------

#: A web server's worth of TLS in a process of its own: it can be killed, or close, in the middle of a download.
_SENDER: Final = """\
import socket, ssl, sys, time
host, port, own, key, whole, slow = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(own, key)
listening = socket.create_server((host, int(port)))
listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 40_000)
inner = context.wrap_socket(listening.accept()[0], server_side=True)
inner.recv(100)
if int(whole):
    for _ in range(int(whole)):
        inner.sendall(bytes(9_000))
    inner.close()
else:
    inner.sendall(bytes(30_000_000))
"""
#: The client: asks, and reads slowly, so that the server has to wait in the middle of a record.
_READER: Final = """\
import socket, ssl, sys, time
host, port, own, mine, pause = sys.argv[1:]
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
raw = socket.create_connection((host, int(port)), source_address=(own, int(mine)))
inner = context.wrap_socket(raw, server_hostname="shop.example", suppress_ragged_eofs=True)
inner.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
try:
    while inner.recv(3_000):
        time.sleep(float(pause))
except OSError:
    pass
inner.close()
"""


def draw_cut(chance: random.Random) -> dict[str, float]:
    """When the server is killed, and how many writes a server that is not makes."""
    return {
        "delay_ms": chance.randint(2, 70), "after_s": chance.uniform(0.35, 1.6), "writes": chance.randint(1, 8),
        "pause_s": chance.choice((0.002, 0.005, 0.01)),
    }  # fmt: skip


def send_until_killed(*, killed: bool) -> Callable[[Program], None]:
    """A server whose process is killed while it sends; or one that sends all and closes without close_notify."""

    def script(me: Program) -> None:
        folder = scratch()
        _certify(me, folder, "own")
        program = [sys.executable, "-c", _SENDER, me.host, str(me.port)]
        files = [str(folder / "own.pem"), str(folder / "own.key")]
        server = launch(me, [*program, *files, "0" if killed else str(int(me.p.writes)), "0"], me.port)
        me.ready()
        if killed:
            me.hear(_FIRST)
            me.sleep(me.p.after_s + 8 * me.p.delay_ms / 1000)
            server.kill()
        me.hear(DONE)
        me.sleep(0.3)

    return script


def read_slowly(me: Program) -> None:
    """A client that takes its time."""
    me.tell(_FIRST)
    words = [sys.executable, "-c", _READER, me.peer_host, str(me.port), me.host, str(me.source_port())]
    execute(me, [*words, str(me.p.pause_s)])
    me.tell(DONE)


_SLOW: Final = (
    "zero-window", "slow-receiver", "receive-window-limited", "sender-application-limited", "send-buffer-limited",
    "window-shrunk", "rst-abortive-close", "data-after-close", "queueing-delay", "path-limited",
    "spurious-retransmission",  # of a tail loss probe: the reader's kernel held its ACK back while its window was small
)  # fmt: skip
CUT: Final = replace(
    AGREED,
    id="tls-record-cut",
    shows="A server is killed while it sends: what its kernel has of a record is sent, and a FIN behind it.",
    twin="tls-no-close-notify",
    draw=draw_cut,
    client=read_slowly,
    server=send_until_killed(killed=True),
    findings_client=("tls-handshake", "tls-truncated"),
    findings_server=("tls-handshake", "tls-truncated"),
    findings_perhaps=_SLOW,
    limit=60,
)
NOT_CUT: Final = replace(
    CUT,
    id="tls-no-close-notify",
    shows="A server sends all it has to and closes without close_notify.",
    twin="tls-record-cut",
    server=send_until_killed(killed=False),
    findings_client=("tls-handshake",),
    findings_server=("tls-handshake",),
    never=("tls-truncated",),
)

SCENARIOS = [LONG_CHAIN, SHORT_CHAIN, FORGOTTEN, RESUMED, COSTLY, NO_CLIENT_CERTIFICATE, CUT, NOT_CUT]
