"""What a recorded mix's log says of each statement, read from lines of a log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.campaigns.database_mix.account import Account, read_account

S = 1_000_000_000


def account_of(folder: Path, *lines: dict[str, Any]) -> Account:
    mix = {"scenes": [{"tls": False}], "paths": [{"way": "clean"}]}
    (folder / "recording.json").write_text(json.dumps({"parameters": {"composition": mix}}))
    (folder / "kernel.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return read_account(folder)


def call(name: str, begun_s: float, until_s: float, kind: str = "database", **facts: Any) -> dict[str, Any]:
    asked = {"text": "EVAL long 0", "values": [], "waits": False} if name in ("ask", "give-up") else {}
    return {
        "kind": kind, "call": name, "time_ns": round(begun_s * S), "until": round(until_s * S), "database": "redis",
        "scene": 0, "play": "slow", "local": "10.9.0.1:5000", "remote": "10.9.0.2:6379", "session": "10.9.0.1:5000",
        "answer": "", **asked, **facts,
    }  # fmt: skip


def logged(at_s: int, took_s: float) -> dict[str, Any]:
    return {
        "kind": "database-log", "time_ns": 90 * S, "database": "redis", "what": "statement", "peer": "10.9.0.1:5000",
        "at_s": at_s, "took_us": round(took_s * 1e6), "text": "EVAL long 0",
    }  # fmt: skip


def test_call_without_an_end_was_waiting_when_the_recording_ended(tmp_path: Path) -> None:
    begun = call("ask", 12, 12, "database-begun", answer="gone")
    account = account_of(tmp_path, call("connect", 10, 11), begun, logged(13, 1.5))

    (asked,) = account.connections["10.9.0.1:5000>10.9.0.2:6379"].asked
    assert (asked.asked_ns, asked.until_ns, asked.error) == (12 * S, 90 * S, "gone")
    assert asked.took_ns == 1.5 * S


def test_call_is_one_though_it_is_noted_twice(tmp_path: Path) -> None:
    begun = call("ask", 12, 12, "database-begun", answer="gone")
    account = account_of(tmp_path, call("connect", 10, 11), begun, call("ask", 12, 14))

    (asked,) = account.connections["10.9.0.1:5000>10.9.0.2:6379"].asked
    assert (asked.until_ns, asked.error) == (14 * S, "")


def test_server_may_be_busy_with_what_its_client_gave_up(tmp_path: Path) -> None:
    """It had to wait itself: only the log says how long the server can have been busy."""
    account = account_of(tmp_path, call("connect", 10, 11), call("give-up", 12, 12.4), logged(15, 1.5))
    (one,) = account.connections.values()
    other = account_of(tmp_path, call("connect", 10, 11)).connections.popitem()[1]

    assert one.asked[0].ran_until_ns == 16 * S
    assert account.busy_beside(other, 13 * S, 15 * S) == 2 * S
    assert account.busy_beside(other, 13 * S, 15 * S, visible=True) == 0
