"""What app and capture child say to each other survives the trip, and nothing else is taken for it."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcptui.capture.child.client import CaptureChild
from tcptui.capture.child.control import Control
from tcptui.capture.child.protocol import (
    LONGEST_MESSAGE,
    CaptureRequest,
    CountRequest,
    Ended,
    Ending,
    Level,
    Message,
    Opened,
    Refusal,
    Refused,
    StopRequest,
    decode,
    encode,
)
from tcptui.model.child_process import Child
from tcptui.model.child_side import Frames

if TYPE_CHECKING:
    from pathlib import Path

REQUEST = CaptureRequest(
    "any", "tcp port 80 and host münchen\n\x1b", "not port 22", 96, None, 2048, False, 1 << 40, False
)
MESSAGES: list[Message] = [
    REQUEST,
    StopRequest(),
    CountRequest(1 << 40),
    Opened(276, 262_144, True, False),
    *(Refused(refusal, "why\nso") for refusal in Refusal),
    Level(1 << 40, 1 << 33, 2, 3),
    *(Ended(ending, "") for ending in Ending),
]


@pytest.mark.parametrize("message", MESSAGES, ids=repr)
def test_message_survives_as_one_frame(message: Message) -> None:
    frames = Frames(LONGEST_MESSAGE)
    frames.add(encode(message))

    assert list(map(decode, frames.all())) == [message]


@given(st.binary(max_size=60) | st.sampled_from([b"[]", b"{}", b'["Level", {}]', b'["Nothing", {}]', b'["Ended", 1]']))
def test_anything_else_is_a_value_error(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(line)


def test_descriptor_arrives_with_its_request_however_the_bytes_are_cut() -> None:
    app, child = socket.socketpair()
    control = Control(child)
    reading, writing = os.pipe()
    frame = encode(REQUEST)

    socket.send_fds(app, [frame[:10]], [writing])
    assert control.receive() == ([], True)
    app.sendall(frame[10:] + encode(StopRequest()))
    assert control.receive() == ([REQUEST, StopRequest()], True)
    os.close(writing)
    received = control.take_descriptor()
    os.write(received, b"through")
    assert os.read(reading, 10) == b"through"

    app.close()
    assert control.receive() == ([], False)
    for descriptor in (received, reading):
        os.close(descriptor)
    child.close()


def test_slow_app_never_stops_the_child_and_gets_whole_messages() -> None:
    app, child = socket.socketpair()
    control = Control(child)
    for end in range(20_000):
        control.send_nowait(Level(end, 0, 0, 0))

    frames = Frames()
    frames.add(app.recv(1 << 20))
    control.send_nowait(Level(99_999, 0, 0, 0))
    frames.add(app.recv(1 << 20))
    levels = list(map(decode, frames.all()))
    ends = [level.end for level in levels if isinstance(level, Level)]

    assert len(ends) == len(levels)
    assert ends == sorted(ends)
    app.close()
    child.close()


@pytest.mark.parametrize(
    "said", [b"\xff" * 8, b"\x03\0\0\0[1]", b"\x02\0\0\0{["], ids=["too long", "no message", "no JSON"]
)
def test_child_that_says_what_is_no_message_is_ended(said: bytes, tmp_path: Path) -> None:
    program = f"import os, time; os.write(int(sys.argv[2]), {said!r})\nwhile True: time.sleep(60)"
    with (tmp_path / "complaints").open("w+b") as complaints:
        child = CaptureChild(Child(program, most=1 << 10), complaints)

        assert list(child.messages()) == []
        assert child.died().facts["reason"] == "exit SIGKILL"
        child.close()
