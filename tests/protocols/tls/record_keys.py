"""Records TLS with its keys inside: `unshare -n python record_keys.py DIR` writes pcapng files with secrets blocks.

OpenSSL's s_server and s_client over every suite that both can do, and through what changes keys; nginx and curl.
Needs root, openssl, nginx, curl, tcpdump and editcap.
"""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

OUT = Path(sys.argv[1]).resolve()
WORK = Path(tempfile.mkdtemp(prefix="tls-keys-"))
KEYS = WORK / "keys.log"
OPEN = ":@SECLEVEL=0"
TLS_1_3 = (
    "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_CCM_SHA256",
    "TLS_AES_128_CCM_8_SHA256",
)  # fmt: skip
TLS_1_2 = (
    "AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305", "AES128-CCM", "AES256-CCM8",
    "ECDHE-ECDSA-AES128-CCM", "AES128-SHA", "AES256-SHA256", "ECDHE-RSA-AES256-SHA384", "CAMELLIA256-SHA",
    "CAMELLIA128-SHA256", "DHE-RSA-AES128-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
)  # fmt: skip
NGINX = """daemon off; master_process off; pid {work}/nginx.pid; error_log {work}/error.log; events {{}}
http {{ access_log off; gzip on; gzip_types application/json; server {{ listen 443 ssl http2; root {work};
ssl_protocols TLSv1.2 TLSv1.3; ssl_certificate {work}/rsa.pem; ssl_certificate_key {work}/rsa.key;
location = /moved {{ return 302 /page.html; }} location = /broken {{ return 500 "no"; }} }} }}
"""


def run(*words: str, give: bytes = b"", wait: float = 4, quietly: bool = True) -> None:
    with suppress(subprocess.TimeoutExpired):
        subprocess.run(words, input=give, capture_output=quietly, cwd=WORK, timeout=wait, check=False)


@contextmanager
def server(*words: str, port: int = 443) -> Iterator[subprocess.Popen[bytes]]:
    made = subprocess.Popen(
        words, cwd=WORK, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while made.poll() is None:  # until it listens; to connect would be recorded
        if subprocess.run(("ss", "-Hltn", f"sport = :{port}"), capture_output=True, check=True).stdout:
            break
        time.sleep(0.05)
    try:
        yield made
    finally:
        made.kill()
        made.wait()


@contextmanager
def recording(name: str) -> Iterator[None]:
    """Write what passes on the loopback, with the keys that come meanwhile, to ``OUT/name.pcapng.gz``."""
    KEYS.write_text("")
    dump = subprocess.Popen(
        ("tcpdump", "-i", "lo", "-U", "-Z", "root", "-w", f"{WORK}/{name}.pcap", "tcp"), stderr=subprocess.PIPE
    )
    assert dump.stderr is not None
    dump.stderr.readline()
    time.sleep(0.3)
    yield
    time.sleep(0.5)
    dump.terminate()
    dump.wait()
    run("editcap", "--inject-secrets", f"tls,{KEYS}", f"{WORK}/{name}.pcap", f"{WORK}/{name}.pcapng", quietly=False)
    packed = gzip.compress((WORK / f"{name}.pcapng").read_bytes(), 9, mtime=0)
    (OUT / f"{name}.pcapng.gz").write_bytes(packed)


def s_server(*words: str, kind: str = "rsa", www: bool = True) -> tuple[str, ...]:
    serving = ("-WWW", "-quiet") if www else ()
    certificate = ("-cert", f"{kind}.pem", "-key", f"{kind}.key", "-keylogfile", str(KEYS))
    return ("openssl", "s_server", "-accept", "443", *certificate, "-max_send_frag", "1000", *serving, *words)


def s_client(*words: str, path: str = "/page.bin") -> None:
    request = f"GET {path} HTTP/1.0\r\nHost: keys.example\r\n\r\n".encode()
    run("openssl", "s_client", "-connect", "127.0.0.1:443", "-quiet", "-ign_eof", *words, give=request)


def one(server_words: tuple[str, ...], client_words: tuple[str, ...], kind: str = "rsa") -> None:
    with server(*s_server(*server_words, kind=kind)):
        s_client(*client_words)


def suites() -> None:
    for suite in TLS_1_3:
        one(("-tls1_3", "-ciphersuites", suite), ("-tls1_3", "-ciphersuites", suite))
    for suite in TLS_1_2:
        words = ("-tls1_2", "-cipher", suite + OPEN)
        one(words, words, kind="ec" if "ECDSA" in suite else "rsa")
        if suite.endswith(("SHA", "SHA384")) and "GCM" not in suite:
            one(words, (*words, "-no_etm"))
    for version in ("-tls1_1", "-tls1"):
        for suite in ("AES128-SHA", "ECDHE-RSA-AES256-SHA", "CAMELLIA128-SHA"):
            words = (version, "-cipher", suite + OPEN)
            one(words, words)
        one(words, (*words, "-no_etm"))
    words = ("-tls1_2", "-cipher", "AES128-GCM-SHA256")
    one(words, (*words, "-no_ems"))


def sessions() -> None:
    one(("-tls1_3", "-groups", "P-384"), ("-tls1_3", "-groups", "X25519:P-384"))
    for version in ("-tls1_3", "-tls1_2"):
        one((version, "-Verify", "1"), (version, "-cert", "ec.pem", "-key", "ec.key"))
        with server(*s_server(version)):
            first = b"GET /page.html HTTP/1.0\r\n\r\n"
            run("openssl", "s_client", "-connect", "127.0.0.1:443", version, "-ign_eof", "-sess_out", "s", give=first)
            s_client(version, "-sess_in", "s", path="/page.html")
    with server(*s_server("-tls1_3", "-early_data", "-no_anti_replay", www=False)) as said:
        assert said.stdin is not None
        (WORK / "early").write_bytes(b"GET /early HTTP/1.0\r\n\r\n")
        run("openssl", "s_client", "-connect", "127.0.0.1:443", "-tls1_3", "-sess_out", "s", give=b"first\n", wait=1)
        words = ("openssl", "s_client", "-connect", "127.0.0.1:443", "-tls1_3", "-sess_in", "s", "-early_data", "early")
        run(*words, give=b"second\n", wait=1)
    with server(*s_server("-tls1_3", www=False)) as said:
        client = subprocess.Popen(
            ("openssl", "s_client", "-connect", "127.0.0.1:443", "-tls1_3"), cwd=WORK, stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert said.stdin is not None
        assert client.stdin is not None
        for text in (b"one\n", b"k\n", b"two\n", b"K\n", b"three\n"):
            time.sleep(0.2)
            for end in (client.stdin, said.stdin):
                end.write(text)
                end.flush()
        time.sleep(0.3)
        client.kill()
        client.wait()


def web() -> None:
    (WORK / "nginx.conf").write_text(NGINX.format(work=WORK))
    urls = [
        f"https://127.0.0.1{path}" for path in ("/page.html", "/moved", "/data.json", "/broken", "/none", "/page.bin")
    ]
    with server("nginx", "-c", f"{WORK}/nginx.conf", "-p", str(WORK)):
        for words in (("--http1.1",), ("--http2",), ("--http1.1", "--tls-max", "1.2"), ("--http2", "--tls-max", "1.2")):
            run("curl", "-sk", "--compressed", "-H", "Cookie: secret=1", *words, *urls)
        run("curl", "-sk", "--http2", "--data-binary", "@page.bin", "https://127.0.0.1/page.html")


def main() -> None:
    for kind, new in (("rsa", "rsa:2048"), ("ec", "ec")):
        group = ("-pkeyopt", "ec_paramgen_curve:prime256v1") if kind == "ec" else ()
        subject = ("-subj", "/CN=keys.example", "-days", "3650")
        run("openssl", "req", "-x509", "-nodes", "-newkey", new, *group, "-keyout", f"{kind}.key",
            "-out", f"{kind}.pem", *subject, wait=30)  # fmt: skip
    (WORK / "page.bin").write_bytes(b"".join(number.to_bytes(2, "big") for number in range(1_500)))
    (WORK / "page.html").write_text("<p>Opened.</p>\n")
    (WORK / "data.json").write_text('{"numbers": [' + ", ".join(map(str, range(500))) + "]}\n")
    os.environ["SSLKEYLOGFILE"] = str(KEYS)
    run("ip", "link", "set", "lo", "up")
    for scene in (web, sessions, suites):
        with recording(scene.__name__):
            scene()


if __name__ == "__main__":
    main()
