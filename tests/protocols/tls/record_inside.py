"""Records what is said inside TLS, with its keys: `unshare -n python record_inside.py DIR [SCENE…]`.

nginx takes TLS off in front of real backends whose plain connections are captured, too, and so are witnesses: WebSocket
(wsproto), server-sent events, gRPC (grpcio).  Then SMTP with STARTTLS (smtplib), renegotiation, and alerts of TLS 1.3.
Needs root, openssl, nginx, tcpdump, editcap, and the packages wsproto, h2, grpcio.
"""

from __future__ import annotations

import gzip
import os
import smtplib
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import h2.config
import h2.connection
import h2.events
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Ping, Request, TextMessage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OUT = Path(sys.argv[1]).resolve()
WORK = Path(tempfile.mkdtemp(prefix="tls-inside-"))
KEYS = WORK / "keys.log"
HOST = "inside.example"
_BARE = "NULL-SHA256:ECDHE-RSA-NULL-SHA:@SECLEVEL=0"
NGINX = """daemon off; master_process off; pid {work}/pid; error_log {work}/error.log; user root; events {{}}
http {{ access_log off; ssl_certificate {work}/own.pem; ssl_certificate_key {work}/own.key; proxy_http_version 1.1;
server {{ listen 443 ssl; proxy_buffering off;
 location /chat {{ proxy_pass http://127.0.0.1:8001; proxy_set_header Upgrade websocket;
  proxy_set_header Connection upgrade; }}
 location /events {{ proxy_pass http://127.0.0.1:8002; }} }}
server {{ listen 8443 ssl http2; location / {{ grpc_pass grpc://127.0.0.1:8003; }} }} }}
"""


def run(*words: str, give: bytes = b"", wait: float = 4) -> None:
    with suppress(subprocess.TimeoutExpired):
        subprocess.run(words, input=give, capture_output=True, cwd=WORK, timeout=wait, check=False)


def trust(alpn: str = "http/1.1") -> ssl.SSLContext:
    """A client's context that writes the keys."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols([alpn])
    context.keylog_filename = str(KEYS)
    return context


@contextmanager
def recording(name: str) -> Iterator[None]:
    """Write what passes on the loopback, with the keys that come meanwhile, to ``OUT/name.pcapng.gz``."""
    KEYS.write_text("")
    dump = subprocess.Popen(
        ("tcpdump", "-i", "lo", "-U", "-Z", "root", "-w", f"{WORK}/{name}.pcap", "tcp"), stderr=subprocess.PIPE
    )
    assert dump.stderr is not None
    dump.stderr.readline()
    time.sleep(1.5)
    yield
    time.sleep(1)
    dump.terminate()
    dump.wait()
    run("editcap", "--inject-secrets", f"tls,{KEYS}", f"{WORK}/{name}.pcap", f"{WORK}/{name}.pcapng")
    (OUT / f"{name}.pcapng.gz").write_bytes(gzip.compress((WORK / f"{name}.pcapng").read_bytes(), 9, mtime=0))


def listening(port: int, serve: Callable[[socket.socket], None]) -> None:
    """A server in a thread of its own: one connection at a time."""
    inner = socket.create_server(("127.0.0.1", port))

    def forever() -> None:
        while True:
            taken = inner.accept()[0]
            with suppress(OSError):
                serve(taken)
            taken.close()

    threading.Thread(target=forever, daemon=True).start()


def chat_server(taken: socket.socket) -> None:
    talk = WSConnection(ConnectionType.SERVER)
    while data := taken.recv(65_536):
        talk.receive_data(data)
        for event in talk.events():
            if isinstance(event, Request):
                taken.sendall(talk.send(AcceptConnection()))
            elif isinstance(event, TextMessage):
                taken.sendall(talk.send(TextMessage(data=event.data.upper())))
            elif isinstance(event, Ping):
                taken.sendall(talk.send(event.response()))
            elif isinstance(event, CloseConnection):
                taken.sendall(talk.send(event.response()))
                return


def chat() -> None:
    raw = socket.create_connection(("127.0.0.1", 443))
    inner, talk = trust().wrap_socket(raw, server_hostname=HOST), WSConnection(ConnectionType.CLIENT)
    inner.sendall(talk.send(Request(host=HOST, target="/chat")))
    for text in ("hello", "", "long " * 1_500, None):
        talk.receive_data(inner.recv(65_536))
        list(talk.events())
        inner.sendall(talk.send(CloseConnection(code=1000) if text is None else TextMessage(data=text)))
    while inner.recv(65_536):
        pass
    inner.close()


def event_server(taken: socket.socket) -> None:
    taken.recv(65_536)
    taken.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
    for number in range(6):
        text = f"id: {number}\ndata: event number {number}\n\n".encode()
        taken.sendall(b"%x\r\n%s\r\n" % (len(text), text))
        time.sleep(0.15)
    taken.sendall(b"0\r\n\r\n")


def events() -> None:
    inner = trust().wrap_socket(socket.create_connection(("127.0.0.1", 443)), server_hostname=HOST)
    inner.sendall(b"GET /events HTTP/1.1\r\nHost: inside.example\r\nConnection: close\r\n\r\n")
    with suppress(OSError):
        while inner.recv(65_536):
            pass
    inner.close()


def start_grpc() -> grpc.Server:
    def answer(request: bytes, context: grpc.ServicerContext) -> bytes:
        if b"bad" in request:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "no bad words")
        return request + b" answered"

    handler = grpc.unary_unary_rpc_method_handler(answer)
    server = grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("inside.Echo", {"Say": handler}),))
    server.add_insecure_port("127.0.0.1:8003")
    server.start()
    return server


def calls() -> None:
    """Three calls with an HTTP/2 library: the client of grpcio writes no keys."""
    inner = trust("h2").wrap_socket(socket.create_connection(("127.0.0.1", 8443)), server_hostname=HOST)
    talk = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
    talk.initiate_connection()
    head = [
        (":method", "POST"), (":scheme", "https"), (":authority", HOST), (":path", "/inside.Echo/Say"),
        ("te", "trailers"), ("content-type", "application/grpc"),
    ]  # fmt: skip
    for text in (b"first", b"a bad one", b"long " * 3_500):
        stream = talk.get_next_available_stream_id()
        talk.send_headers(stream, head)
        data = b"\0" + len(text).to_bytes(4, "big") + text
        for at in range(0, len(data), 16_000):
            talk.send_data(stream, data[at : at + 16_000], end_stream=at + 16_000 >= len(data))
        inner.sendall(talk.data_to_send())
        ended = False
        while not ended and (got := inner.recv(65_536)):
            for event in talk.receive_data(got):
                ended |= isinstance(event, h2.events.StreamEnded | h2.events.StreamReset)
                if isinstance(event, h2.events.DataReceived):
                    talk.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            inner.sendall(talk.data_to_send())
    talk.close_connection()
    inner.sendall(talk.data_to_send())
    inner.close()


def inside() -> None:
    (WORK / "nginx.conf").write_text(NGINX.format(work=WORK))
    listening(8001, chat_server)
    listening(8002, event_server)
    served = start_grpc()
    nginx = subprocess.Popen(("nginx", "-c", f"{WORK}/nginx.conf", "-p", str(WORK)), stderr=subprocess.DEVNULL)
    time.sleep(1)
    chat()
    events()
    calls()
    nginx.kill()
    nginx.wait()
    served.stop(None)


def mail_server(taken: socket.socket, ciphers: str = "") -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if ciphers:
        context.set_ciphers(ciphers)
    context.load_cert_chain(WORK / "own.pem", WORK / "own.key")
    taken.sendall(b"220 inside.example ESMTP\r\n")
    body = False
    while line := _line(taken):
        verb = line[:4].upper()
        if body:
            body = line != b".\r\n"
            if not body:
                taken.sendall(b"250 taken\r\n")
        elif verb == b"EHLO":
            taken.sendall(b"250-inside.example\r\n250 STARTTLS\r\n")
        elif verb == b"STAR":
            taken.sendall(b"220 go ahead\r\n")
            taken = context.wrap_socket(taken, server_side=True)
        elif verb == b"DATA":
            body = True
            taken.sendall(b"354 go on\r\n")
        elif verb == b"QUIT":
            taken.sendall(b"221 bye\r\n")
            taken.close()
            return
        else:
            taken.sendall(b"250 ok\r\n")


def _line(taken: socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        one = taken.recv(1)
        if not one:
            return b""
        line += one
    return line


def mail() -> None:
    listening(587, mail_server)
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = trust()
        context.minimum_version = context.maximum_version = version
        with smtplib.SMTP("127.0.0.1", 587, local_hostname="client.example") as client:
            client.starttls(context=context)
            client.sendmail("a@inside.example", ["b@inside.example"], "Subject: inside\n\nRead this.\n")


def bare_mail() -> None:
    """Behind STARTTLS suites that encrypt nothing."""
    listening(587, partial(mail_server, ciphers=_BARE))
    for version, suite in ((ssl.TLSVersion.TLSv1_2, "NULL-SHA256"), (ssl.TLSVersion.TLSv1_2, "ECDHE-RSA-NULL-SHA")):
        context = trust()
        context.minimum_version = context.maximum_version = version
        context.set_ciphers(f"{suite}:@SECLEVEL=0")
        context.keylog_filename = None
        with smtplib.SMTP("127.0.0.1", 587, local_hostname="client.example") as client:
            client.starttls(context=context)
            client.sendmail("a@inside.example", ["b@inside.example"], "Subject: inside\n\nRead this.\n")


def s_server(*words: str) -> subprocess.Popen[bytes]:
    own = ("-cert", "own.pem", "-key", "own.key", "-keylogfile", str(KEYS))
    made = subprocess.Popen(
        ("openssl", "s_server", "-accept", "443", *own, *words), cwd=WORK, stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    time.sleep(0.7)
    return made


def again() -> None:
    """Renegotiation by the client, twice, with data between (s_client's command R)."""
    for suite in ("ECDHE-RSA-AES128-GCM-SHA256", "AES256-SHA"):
        made = s_server("-tls1_2", "-client_renegotiation", "-cipher", suite)
        client = subprocess.Popen(
            ("openssl", "s_client", "-connect", "127.0.0.1:443", "-tls1_2"), cwd=WORK, stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert client.stdin is not None
        for text in (b"one\n", b"R\n", b"two\n", b"R\n", b"three\n"):
            time.sleep(0.4)
            client.stdin.write(text)
            client.stdin.flush()
        time.sleep(0.4)
        client.kill()
        client.wait()
        made.kill()
        made.wait()


def refused() -> None:
    """What only keys show in TLS 1.3: certificates refused, not there, for another name."""
    cases = (
        ((), ("-CAfile", "other.pem", "-verify_return_error")),
        (("-Verify", "1", "-verify_return_error"), ()),
        (("-verify", "1"), ()),
        ((), ("-servername", "another.example")),
    )
    for server_words, client_words in cases:
        made = s_server("-tls1_3", "-www", *server_words)
        words = ("openssl", "s_client", "-connect", "127.0.0.1:443", "-ign_eof", *client_words)
        run(*words, give=b"GET / HTTP/1.0\r\n\r\n", wait=2)
        made.kill()
        made.wait()


def main() -> None:
    for name in ("own", "other"):
        subject = ("-subj", f"/CN={HOST}", "-days", "3650")
        words = ("openssl", "req", "-x509", "-nodes", "-newkey", "rsa:2048", *subject)
        run(*words, "-keyout", f"{name}.key", "-out", f"{name}.pem", wait=30)
    os.environ.pop("SSLKEYLOGFILE", None)
    run("ip", "link", "set", "lo", "up")
    for scene in [globals()[name] for name in sys.argv[2:]] or (inside, mail, bare_mail, again, refused):
        with recording(scene.__name__):
            scene()


if __name__ == "__main__":
    main()
