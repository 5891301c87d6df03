"""nginx and nghttpd, asked by curl, nghttp and h2load over HTTP/2 in a network namespace of their own, recorded.

    unshare --net python tests/support/http2_session.py FOLDER

Writes into FOLDER ``http2.pcap`` (all of it), ``keys.log`` (the secrets of what is inside TLS) and ``access.log`` (what
nginx says of each request, a line each, `FIELDS` with blanks between).  Takes about ten seconds.
"""

from __future__ import annotations

import http.server
import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from recorded_traffic import recorded

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST: Final = "127.0.0.1"
#: nginx in clear and inside TLS, nghttpd, and what nginx asks for some answers.
PLAIN, SECURED, OTHER, BACKEND = 8080, 8443, 8081, 9000
FIELDS: Final = ("port", "method", "uri", "status", "body_bytes", "seconds", "protocol")
#: How long the server behind nginx takes for an answer.
WAIT_S: Final = 0.15
#: Requests of h2load.
LOAD: Final = 200
_NGINX: Final = """
daemon off; master_process off; pid {work}/nginx.pid; error_log {work}/error.log;
events {{}}
http {{
  log_format told "$server_port $request_method $request_uri $status $body_bytes_sent $request_time $server_protocol";
  access_log {work}/access.log told;
  types {{ text/html html; text/css css; application/octet-stream bin; }}
  gzip on; gzip_types text/css; gzip_min_length 100;
  client_body_temp_path {work}/body; proxy_temp_path {work}/proxy; fastcgi_temp_path {work}/fastcgi;
  uwsgi_temp_path {work}/uwsgi; scgi_temp_path {work}/scgi;
  server {{
    listen {host}:{plain} http2; listen {host}:{secured} ssl http2; root {work}/site;
    ssl_certificate {work}/own.pem; ssl_certificate_key {work}/own.key;
    location /slow/ {{ alias {work}/site/; limit_rate 60k; }}
    location /wait {{ proxy_pass http://{host}:{backend}; }}
    location /gone {{ return 410; }}
    location /moved {{ return 302 /index.html; }}
  }}
}}
"""


class _Slow(http.server.BaseHTTPRequestHandler):
    """Answers after a while; takes what is sent to it."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """A file of one line."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        time.sleep(WAIT_S)
        body = b"waited\n"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - as http.server wants it

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


def run(*words: str) -> None:
    """A client, for as long as it takes."""
    subprocess.run(words, check=True, timeout=600, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def site(work: Path) -> None:
    """The files of both servers, and a certificate."""
    (work / "site").mkdir()
    (work / "site/index.html").write_text("<html><p>Line upon line upon line.\n" * 60 + "</html>\n")
    (work / "site/style.css").write_text("body { color: black }\n" * 400)
    (work / "site/picture.bin").write_bytes(b"".join(number.to_bytes(2) for number in range(30_000)))
    (work / "upload.bin").write_bytes(b"upload " * 12_000)
    words = ("-subj", "/CN=wire.example", "-days", "30", "-keyout", f"{work}/own.key", "-out", f"{work}/own.pem")
    run("openssl", "req", "-x509", "-nodes", "-newkey", "rsa:2048", *words)


@contextmanager
def program(port: int, *words: str) -> Iterator[None]:
    """A server, once it listens and until it is not needed any more."""
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            while not subprocess.run(("ss", "-Hltn", f"sport = :{port}"), capture_output=True, check=True).stdout:
                assert server.poll() is None, words
                time.sleep(0.02)
            yield
        finally:
            server.terminate()


def ask(work: Path) -> None:
    """What the clients do."""
    plain, secured, other = f"http://{HOST}:{PLAIN}", f"https://{HOST}:{SECURED}", f"http://{HOST}:{OTHER}"
    paths = ("/index.html", "/style.css", "/picture.bin", "/gone", "/moved", "/missing", "/wait/1", "/slow/picture.bin")
    upload = f"@{work}/upload.bin"

    def each(base: str) -> list[str]:
        return [word for path in paths for word in ("-o", "/dev/null", f"{base}{path}")]

    curl = ("curl", "--silent", "--insecure", "--compressed", "--max-time", "600")
    for url in (*(f"{plain}{path}" for path in paths), *(f"{other}{path}" for path in paths[:6])):
        run(*curl, "--http2-prior-knowledge", url)  # one each: the second in a connection fails in curl 7.88
    run(*curl, "--http2-prior-knowledge", "--data-binary", upload, f"{plain}/wait/2")
    for version in ("1.2", "1.3"):
        run(*curl, "--tls-max", version, "--parallel", *each(secured))
        run(*curl, "--tls-max", version, "--data-binary", upload, f"{secured}/wait/3", f"{secured}/gone")
    run("nghttp", "-n", "-m", "3", *(f"{plain}{path}" for path in paths))
    run("h2load", "-n", str(LOAD), "-c", "4", "-m", "10", f"{plain}/index.html", f"{plain}/style.css")
    # A blank behind a value: nghttpd resets the stream.
    run("nghttp", "-n", "-b", "40", "--continuation", "-H", "x-long: " + "long " * 2_000, f"{other}/style.css")
    run("nghttp", "-n", "-a", "-w", "12", f"{other}/index.html", f"{other}/picture.bin")


def record(folder: Path) -> None:
    """All of it."""
    os.environ["SSLKEYLOGFILE"] = str(folder / "keys.log")
    run("ip", "link", "set", "lo", "up")
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        site(work)
        told = _NGINX.format(work=work, host=HOST, plain=PLAIN, secured=SECURED, backend=BACKEND)
        (work / "nginx.conf").write_text(told)
        behind = http.server.ThreadingHTTPServer((HOST, BACKEND), _Slow)
        threading.Thread(target=behind.serve_forever, daemon=True).start()
        with (
            recorded(folder / "http2.pcap", what=f"tcp and not port {BACKEND}"),
            program(PLAIN, "nginx", "-c", f"{work}/nginx.conf", "-p", scratch),
            program(
                OTHER, "nghttpd", "--no-tls", "-b", "20", "-d", f"{work}/site", "--trailer", "x-check: 1", str(OTHER)
            ),
        ):
            ask(work)
        behind.shutdown()
        (folder / "access.log").write_bytes((work / "access.log").read_bytes())


if __name__ == "__main__":
    record(Path(sys.argv[1]))
