"""TLS handshakes that succeed, that are refused, and that come to a halt."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cases.recorder.commands import execute, launch, scratch
from cases.recorder.scenario import Scenario

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

    from cases.recorder.program import Program

DONE: Final = 0
"""Mark: the client has ended."""
_HOST: Final = "shop.example"
_NGINX: Final = """\
daemon off; master_process off; pid {folder}/pid; error_log stderr crit; user root;
events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen {host}:{port}{tls}; root {folder}; }}
}}
"""
_TLS: Final = " ssl; ssl_certificate {certificate}; ssl_certificate_key {key}; ssl_protocols TLSv1.2"
_CA: Final = """\
[ca]
default_ca = own
[own]
database = {folder}/index.txt
rand_serial = yes
new_certs_dir = {folder}
default_md = sha256
policy = any
[any]
commonName = supplied
"""


def serve(*options: str) -> Callable[[Program], None]:
    """OpenSSL's server with a certificate of its own, until the client has ended."""

    def script(me: Program) -> None:
        folder = scratch()
        key, certificate = str(folder / "key.pem"), str(folder / "certificate.pem")
        words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        execute(me, [*words, "-subj", f"/CN={_HOST}", "-days", "30", "-keyout", key, "-out", certificate])
        server = ["openssl", "s_server", "-accept", f"{me.host}:{me.port}", "-key", key, "-cert", certificate]
        launch(me, [*server, "-quiet", *options], me.port)
        me.ready()
        me.hear(DONE)
        me.sleep(0.3)

    return script


def connect(*options: str) -> Callable[[Program], None]:
    """OpenSSL's client: a handshake, and good-bye."""

    def script(me: Program) -> None:
        words = ["openssl", "s_client", "-connect", f"{me.peer_host}:{me.port}", "-servername", _HOST]
        execute(me, [*words, "-bind", f"{me.host}:{me.source_port()}", *options])
        me.tell(DONE)

    return script


AGREED: Final = Scenario(
    id="tls-agreed",
    shows="A TLS handshake in which both ends agree.",
    twin="tls-version-refused",
    client=connect("-tls1_2"),
    server=serve(),
    port=443,
    findings_client=("tls-handshake",),
    findings_server=("tls-handshake",),
    findings_perhaps=("half-close",),
    never=("tls-alert",),
)
REFUSED: Final = replace(
    AGREED,
    id="tls-version-refused",
    shows="A client that speaks TLS 1.2 at most asks a server that takes nothing below TLS 1.3.",
    twin="tls-agreed",
    server=serve("-tls1_3"),
    may_fail=frozenset({"exit 1"}),
    findings_client=("tls-alert",),
    findings_server=("tls-alert",),
    findings_perhaps=(),
    never=("tls-handshake",),
)
RETRIED: Final = replace(
    AGREED,
    id="tls-hello-retry",
    shows="A client sends a key share of a group that the server does not take, and has to send another.",
    twin="tls-agreed",
    client=connect("-tls1_3", "-groups", "X25519:P-384"),
    server=serve("-groups", "P-384"),
)


# -- handshakes that come to a halt ------------------------------------------------------------


def draw_patience(chance: random.Random) -> dict[str, float]:
    """How long the client waits."""
    return {"delay_ms": chance.randint(5, 60), "patience": chance.randint(7, 12)}


def hang(me: Program) -> None:
    """A program that takes the connection and is busy with something else, until the client has gone."""
    connection = me.listen().accept()
    me.hear(DONE)
    me.sleep(1)
    connection.close()


def lose_patience(me: Program) -> None:
    """OpenSSL's client, which is told to give up after a while."""
    words = ["timeout", str(me.p.patience), "openssl", "s_client", "-connect", f"{me.peer_host}:{me.port}"]
    execute(me, [*words, "-servername", _HOST, "-bind", f"{me.host}:{me.source_port()}"])
    me.tell(DONE)


SILENT: Final = replace(
    AGREED,
    id="tls-silent",
    shows="A server takes the connection, and its program never answers the ClientHello.",
    twin="tls-agreed",
    draw=draw_patience,
    client=lose_patience,
    server=hang,
    may_fail=frozenset({"exit 124"}),
    findings_client=("tls-unfinished",),
    findings_server=("tls-unfinished",),
    findings_perhaps=("rst-abortive-close", "rst-unread-data", "data-after-close", "close-wait-leak"),
    never=("tls-handshake", "tls-alert", "tls-plain-text"),
)


# -- TLS at one end only ---------------------------------------------------------------------


def serve_plain(me: Program) -> None:
    """nginx that was told of the port, but not of TLS."""
    serve_with_nginx(me, scratch(), "")


def serve_with_nginx(me: Program, folder: Path, tls: str) -> None:
    """nginx in this folder, until the client has ended."""
    (folder / "nginx.conf").write_text(_NGINX.format(folder=folder, host=me.host, port=me.port, tls=tls))
    launch(me, ["nginx", "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")], me.port)
    me.ready()
    me.hear(DONE)
    me.sleep(0.3)


def ask_in_plain(me: Program) -> None:
    """curl without TLS."""
    words = ["curl", "-s", "--noproxy", "*", "--max-time", "20", "--local-port", str(me.source_port())]
    execute(me, [*words, f"http://{me.peer_host}:{me.port}/"])
    me.tell(DONE)


TO_PLAIN: Final = replace(
    AGREED,
    id="tls-to-plain",
    shows="A client begins TLS at a port where nginx speaks plain HTTP.",
    twin="tls-agreed",
    client=connect(),
    server=serve_plain,
    may_fail=frozenset({"exit 1"}),
    findings_client=("tls-plain-text",),
    findings_server=("tls-plain-text",),
    findings_perhaps=("data-after-close", "rst-abortive-close"),
    never=("tls-handshake", "tls-alert", "tls-unfinished"),
)
PLAIN_AGREED: Final = replace(
    TO_PLAIN,
    id="tls-not-wanted",
    shows="Neither end speaks TLS at port 443: nginx answers 404.",
    twin="tls-to-plain",
    client=ask_in_plain,
    may_fail=frozenset(),
    findings_client=(),
    findings_server=(),
    findings_perhaps=("http-error-response",),
    never=("tls-plain-text", "tls-unfinished"),
)


# -- certificates ----------------------------------------------------------------------------


def serve_old(since: str, until: str) -> Callable[[Program], None]:
    """nginx with a certificate of these dates (YYMMDDHHMMSSZ)."""

    def script(me: Program) -> None:
        folder = scratch()
        key, request, made = str(folder / "key.pem"), str(folder / "request.pem"), str(folder / "certificate.pem")
        words = ["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        execute(me, [*words, "-subj", f"/CN={_HOST}", "-keyout", key, "-out", request])
        (folder / "index.txt").touch()
        (folder / "ca.conf").write_text(_CA.format(folder=folder))
        words = ["openssl", "ca", "-batch", "-notext", "-selfsign", "-config", str(folder / "ca.conf"), "-keyfile", key]
        execute(me, [*words, "-startdate", since, "-enddate", until, "-in", request, "-out", made])
        serve_with_nginx(me, folder, _TLS.format(certificate=made, key=key))

    return script


def fetch_with_wget(*options: str) -> Callable[[Program], None]:
    """wget, whose library looks at the certificate after the handshake."""

    def script(me: Program) -> None:
        words = ["wget", "-q", "-O", "/dev/null", "--tries", "1", "--bind-address", me.host, *options]
        execute(me, [*words, f"https://{me.peer_host}:{me.port}/"])
        me.tell(DONE)

    return script


EXPIRED: Final = replace(
    AGREED,
    id="tls-expired",
    shows="A client completes the handshake, sees that the certificate has expired, and leaves.",
    twin="tls-valid",
    client=fetch_with_wget(),
    server=serve_old("240101000000Z", "250101000000Z"),
    may_fail=frozenset({"exit 5"}),
    findings_client=("tls-handshake", "tls-certificate"),
    findings_server=("tls-handshake", "tls-certificate"),
    findings_perhaps=("data-after-close", "rst-abortive-close"),
    never=("tls-alert", "tls-unfinished"),
)
VALID: Final = replace(
    EXPIRED,
    id="tls-valid",
    shows="A client that checks nothing asks a server with a certificate that is valid.",
    twin="tls-expired",
    client=fetch_with_wget("--no-check-certificate"),
    server=serve_old("240101000000Z", "491231000000Z"),
    may_fail=frozenset({"exit 8"}),
    findings_client=("tls-handshake",),
    findings_server=("tls-handshake",),
    findings_perhaps=("data-after-close", "rst-abortive-close", "http-error-response"),
    never=("tls-alert", "tls-unfinished", "tls-certificate"),
)

SCENARIOS = [AGREED, REFUSED, RETRIED, SILENT, TO_PLAIN, PLAIN_AGREED, EXPIRED, VALID]
