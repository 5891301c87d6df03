"""Servers as they come, each on ports of its own on every address of the loopback."""

from __future__ import annotations

import subprocess
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final

from tests.campaigns.healthy.python_server import PORTS as PYTHON_PORTS
from tests.campaigns.healthy.python_server import python_servers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Ports of nginx, and what is said of each server there beside the certificate.
NGINX: Final = {
    8441: "",
    8442: "keepalive_timeout 1s;",
    8444: "keepalive_timeout 0;",
    8445: "lingering_close off; keepalive_requests 2;",
    8446: "ssl_early_data on;",
    8447: "reset_timedout_connection on; keepalive_timeout 1s;",
    8448: "keepalive_timeout 1s; ssl_session_tickets off; ssl_buffer_size 4k;",
}
NGINX_H2: Final = {8443: "", 8449: "keepalive_timeout 1s;"}
NGINX_PLAIN: Final = 8080
S_SERVER: Final = {8451: ("-tls1_2",), 8452: ("-tls1_3",), 8453: ("-tls1_3", "-num_tickets", "4")}
NGHTTPD: Final = 8455
REDIS_TLS: Final = 6390
REDIS: Final = 6391
#: Its own port, and one by which nobody knows it.
MEMCACHED: Final = (11211, 11377)
SUITES_1_2: Final = (
    "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA384", "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES128-CCM",
)  # fmt: skip
SUITES_1_3: Final = (
    "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_CCM_SHA256",
    "TLS_AES_128_CCM_8_SHA256",
)  # fmt: skip
_CONFIGURATION: Final = """daemon off; worker_processes 1; pid {work}/nginx.pid; error_log {work}/error.log; events {{}}
http {{ access_log off; root {work}; ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers ALL:@SECLEVEL=0;
ssl_conf_command Ciphersuites {suites};
ssl_certificate {work}/cert.pem; ssl_certificate_key {work}/key.pem; client_body_temp_path {work}/b;
proxy_temp_path {work}/p; fastcgi_temp_path {work}/f; uwsgi_temp_path {work}/u; scgi_temp_path {work}/s;
{servers} }}
"""
_LOCATIONS: Final = """location /slow/ {{ alias {work}/; limit_rate 200k; }} location = /moved {{ return 302 /page; }}
location = /missing {{ return 204; }} location = /post {{ dav_methods PUT; }}"""
_WAIT_S: Final = 600


def make_files(work: Path) -> None:
    """Certificate and pages in ``work``."""
    subprocess.run(
        ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem"),
        cwd=work, check=True, capture_output=True, timeout=_WAIT_S,
    )  # fmt: skip
    (work / "page").write_bytes(b"a page\n" * 20)
    (work / "large").write_bytes(bytes(range(256)) * 1_200)
    work.chmod(0o755)
    for file in work.iterdir():
        file.chmod(0o644)


@contextmanager
def servers(work: Path) -> Iterator[None]:
    """All of them, listening."""
    locations = _LOCATIONS.format(work=work)
    listeners = [f"server {{ listen {port} ssl; {more} {locations} }}" for port, more in NGINX.items()]
    listeners += [f"server {{ listen {port} ssl http2; {more} {locations} }}" for port, more in NGINX_H2.items()]
    listeners += [f"server {{ listen {NGINX_PLAIN}; keepalive_timeout 1s; {locations} }}"]
    (work / "nginx.conf").write_text(
        _CONFIGURATION.format(work=work, suites=":".join(SUITES_1_3), servers="\n".join(listeners))
    )
    tls = ("--tls-cert-file", "cert.pem", "--tls-key-file", "key.pem", "--tls-auth-clients", "no", "--save", "")
    commands: list[tuple[str, ...]] = [
        ("nginx", "-c", str(work / "nginx.conf")),
        ("nghttpd", "--htdocs", str(work), str(NGHTTPD), "key.pem", "cert.pem"),
        ("redis-server", "--port", str(REDIS), "--tls-port", str(REDIS_TLS), *tls),
        *(("memcached", "-u", "nobody", "-l", "0.0.0.0", "-p", str(port), "-U", "0", "-m", "32") for port in MEMCACHED),
        *(("openssl", "s_server", "-quiet", "-WWW", "-accept", str(port), "-cert", "cert.pem", "-key", "key.pem", *more)
          for port, more in S_SERVER.items()),
    ]  # fmt: skip
    with ExitStack() as stack:
        for words in commands:
            stack.enter_context(_running(words, work))
        stack.enter_context(python_servers(work))
        for port in (*NGINX, *NGINX_H2, NGINX_PLAIN, *S_SERVER, NGHTTPD, REDIS, REDIS_TLS, *MEMCACHED, *PYTHON_PORTS):
            _wait_for(port)
        yield


@contextmanager
def _running(words: tuple[str, ...], work: Path) -> Iterator[None]:
    with subprocess.Popen(
        words, cwd=work, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(_WAIT_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_for(port: int) -> None:
    """Wait until somebody listens; to connect would be recorded."""
    end = time.monotonic() + _WAIT_S
    while time.monotonic() < end:
        if subprocess.run(("ss", "-Hltn", f"sport = :{port}"), capture_output=True, check=True, timeout=_WAIT_S).stdout:
            return
        time.sleep(0.05)
    message = f"nobody listens on port {port}"
    raise RuntimeError(message)
