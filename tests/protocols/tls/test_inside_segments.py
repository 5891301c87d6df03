"""Messages in one record of TLS that several segments carried: all of them are told, as in the open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import web_captures
from long_talks import TALKS
from run_command import run
from sealed_records import SECRETS, log_text, sealed_turns

if TYPE_CHECKING:
    from pathlib import Path

    from web_captures import Turn

FIELDS = {
    "http2": "http2.streamid", "http": "http.response.code", "resp": "resp.bulk_string.value",
    "mysql": "mysql.packet_number", "pgsql": "pgsql.type", "dns": "dns.id", "smtp": "smtp.response.code",
    "mqtt": "mqtt.msgtype", "memcache": "memcache.key", "amqp": "amqp.type",
    "kafka": "kafka.correlation_id", "mongo": "mongo.request_id",
}  # fmt: skip


def turns(name: str) -> tuple[int, list[Turn]]:
    """The opening, then all questions at once, and all answers."""
    port, talk = TALKS[name]
    opening, said = len(talk(0)), talk(150)
    begun: list[Turn] = [(20.0 * n, "CS"[side], data) for n, (side, data) in enumerate(said[:opening])]
    both = (b"".join(data for side, data in said[opening:] if side == one) for one in (0, 1))
    return port, [*begun, *((500.0 + 200 * one, "CS"[one], data) for one, data in enumerate(both))]


@pytest.mark.parametrize("name", TALKS)
def test_messages_in_a_record_over_segments_are_those_in_the_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    port, said = turns(name)
    monkeypatch.setattr(web_captures, "SERVER", f"192.0.2.10:{port}")
    keys = tmp_path / "keys.log"
    keys.write_text(log_text(SECRETS))
    values = []
    for each in (said, sealed_turns(said)):
        path = web_captures.record(tmp_path, each)
        status, told, problem = run("packets", path, "--keylog", keys, "-e", FIELDS[name])
        assert (status, problem) == (0, "")
        values.append([value for line in told.splitlines() for value in line.split(",") if value])

    assert len(values[0]) >= 150
    assert values[1] == values[0]
