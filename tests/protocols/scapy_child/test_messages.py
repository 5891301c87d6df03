"""What scapy's process answers is believed in no byte: it is a message, or an error."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tcptui.protocols.scapy_child.messages import (
    ANSWER_LIMIT,
    BATCH_SIZE,
    BYTES_READ,
    HEAD_SIZE,
    LABEL_LIMIT,
    LINES,
    Answer,
    Kind,
    Layer,
    Line,
    MessageError,
    Next,
    Question,
    Start,
    Vendor,
    answer_bytes,
    dissect_request,
    read_answer,
    read_head,
    read_questions,
    read_vendor,
    vendor_bytes,
)

LINE = Line(1, 4, 2, "id: 7")
ANSWER = Answer(
    (Layer("Domain Name System", "dns", True, 0, 12, (LINE, Line(2, 4, 2, "\udc80\U0001f600"))),), Next.DATA, 12
)

questions = st.builds(
    Question,
    st.sampled_from(Start),
    st.integers(0, 2**32 - 1),
    st.sampled_from([0, 4, 16]).flatmap(lambda size: st.tuples(*[st.binary(min_size=size, max_size=size)] * 2)),
    st.integers(0, 2**32 - 1),
    st.binary(max_size=60),
    st.booleans(),
)
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
)


@given(st.lists(questions, min_size=1, max_size=BATCH_SIZE))
def test_questions_arrive_as_they_were_asked(asked: list[Question]) -> None:
    request = dissect_request(asked)
    kind, count, length = read_head(request[:HEAD_SIZE])

    assert (kind, length) == (Kind.DISSECT, len(request) - HEAD_SIZE)
    assert read_questions(request[HEAD_SIZE:], count) == asked


@pytest.mark.parametrize("answer", [ANSWER, Answer((), Next.NOTHING, 0, "error"), Answer((), Next.IPV6, 4_096)])
def test_answer_arrives_as_it_was_given(answer: Answer) -> None:
    assert read_answer(answer_bytes(answer)) == answer


@pytest.mark.parametrize("vendor", [None, Vendor("VMware", 24)])
def test_vendor_arrives_as_it_was_given(vendor: Vendor | None) -> None:
    assert read_vendor(vendor_bytes(vendor)) == vendor


def test_greatest_answer_fits() -> None:
    lines = (Line(1, 0, 1, "\U0001f600" * LABEL_LIMIT),) * LINES
    answer = Answer((Layer("t", "t", False, 0, 1, lines),), Next.DATA, BYTES_READ)

    assert len(answer_bytes(answer)) <= ANSWER_LIMIT


@pytest.mark.parametrize(
    "wrong",
    [
        b"", b"null", b"[]", b"[[],1,0]", b"[[],9,0,\"\"]", b"[[],1,-1,\"\"]", b"[[],1,1e3,\"\"]", b"[[],true,0,\"\"]",
        b"[[],1,0,7]", b"[{},1,0,\"\"]", b"[" * 100_000, b"[[],1," + b"9" * 5_000 + b",\"\"]", b"\xff\xfe",
        json.dumps([[["t", "t", 1, 0, 1, []]], 1, 0, ""]).encode(),
        json.dumps([[["t", "t", True, 0, 1, [[2, 0, 1, "deeper than the first line may be"]]]], 1, 0, ""]).encode(),
        json.dumps([[["t", "t", True, 0, 1, [[1, -1, 1, "before"]]]], 1, 0, ""]).encode(),
        json.dumps([[["t", "t", True, 0, 1, [[1, 0, 1, "x" * (LABEL_LIMIT + 1)]]]], 1, 0, ""]).encode(),
        json.dumps([[["t", "t", True, 0, 1, [[1, 0, 1, "x"]] * 2 * LINES]], 1, 0, ""]).encode(),
        json.dumps([[["t", "t", True, 0, 1, [[1, 0, 1, "x"]] * LINES]] * 2, 1, 0, ""]).encode(),
    ],
)  # fmt: skip
def test_no_answer_is_an_error(wrong: bytes) -> None:
    with pytest.raises(MessageError):
        read_answer(wrong)


@settings(max_examples=300)
@given(any_json, st.lists(st.integers(0, 9), max_size=6))
def test_nothing_but_an_error_of_messages_comes_out(value: Any, path: list[int]) -> None:
    """Any value in any place of an answer."""
    answer = json.loads(answer_bytes(ANSWER))
    place, holder = answer, None
    for step in path:
        if not isinstance(place, list) or not place:
            break
        holder, at = place, step % len(place)
        place = place[at]
    if holder is None:
        answer = value
    else:
        holder[at] = value
    for read in (read_answer, read_vendor):
        with contextlib.suppress(MessageError):
            read(json.dumps(answer).encode())


@given(st.binary(max_size=80), st.integers(0, 5))
def test_nothing_but_an_error_comes_out_of_a_request(body: bytes, count: int) -> None:
    with contextlib.suppress(MessageError):
        read_questions(body, count)
    with contextlib.suppress(MessageError):
        read_head(body[:HEAD_SIZE].ljust(HEAD_SIZE, b"\1"))
