"""Records HTTP/2 of nghttp2 and of Go, with its keys: `unshare -n python record_http2.py DIR` writes pcapng files.

``nghttp2``: nghttp, h2load and curl ask nghttpd, with prior knowledge and after an upgrade that it refuses: padding,
priorities, CONTINUATION, trailers, pushed files, small windows, small header tables, uploads, missing files.  curl asks
it inside TLS 1.2 and 1.3, too; nghttp writes no keys.
``go``: Go's client asks Go's server inside TLS 1.2 and 1.3, nghttp asks it, and it asks nghttpd: streams at the same
time, pushes, trailers, cancelled and refused streams, uploads, compressed answers, and a server that goes away.
Needs root, openssl, tcpdump, editcap, curl, Go, and nghttp2's client and server.
"""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from record_inside import HOST, KEYS, WORK, recording, run

if TYPE_CHECKING:
    from collections.abc import Iterator

SITE = WORK / "site"
PLAIN, SECURED, GO = "http://127.0.0.1:8080", "https://127.0.0.1:443", "https://127.0.0.1:9443"


def site() -> None:
    """The files that nghttpd has."""
    SITE.mkdir()
    (SITE / "index.html").write_text("<html><link rel=stylesheet href=style.css><img src=picture.bin></html>\n")
    (SITE / "style.css").write_text("body { color: black }\n" * 40)
    (SITE / "picture.bin").write_bytes(b"".join(number.to_bytes(2, "big") for number in range(20_000)))
    (WORK / "upload.bin").write_bytes(b"upload " * 12_000)


@contextmanager
def nghttpd(*words: str) -> Iterator[None]:
    """The server, until it is not needed any more."""
    with subprocess.Popen(("nghttpd", "-d", str(SITE), *words), stdout=subprocess.DEVNULL) as server:
        time.sleep(0.4)
        yield
        server.kill()


def nghttp(*words: str) -> None:
    """A client that takes any certificate."""
    run("nghttp", "-y", "-n", "-t", "3", *words)


def nghttp2() -> None:
    """The scene of nghttp2's client and server, and curl."""
    upload = str(WORK / "upload.bin")
    with nghttpd("--no-tls", "-b", "17", "8080"):
        nghttp(f"{PLAIN}/index.html", f"{PLAIN}/style.css", f"{PLAIN}/picture.bin", f"{PLAIN}/missing")
        nghttp("--continuation", "-H", "x-long: " + "long " * 2_000, f"{PLAIN}/style.css")
        nghttp("-m", "5", "-b", "100", "-p", "7", "-a", f"{PLAIN}/index.html")
        nghttp("-w", "12", "-W", "14", f"{PLAIN}/picture.bin")
        nghttp("-u", f"{PLAIN}/index.html")
        run("curl", "--silent", "--http2-prior-knowledge", f"{PLAIN}/style.css", f"{PLAIN}/[1-4]")
        run("curl", "--silent", "--http2", f"{PLAIN}/style.css")
    with nghttpd("--no-tls", "--echo-upload", "--trailer", "x-checked: yes", "-m", "4", "-c", "0", "8080"):
        nghttp("-d", upload, "--trailer", "x-sum: 12", "--expect-continue", f"{PLAIN}/up")
        nghttp("-m", "12", "-d", upload, "--no-content-length", f"{PLAIN}/up")
        run("h2load", "-n", "60", "-c", "2", "-m", "8", f"{PLAIN}/index.html")
    key, certificate = str(WORK / "own.key"), str(WORK / "own.pem")
    with nghttpd("--encoder-header-table-size=128", "-e", "443", key, certificate):
        for version in ("1.2", "1.3"):
            files = [f"{SECURED}/{name}" for name in ("style.css", "index.html", "picture.bin", "missing")]
            run("curl", "--silent", "--insecure", "--tls-max", version, *files)
    with nghttpd("--no-tls", "-p", "/index.html=/style.css,/picture.bin", "8080"):
        nghttp(f"{PLAIN}/index.html", f"{PLAIN}/missing")
        nghttp("--no-push", "-c", "64", "-m", "6", f"{PLAIN}/style.css")


def go() -> None:
    """The scene of Go's client and server, and nghttp2's."""
    ends = str(WORK / "ends")
    with subprocess.Popen((ends, "serve", str(WORK / "own.pem"), str(WORK / "own.key"), str(KEYS))) as server:
        time.sleep(0.4)
        for version in ("1.2", "1.3"):
            run(ends, "ask", GO, version, str(KEYS), wait=20)
        nghttp(f"{GO}/pushing", f"{GO}/zip", f"{GO}/trailers", f"{GO}/missing")
        nghttp("-m", "4", "-d", str(WORK / "upload.bin"), "--no-rfc7540-pri", f"{GO}/up")
        run(ends, "leave", GO, "1.3", str(KEYS), wait=20)
        server.wait(10)
    with nghttpd("-b", "3", "443", str(WORK / "own.key"), str(WORK / "own.pem")):
        run(ends, "files", SECURED, "1.3", str(KEYS), wait=20)


def main() -> None:
    subject = ("-subj", f"/CN={HOST}", "-days", "3650")
    words = ("openssl", "req", "-x509", "-nodes", "-newkey", "rsa:2048", *subject)
    run(*words, "-keyout", "own.key", "-out", "own.pem", wait=30)
    source = Path(__file__).with_name("http2_ends.go")
    subprocess.run(("go", "build", "-o", str(WORK / "ends"), str(source)), check=True)
    site()
    os.environ["SSLKEYLOGFILE"] = str(KEYS)
    run("ip", "link", "set", "lo", "up")
    for scene in (nghttp2, go):
        with recording(scene.__name__):
            scene()


if __name__ == "__main__":
    main()
