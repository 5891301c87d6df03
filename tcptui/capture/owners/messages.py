"""Questions of the program to the process of owners, and its answers: JSON in frames.

Strings of /proc are bytes that anybody may have chosen: they cross as Latin-1 and are made safe by whoever shows them.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Bytes of a frame, at most: `MOST_AT_ONCE` answers with as many processes.
LONGEST_MESSAGE: Final = 1 << 25
#: Questions that are asked at once.
MOST_AT_ONCE: Final = 1_024


@dataclass(frozen=True, slots=True)
class Question:
    """A connection as one end has it: addresses of 4 or 16 bytes, and ports."""

    local: bytes
    local_port: int
    peer: bytes
    peer_port: int


@dataclass(frozen=True, slots=True)
class Process:
    """A process as /proc had it; names are Latin-1 of the bytes there."""

    pid: int
    started: int
    """Start time in clock ticks since the system began: with ``pid``, one process for ever."""
    program: str
    command: str
    """Its arguments, with a blank between two."""
    group: str
    """The path of its control group."""
    uid: int
    """Its effective user."""
    parents: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Sighting:
    """A socket that the kernel had, from a first look to a last, and all the time between them.

    Each look lies between two times of the system's clock.
    """

    cookie: int
    """The kernel's number of the socket, which no other one gets."""
    first_asked_ns: int
    first_heard_ns: int
    last_asked_ns: int
    last_heard_ns: int
    uid: int
    """The user that made it; -1: not known, for nobody had it open."""
    group: str
    """The path of the socket's control group; empty: not known."""
    process: Process | None
    """Who had it open; None: it could not be seen."""


#: What was seen with the addresses and ports of a question.
Sightings = tuple[Sighting, ...]


@dataclass(frozen=True, slots=True)
class Answers:
    """The sightings for each question, in their order."""

    sightings: tuple[Sightings, ...]
    looked_ns: int
    """When the last look ended; 0: there was none."""


def encode_questions(questions: Sequence[Question]) -> bytes:
    """The bytes of a request."""
    return json.dumps([[one.local.hex(), one.local_port, one.peer.hex(), one.peer_port] for one in questions]).encode()


def decode_questions(data: bytes) -> list[Question]:
    """The questions in a request."""
    return [
        Question(bytes.fromhex(local), local_port, bytes.fromhex(peer), peer_port)
        for local, local_port, peer, peer_port in json.loads(data)
    ]


def encode_answers(answers: Answers) -> bytes:
    """The bytes of a response."""
    return json.dumps(asdict(answers)).encode()


def decode_answers(data: bytes) -> Answers:
    """The answers in a response.  Raises ValueError where it is none."""
    try:
        told = json.loads(data)
        return Answers(tuple(tuple(map(_sighting, some)) for some in told["sightings"]), int(told["looked_ns"]))
    except (KeyError, TypeError) as error:
        raise ValueError("no answers") from error


def _sighting(told: dict[str, Any]) -> Sighting:
    process = told.pop("process")
    if process is not None:
        process["parents"] = tuple((int(pid), str(name)) for pid, name in process["parents"])
    return Sighting(**told, process=None if process is None else Process(**process))
