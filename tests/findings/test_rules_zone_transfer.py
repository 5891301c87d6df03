"""`request-unanswered` (shape ``torn``) of transfers of zones: the last record of a whole one is the SOA again."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import dns.message
import dns.rrset
import pytest
import web_captures

from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path

    from web_captures import Turn

SOA = "z.example. SOA ns.z.example. a.z.example. {} 1 1 1 1"


def framed(message: dns.message.Message) -> bytes:
    data = message.to_wire()
    return len(data).to_bytes(2) + data


def asked(kind: str, number: int = 7, *, edns: bool = False) -> dns.message.QueryMessage:
    question = dns.message.make_query("z.example", kind, id=number, use_edns=edns)
    assert isinstance(question, dns.message.QueryMessage)
    return question


def answered(question: dns.message.Message, *records: str) -> bytes:
    reply = dns.message.make_response(question)
    for one in records:
        name, kind, *data = one.split()
        reply.answer.append(dns.rrset.from_text(name, 60, "IN", kind, " ".join(data)))
    return framed(reply)


def told(tmp_path: Path, turns: list[Turn], monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    monkeypatch.setattr(web_captures, "SERVER", "192.0.2.10:53")
    with closing(open_file(web_captures.record(tmp_path, turns))) as session:
        foreseen = int(session.severity[0])
        found = [one for one in session.findings(0) if one.id is FindingId.REQUEST_UNANSWERED]
        assert all(one.severity <= foreseen for one in found)  # it is known before anybody opens the stream
    return found


@pytest.mark.finding("request-unanswered")
@pytest.mark.parametrize("end", ["FIN", "RST"])
@pytest.mark.parametrize(("kind", "edns"), [("AXFR", False), ("AXFR", True), ("IXFR", False)])
def test_transfer_that_ends_before_its_second_soa_is_torn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str, kind: str, edns: bool
) -> None:
    question = asked(kind, edns=edns)
    first = answered(question, SOA.format(4), "a.z.example. A 192.0.2.1", "b.z.example. A 192.0.2.2")
    more = answered(question, "c.z.example. A 192.0.2.3")
    (finding,) = told(
        tmp_path, [(0, "C", framed(question)), (40, "S", first), (80, "S", more), (300, "S", end)], monkeypatch
    )

    assert (finding.facts["shape"], finding.facts["ending"]) == ("torn", end)
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.LIKELY)
    assert finding.facts["answer_bytes"] == len(first + more)


@pytest.mark.finding("request-unanswered", twin=True)
@pytest.mark.parametrize("ends", [[(300, "S", "FIN")], [(300, "C", "FIN"), (340, "S", "FIN")]])
def test_whole_transfer_and_one_that_the_client_ends_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends: list[Turn]
) -> None:
    question = asked("AXFR")
    whole = answered(question, SOA.format(4), "a.z.example. A 192.0.2.1") + answered(question, SOA.format(4))
    half = answered(question, SOA.format(4), "a.z.example. A 192.0.2.1")
    client_left = ends[0][1] == "C"

    assert not told(
        tmp_path, [(0, "C", framed(question)), (40, "S", half if client_left else whole), *ends], monkeypatch
    )


@pytest.mark.finding("request-unanswered", twin=True)
def test_answer_to_another_question_is_no_transfer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    question = asked("A")
    turns: list[Turn] = [(0, "C", framed(question)), (40, "S", answered(question, "z.example. A 192.0.2.1")[:-6])]

    assert not [one for one in told(tmp_path, [*turns, (300, "S", "FIN")], monkeypatch) if one.facts["shape"] == "torn"]
