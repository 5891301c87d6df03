"""The broker Mosquitto and its clients in a network namespace of their own, recorded.

    unshare --net python tests/support/mqtt_session.py FOLDER

Writes into FOLDER ``mqtt.pcap``, all of it.  Takes about three seconds.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from recorded_traffic import recorded

from cases.recorder.commands import listens

HOST: Final = "127.0.0.1"
PORT: Final = 1883
PASSWORD: Final = "s3cret-of-ada"
WRONG: Final = "s3cret-tried"
_START_S: Final = 600


def serve(folder: Path) -> subprocess.Popen[bytes]:
    """The broker, which lets ada in."""
    users, settings = folder / "users", folder / "mosquitto.conf"
    users.touch(0o600)
    subprocess.run(["mosquitto_passwd", "-b", users, "ada", PASSWORD], check=True)
    settings.write_text(
        f"listener {PORT} {HOST}\nallow_anonymous false\npassword_file {users}\nuser root\npersistence false\n"
    )
    broker = subprocess.Popen(["mosquitto", "-c", settings], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + _START_S
    while not listens(PORT):
        assert broker.poll() is None
        assert time.monotonic() < end
        time.sleep(0.02)
    return broker


def client(program: str, *words: str, password: str = PASSWORD) -> None:
    """One of Mosquitto's own clients, to its end; one that is refused says so by its status."""
    login = ["-h", HOST, "-p", str(PORT), "-u", "ada", "-P", password]
    subprocess.run(
        [program, *login, *words], check=False, timeout=600, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def main(folder: Path) -> None:
    """Sessions of both versions: refused ones, messages of each QoS, subscriptions."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    broker = serve(folder)
    try:
        with recorded(folder / "mqtt.pcap"):
            for version in ("311", "5"):
                client("mosquitto_pub", "-V", version, "-i", "wrong", "-t", "a", "-m", "b", password=WRONG)
                for qos in ("0", "1", "2"):
                    client(
                        "mosquitto_pub", "-V", version, "-i", f"p{qos}", "-t", "plant/1", "-m", "21.5", "-q", qos, "-r"
                    )
                client("mosquitto_sub", "-V", version, "-i", "s", "-t", "plant/#", "-q", "2", "-C", "1", "-W", "300")
    finally:
        broker.terminate()
        broker.wait(timeout=600)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
