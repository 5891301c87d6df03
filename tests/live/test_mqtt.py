"""A real broker of MQTT and its clients, recorded: requests, and every value as tshark has it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

import mqtt_session
import numpy as np
import pytest

from tcptui.access.requests import requests_of
from tcptui.model.fields import ROWS
from tcptui.session.filtering.printed import FieldPrinter
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tcptui.session.session import Session

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root"),
    pytest.mark.skipif(
        not all(map(shutil.which, ("mosquitto", "mosquitto_pub", "tcpdump", "tshark", "unshare"))),
        reason="needs mosquitto, mosquitto-clients, tcpdump, tshark, unshare",
    ),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("mqtt")
    command = ["unshare", "--net", sys.executable, mqtt_session.__file__, str(made)]
    subprocess.run(command, check=True, timeout=600, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})
    return made


@pytest.fixture(scope="module")
def session(folder: Path) -> Iterator[Session]:
    opened = open_file(folder / "mqtt.pcap")
    yield opened
    opened.close()


def test_requests_are_those_that_the_clients_made(session: Session) -> None:
    asked = [one for stream in range(session.streams.count) for one in requests_of(session, stream)]
    counts = Counter((one.operation, one.status) for one in asked)

    assert counts == {
        ("CONNECT wrong", "5 Not authorized"): 1, ("CONNECT wrong", "135 Not authorized"): 1, ("CONNECT p0", "OK"): 2,
        ("CONNECT p1", "OK"): 2, ("CONNECT p2", "OK"): 2, ("CONNECT s", "OK"): 2, ("SUBSCRIBE plant/#", "OK"): 2,
        # Nobody has subscribed to it; of QoS 1 the broker says so in 5.0, of QoS 2 Mosquitto does not.
        ("PUBLISH plant/1", "OK"): 3, ("PUBLISH plant/1", "16 No matching subscribers"): 1,
    }  # fmt: skip


def test_every_value_is_tsharks(session: Session, folder: Path) -> None:
    fields = [row for row in ROWS if row.name.startswith("mqtt.")]
    words = [word for field in fields for word in ("-e", field.name)]
    command = ["tshark", "-r", str(folder / "mqtt.pcap"), "-n", "-2", "-T", "fields", "-E", "aggregator=\x1f", *words]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600).stdout
    columns = FieldPrinter(session, fields).texts(np.arange(session.store.count, dtype=np.int32))
    found = [["\x1f".join(column[row]) for column in columns] for row in range(session.store.count)]

    assert [line.split("\t") for line in printed.splitlines()] == found
    assert not [row for row in found if mqtt_session.PASSWORD in "".join(row)]


def test_refused_logins_are_told(session: Session) -> None:
    told = [
        str(finding.facts["status"])
        for stream in range(session.streams.count) for finding in session.findings(stream)
        if str(finding.id) == "mqtt-session-ended"
    ]  # fmt: skip
    assert sorted(told) == ["135 Not authorized", "5 Not authorized"]
