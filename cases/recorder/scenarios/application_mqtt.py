"""MQTT: a broker that refuses a login, and one that waits for its client's next packet in vain."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cases.recorder.commands import launch, scratch
from cases.recorder.scenario import Scenario

if TYPE_CHECKING:
    import random

    from cases.recorder.program import Program

DONE: Final = 0
"""Mark: the client has ended."""
_USER: Final = "sensor-7"
_PASSWORD: Final = "orchid"
_ACCEPTED: Final = b"\x20\2\0\0"


def serve(me: Program) -> None:
    """Mosquitto, which lets one user in, until the client has ended."""
    folder = Path(scratch())
    users, settings = folder / "users", folder / "mosquitto.conf"
    users.touch(0o600)
    subprocess.run(["mosquitto_passwd", "-b", users, _USER, _PASSWORD], check=True)
    settings.write_text(
        f"listener {me.port} {me.host}\nallow_anonymous false\npassword_file {users}\nuser root\npersistence false\n"
    )
    launch(me, ["mosquitto", "-c", str(settings)], me.port)
    me.ready()
    me.hear(DONE)
    me.sleep(0.3)


def _text(text: str) -> bytes:
    return len(text).to_bytes(2) + text.encode()


def _packet(first: int, body: bytes) -> bytes:
    assert len(body) < 128
    return bytes((first, len(body))) + body


def _connect(password: str, keep_alive: int) -> bytes:
    body = _text("MQTT") + b"\4\xc2" + keep_alive.to_bytes(2) + _text("pump-3") + _text(_USER) + _text(password)
    return _packet(0x10, body)


def draw(chance: random.Random) -> dict[str, float]:
    """How far the broker is, and within how many seconds it wants to hear something."""
    return {"delay_ms": chance.randint(5, 40), "keep_alive": chance.randint(2, 6), "readings": chance.randint(2, 5)}


def refused_then_silent(me: Program) -> None:
    """A wrong password; then the right one, some readings, and not a word more."""
    wrong = me.connect()
    wrong.send(_connect("tulip", 60))
    while wrong.raw.recv(4_096):
        pass
    wrong.close()
    client = me.connect()
    client.send(_connect(_PASSWORD, int(me.p.keep_alive)))
    assert client.raw.recv(4) == _ACCEPTED
    for number in range(int(me.p.readings)):
        client.send(_packet(0x32, _text("plant/pump-3/bar") + (number + 1).to_bytes(2) + b"4.%d" % number))
        client.raw.recv(4)
        me.sleep(0.4)
    while client.raw.recv(4_096):
        pass
    client.close()
    me.tell(DONE)


ENDED: Final = Scenario(
    id="mqtt-session-ended",
    shows="A broker refuses a login; later it ends the session of a client that is silent for too long.",
    draw=draw,
    client=refused_then_silent,
    server=serve,
    port=1883,
    findings_client=("mqtt-session-ended",),
    findings_server=("mqtt-session-ended",),
    findings_perhaps=("half-close",),
    never=("slow-query", "server-think-time", "request-unanswered"),
)

SCENARIOS: Final = [ENDED]
