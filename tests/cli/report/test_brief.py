"""The first page of a report: ten seconds to the worst."""

from __future__ import annotations

import json
from html import unescape

import pytest

from tcptui.cli.commands import Detail
from tcptui.cli.report.as_json import json_report
from tcptui.cli.report.blocks import Block, Heading, Paragraph
from tcptui.cli.report.compose import compose_report
from tcptui.cli.report.json_findings import Telling
from tcptui.cli.report.page.page import page as page_text
from tcptui.cli.report.summary import Summary
from tcptui.lessons.loader import load_case
from tcptui.session.session import Session, open_file
from tcptui.words.catalogue import Words
from tcptui.words.frame_roles import frames_with_roles
from tcptui.words.language import Language
from tcptui.words.trouble_text import headline, symptoms_text

EN = Words(Language.EN)


def opened(case: str, place: int = 0) -> Session:
    return open_file(load_case(case).captures[place])


def page(session: Session, language: Language = Language.EN, detail: Detail = Detail.BRIEF) -> list[Block]:
    return list(compose_report(Summary(session), Words(language), None, detail))


def texts(blocks: list[Block]) -> list[str]:
    return [block.text for block in blocks if isinstance(block, Heading | Paragraph)]


@pytest.mark.parametrize("language", Language)
def test_verdict_comes_before_all_trouble_and_names_the_worst(language: Language) -> None:
    blocks = page(opened("accept-queue-full", -1), language)
    verdict = next(place for place, block in enumerate(blocks) if isinstance(block, Paragraph) and block.label)
    first = next(place for place, block in enumerate(blocks) if isinstance(block, Heading) and block.level == 3)

    assert verdict < first
    assert texts(blocks)[first] in texts(blocks)[verdict]


def test_capture_without_trouble_says_so_and_how_many_connections_that_are() -> None:
    assert "No problems found in 1 connection." in texts(page(opened("hello-service")))


def test_page_without_explanations_is_short_and_the_others_are_longer() -> None:
    sizes = [len(page(opened("accept-queue-full", -1), detail=detail)) for detail in Detail]

    assert sizes[0] < sizes[1] <= sizes[2]
    assert sizes[0] <= 16


def test_frames_have_their_roles_and_the_rest_is_counted() -> None:
    session = opened("fast-retransmission")
    (finding,) = (one for one in session.findings(0) if one.id == "fast-retransmission")
    told = frames_with_roles(session.store, finding.packets, 24, EN)

    assert "again" in told
    assert "duplicate ACK" in told
    assert all(str(frame) in told for frame in finding.packets)
    assert frames_with_roles(session.store, (1, 2, 3, 4), 2, EN) == "SYN 1, SYN-ACK 2 and 2 more"


def test_role_of_a_frame_that_is_gone_is_packet() -> None:
    session = opened("hello-service")

    assert frames_with_roles(session.store, (4_000,), 8, EN) == "packet 4000"


@pytest.mark.parametrize("language", Language)
def test_every_case_has_a_first_page(language: Language) -> None:
    for case in ("hello-service", "path-lost", "connection-refused", "capture-clock-step", "one-sided-capture"):
        for path in load_case(case).captures:
            assert all(texts(page(open_file(path), language)))


@pytest.mark.parametrize("case", ["grpc-deadline", "http2-goaway", "retransmission-timeout", "accept-queue-full"])
def test_all_ways_tell_the_same_trouble_and_its_symptoms(case: str) -> None:
    """Text, page and JSON: each warning and error of each connection, and what only follows from it."""
    for path in load_case(case).captures:
        session = open_file(path)
        summary, groups = Summary(session), session.trouble.groups
        told = json.loads(b"".join(json_report(summary, None, Telling(EN))))
        html = unescape("".join(page_text(summary, "x", lambda _: (), lambda _: None, EN, None)))
        text = texts(page(session))

        assert [(one["id"], one["streams"]) for one in told["capture"]["trouble"]] == [
            (group.finding.id, list(group.streams)) for group in groups
        ]
        assert told["capture"]["seconds_lost"] == session.trouble.seconds_lost
        loud = [one["id"] for stream in told["streams"] for one in stream["findings"] if one["severity"] != "note"]
        alone = sum(len(group.streams) for group in groups if not group.is_whole)
        assert alone == len(loud) - len(session.diagnosis.echoes)  # of these cases each echo has one finding
        for group in groups:
            assert headline(group, EN) in text
            assert headline(group, EN) in html
            symptoms = symptoms_text(group, EN)
            assert not symptoms or (symptoms in text and symptoms in html)
            assert symptoms or not group.symptoms
