from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcptui.model.child_side import FrameError, Frames, framed, read_exactly


@given(st.lists(st.binary(max_size=40), max_size=8), st.integers(1, 9))
def test_frames_are_the_same_however_they_come(sent: list[bytes], size: int) -> None:
    data, frames, received = b"".join(map(framed, sent)), Frames(40), list[bytes]()
    for begin in range(0, len(data), size):
        frames.add(data[begin : begin + size])
        received += frames.all()

    assert received == sent
    assert frames.next() is None


def test_frame_that_is_too_long_is_refused_before_it_has_come() -> None:
    frames = Frames(40)
    frames.add(framed(bytes(40)) + framed(bytes(41))[:4])

    assert frames.next() == bytes(40)
    with pytest.raises(FrameError):
        frames.next()


def test_bytes_are_read_until_all_are_there_and_an_end_before_is_an_error() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(b"abcdef")
        assert read_exactly(lambda size: theirs.recv(min(size, 2)), 5) == b"abcde"
        assert read_exactly(theirs.recv, 0) == b""
        ours.close()
        with pytest.raises(EOFError):
            read_exactly(theirs.recv, 2)
