"""`tcptui -i … --keylog FILE`: curl writes its secrets while it asks, and its requests can be read at once."""

from __future__ import annotations

import datetime
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from live_link import INTERFACE, SERVER, Link, run
from tmux_terminal import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tmux_terminal import Terminal

pytestmark = [pytest.mark.live, pytest.mark.e2e]

PORT: Final = 8443
#: Answers with the path that was asked for, 404 for one of them.
_SERVE: Final = """
import http.server, ssl, sys
class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = self.path.encode()
        self.send_response(404 if "missing" in self.path else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
server = http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Answer)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[3])
server.socket = context.wrap_socket(server.socket, server_side=True)
print("ready", flush=True)
server.serve_forever()
"""


def certificate() -> bytes:
    """A key and a certificate that it signed itself, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "wire.example")])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now.replace(year=now.year + 1)
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return secret + made.sign(key, hashes.SHA256()).public_bytes(pem)


@pytest.fixture
def key_log(link: Link, tmp_path: Path) -> Iterator[Path]:
    """An empty key log, and a server that speaks TLS at the far end."""
    (tmp_path / "server.pem").write_bytes(certificate())
    log = tmp_path / "keys.log"
    log.touch()
    words = [*link.inside, sys.executable, "-c", _SERVE, SERVER, str(PORT), str(tmp_path / "server.pem")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == "ready\n"
        yield log
        server.kill()


#: HTTP/2 inside TLS; every path is there.
_NGINX: Final = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{ access_log off; server {{ listen {host}:{port} ssl http2; location / {{ return 200 "here"; }}
ssl_certificate {folder}/server.pem; ssl_certificate_key {folder}/server.pem; }} }}
"""
#: Requests that are waited for, one after the other.
_ASKED: Final = 5


@pytest.fixture
def nginx_keys(link: Link, tmp_path: Path) -> Iterator[Path]:
    """The same with nginx, which speaks HTTP/2."""
    if shutil.which("nginx") is None:
        pytest.skip("needs nginx")
    (tmp_path / "server.pem").write_bytes(certificate())
    (tmp_path / "nginx.conf").write_text(_NGINX.format(folder=tmp_path, host=SERVER, port=PORT))
    log = tmp_path / "keys.log"
    log.touch()
    words = [*link.inside, "nginx", "-c", str(tmp_path / "nginx.conf"), "-p", str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        until(lambda: bool(run(*link.inside, "ss", "-Hltn", f"sport = :{PORT}")), "nginx to listen")
        yield log
        server.terminate()


def ask(link: Link, key_log: Path, version: tuple[str, ...], *paths: str) -> bytes:
    """Fetch ``paths`` in one connection from the client's side; what came."""
    return subprocess.run(
        ["ip", "netns", "exec", link.client, "curl", "--silent", "--insecure", *version, "--max-time", "600",
         *(f"https://{SERVER}:{PORT}{path}" for path in paths)],
        check=True, timeout=600, capture_output=True, env={**os.environ, "SSLKEYLOGFILE": str(key_log)},
    ).stdout  # fmt: skip


@pytest.mark.parametrize("version", [("--tlsv1.3",), ("--tls-max", "1.2")], ids=" ".join)
def test_requests_inside_tls_are_read_while_they_happen(
    terminal: Terminal, link: Link, key_log: Path, version: tuple[str, ...]
) -> None:
    terminal.start("-i", INTERFACE, "-n", "--keylog", str(key_log))
    terminal.wait("0 packets")
    ask(link, key_log, version, "/first", "/missing")
    terminal.wait(f"{SERVER}:{PORT}")
    terminal.press("R")
    terminal.wait("Requests of connection 0")  # the timeline, too, tells of requests: of its last ones
    terminal.wait("GET /missing")
    screen = terminal.wait("404")  # its answer is read a moment later
    assert "GET /first" in screen
    ask(link, key_log, version, "/later")
    terminal.press("Tab")
    terminal.wait("GET /later")
    terminal.press("q")
    terminal.leave_unsaved()
    assert terminal.wait_prompt() == 0


def test_request_of_http2_inside_tls_is_shown_within_a_second(terminal: Terminal, link: Link, nginx_keys: Path) -> None:
    terminal.start("-i", INTERFACE, "-n", "--keylog", str(nginx_keys))
    terminal.wait("0 packets")
    ask(link, nginx_keys, ("--http2",), "/first")
    terminal.wait(f"{SERVER}:{PORT}")
    terminal.press("R")
    terminal.wait("GET /first")
    terminal.press("Tab")
    for number in range(_ASKED):
        said = ask(link, nginx_keys, ("--http2", "--write-out", "%{http_version}"), f"/number-{number}")
        assert said == b"here2"
        terminal.wait(f"GET /number-{number}")
    terminal.press("q")
    terminal.leave_unsaved()

    assert terminal.wait_prompt() == 0
