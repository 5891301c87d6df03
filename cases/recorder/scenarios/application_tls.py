"""TLS handshakes that succeed, and that are refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cases.recorder.commands import execute, launch, scratch
from cases.recorder.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Callable

    from cases.recorder.program import Program

DONE: Final = 0
"""Mark: the client has ended."""
_HOST: Final = "shop.example"


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

SCENARIOS = [AGREED, REFUSED, RETRIED]
