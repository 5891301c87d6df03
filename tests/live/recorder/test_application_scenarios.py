"""Real web servers and clients recorded afresh: each finding where it belongs, and times and contents as they were."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from event_reading import read_events

from cases.recorder.namespaces import End
from cases.recorder.scenario import all_scenarios
from tcptui.model.finding import FindingId
from tcptui.protocols.event_stream.parser import MEDIA_TYPE
from tcptui.protocols.http.body import body_of
from tcptui.protocols.http.conversation import conversation
from tcptui.protocols.websocket.conversation import websocket_in
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tcptui.protocols.event_stream.parser import EventStream
    from tcptui.protocols.websocket.conversation import WebSocketConversation

pytestmark = [
    pytest.mark.live,
    pytest.mark.rerun_on_race(reason="timers of real kernels fire late on a busy machine", reruns=2),
]

NAMES = sorted(name for name in all_scenarios() if name.startswith(("http-", "websocket-", "event-stream-")))
WEBSOCKETS = [name for name in NAMES if name.startswith("websocket-")]
#: The family that these scenarios are about.
FAMILY = {str(one) for one in FindingId if one.startswith(("http-", "websocket-", "event-stream-", "file-"))}


@pytest.fixture
def recorded(request: pytest.FixtureRequest, record_all: Callable[..., Path]) -> Path:
    """All scenarios side by side; for a test that is tried again, its own alone."""
    again = getattr(request.node, "execution_count", 1) > 1
    return record_all([request.node.callspec.params["name"]] if again else NAMES)


def opened(recorded: Path, name: str, end: End) -> Session:
    return open_file(recorded / name / f"{end.value}.pcapng")


def said(recorded: Path, name: str, kind: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (recorded / name / "kernel.jsonl").read_text().splitlines()]
    return [line for line in lines if line.get("kind") == kind]


def events(session: Session) -> EventStream:
    http = conversation(*session.directions(0))
    stream = next(message for message in http.responses() if message.head.media_type == MEDIA_TYPE)
    return read_events(body_of(stream).pieces())


def websocket(session: Session) -> WebSocketConversation:
    client, server = session.directions(0)
    talk = websocket_in(conversation(client, server), client, server)
    assert talk is not None
    return talk


@pytest.mark.parametrize("end", End)
@pytest.mark.parametrize("name", NAMES)
def test_each_story_shows_its_findings_and_not_those_of_its_twin(recorded: Path, name: str, end: End) -> None:
    scenario, session = all_scenarios()[name], opened(recorded, name, end)
    found = {str(one.id) for stream in range(session.streams.count) for one in session.findings(stream)}

    assert scenario.findings_at(end) <= found
    assert not found.intersection(scenario.never)
    assert found & FAMILY <= scenario.findings_at(end)


@pytest.mark.parametrize("name", ["event-stream-incremental", "event-stream-flushed", "event-stream-passed-on"])
def test_event_could_be_shown_when_the_server_had_made_it(recorded: Path, name: str) -> None:
    made = [line["time_ns"] for line in said(recorded, name, "event")]
    seen = [event.time_ns for event in events(opened(recorded, name, End.SERVER)).events]

    assert len(made) == len(seen)
    # Behind the event, and before the server has made another.
    assert all(event <= packet for event, packet in zip(made, seen, strict=True))
    assert all(packet < event for packet, event in zip(seen, made[1:], strict=False))


@pytest.mark.parametrize("name", ["event-stream-held", "event-stream-proxied"])
def test_held_events_could_be_shown_only_after_the_last_was_made(recorded: Path, name: str) -> None:
    made = [line["time_ns"] for line in said(recorded, name, "event")]
    stream = events(opened(recorded, name, End.SERVER))

    assert len(made) == stream.dispatched
    assert stream.events[0].time_ns >= made[-1]
    assert len(stream.bursts) == 1


@pytest.mark.parametrize("end", End)
@pytest.mark.parametrize("name", WEBSOCKETS)
def test_messages_are_those_that_the_programs_sent(recorded: Path, name: str, end: End) -> None:
    talk = websocket(opened(recorded, name, end))
    told = said(recorded, name, "message")

    for way, sender in zip(talk.directions, End, strict=True):
        sent = [(line["sent"], line["text"]) for line in told if line["end"] == sender.value and "sent" in line]
        read = [
            (len(one.text) if one.opcode == 1 else one.length, one.opcode == 1)
            for one in way.messages
            if one.opcode in (1, 2) and one.finished
        ]
        assert read == sent
        codes = [line["close"] for line in told if line["end"] == sender.value and "close" in line]
        if codes:
            assert way.close is not None
            assert way.close.close_code == codes[0]
    assert talk.faults == []


@pytest.mark.tshark
@pytest.mark.parametrize("name", WEBSOCKETS)
def test_tshark_sees_the_same_frames(recorded: Path, name: str) -> None:
    fields = ["opcode", "mask", "payload_length", "payload_length_ext_16", "payload_length_ext_64"]
    capture = recorded / name / "client.pcapng"
    words = ["tshark", "-n", "-r", str(capture), "-Y", "websocket", "-T", "fields", "-e", "tcp.dstport"]
    words += [word for field in fields for word in ("-e", f"websocket.{field}")]
    lines = subprocess.run(words, capture_output=True, text=True, timeout=600, check=True).stdout.splitlines()
    theirs: tuple[list[tuple[int, bool]], list[tuple[int, bool]]] = ([], [])
    for line in lines:
        port, opcodes, masks, *_ = line.split("\t")
        of = 0 if port == "8080" else 1
        pairs = zip(opcodes.split(","), masks.split(","), strict=True)
        theirs[of].extend((int(opcode), mask in ("1", "True")) for opcode, mask in pairs)
    talk = websocket(open_file(capture))
    whole = [[frame for frame in way.frames if frame.stop <= way.direction.length] for way in talk.directions]

    assert [[(frame.opcode, frame.masked) for frame in frames] for frames in whole] == list(theirs)
