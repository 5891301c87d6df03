"""What is asked of a stream while the worker is amid a batch is not taken for the answer to the whole batch."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from captures import CLIENT, SERVER, Tape

from tcptui.capture.file_source import open_descriptor
from tcptui.session.session import Session

if TYPE_CHECKING:
    import pytest


def test_findings_bytes_and_messages_are_looked_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = f"{CLIENT}:40001", f"{SERVER}:80"
    tape = Tape()
    tape.handshake(0, *ends)
    tape.tcp(40, *ends, 0x18, 1001, 9001, b"GET / HTTP/1.1\r\n\r\n")
    tape.tcp(50, *ends[::-1], 0x14, 9001, 1019)
    read, write = os.pipe()
    session = Session([open_descriptor(read, "pipe")])
    looked: list[int] = []
    publish = session.store.publish

    def look_first(count: int) -> None:
        if session.streams.count:
            directions = session.directions(0)
            requests = list(session.application(0).requests())
            looked.append(len(session.findings(0)) + directions[0].length + len(requests))
        publish(count)

    monkeypatch.setattr(session.store, "publish", look_first)

    async def watch() -> tuple[int, int, set[str]]:
        running = asyncio.create_task(session.run())
        os.write(write, tape.pcap(of=slice(0, 3)))
        while session.store.count < 3:
            await asyncio.sleep(0.005)
        os.write(write, tape.pcap(of=slice(3, None))[24:])
        while session.store.count < len(tape.records):
            await asyncio.sleep(0.005)
        kept = session.directions(0)
        ids = {finding.id for finding in session.findings(0)}
        os.close(write)
        await running  # of a stream that grows messages are read now and then only
        return kept[0].length, len(list(session.application(0).requests())), ids

    data, messages, ids = asyncio.run(watch())
    session.close()

    assert looked
    assert data == len(b"GET / HTTP/1.1\r\n\r\n")
    assert messages == 1
    assert any("reset" in name or "rst" in name for name in ids)
