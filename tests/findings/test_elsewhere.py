"""Where another capture would decide: the catalog says so of the findings whose words do, and the command is whole."""

from __future__ import annotations

import re
import shlex
from ipaddress import ip_address

import pytest

from tcptui.findings.catalog import CATALOG, SPECS
from tcptui.findings.elsewhere import ALTERNATIVES, Place, capture_outside, capture_there, places_of
from tcptui.findings.spec import Where
from tcptui.model.endpoint import Endpoint
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.words.catalogue import catalogue
from tcptui.words.language import Language

#: A sentence of each language that sends somebody to another place with a capture.
ELSEWHERE = {
    Language.EN: re.compile(
        r"\b[Cc]aptures? (made )?(at|of both ends|along|nearer|there|between|in front|on (the|its|\{)|port 53 on)"
        r"|On the end host, tcpdump|the server's own capture has"
    ),
    Language.ZH: re.compile(
        r"在[^。；，]{0,24}抓(包(?!点)| 53)|(两端|沿途|接收端的|处的)[^。；，]{0,4}抓包|并抓包看|在端主机上用 tcpdump"
        r"|服务端本机的抓包|也抓包"
    ),
}
#: What sounds alike: it is about this capture and how it was made, on the host that made it.
HERE = {
    "findings.capture-duplicates.look", "findings.capture-duplicates.look.renumbered",
    "findings.capture-clock-step.look", "findings.offloaded-segments.look",
    # An answer was not seen because the capture was made at the wrong host; there is no connection.
    "alternatives.neighbour-answer-unseen",
}  # fmt: skip
A, B = Endpoint(bytes((10, 0, 0, 1)), 40_000), Endpoint(bytes((10, 0, 0, 2)), 443)


def _look_keys() -> list[str]:
    return [key for key in catalogue(Language.EN) if re.fullmatch(r"findings\.[^.]+\.look(\..+)?", key)]


def _where(key: str) -> Where:
    """What the catalog has for the sentence ``key``."""
    if key.startswith("alternatives."):
        return ALTERNATIVES.get(key.removeprefix("alternatives."), Where.NOWHERE)
    _, name, _, *shape = key.split(".")
    listed = dict(SPECS[FindingId(name)].look_at)
    return listed.get(shape[0] if shape else "", listed.get("", Where.NOWHERE))


@pytest.mark.parametrize("language", Language)
def test_sentences_that_ask_for_another_capture_are_those_that_the_catalog_names(language: Language) -> None:
    words = catalogue(language)
    keys = [*_look_keys(), *(key for key in words if key.startswith("alternatives."))]
    said = {key for key in keys if ELSEWHERE[language].search(words[key]) and key not in HERE}
    named = {key for key in keys if _where(key) is not Where.NOWHERE}

    assert said - named == set()
    assert named - said == set()


def test_every_shape_that_is_named_has_a_sentence_of_its_own() -> None:
    keys = {*_look_keys()}
    for spec in CATALOG:
        for shape, _ in spec.look_at:
            assert (f"findings.{spec.id}.look.{shape}" if shape else f"findings.{spec.id}.look") in keys
    assert {f"alternatives.{key}" for key in ALTERNATIVES} <= {*catalogue(Language.EN)}


def _finding(name: FindingId, *alternatives: str, **facts: str | int | float) -> Finding:
    return Finding(name, 0, (1,), Severity.WARNING, Confidence.LIKELY, facts, alternatives)


@pytest.mark.parametrize(
    ("finding", "places"),
    [
        (_finding(FindingId.RETRANSMISSION_TIMEOUT, sender="server", other="client"), (Place.CLIENT,)),
        (_finding(FindingId.RETRANSMISSION_TIMEOUT, sender="client", other="server"), (Place.SERVER,)),
        (_finding(FindingId.TAIL_LOSS, sender="client", other="server"), ()),
        (_finding(FindingId.SYN_RETRANSMISSION, shape="held"), ()),
        (_finding(FindingId.SYN_RETRANSMISSION), (Place.SERVER,)),
        (_finding(FindingId.RST_INJECTED), (Place.CLIENT, Place.SERVER)),
        (_finding(FindingId.PATH_LOST, shape="alone", address="10.0.0.1"), (Place.CLIENT,)),
        (_finding(FindingId.PATH_LOST, shape="alone", address="10.0.0.2"), (Place.SERVER,)),
        (_finding(FindingId.CHECKSUM_ERROR, sender="client", other="server"), (Place.BETWEEN,)),
        (_finding(FindingId.EVENT_STREAM_BUFFERED, "proxy-buffers"), ()),
    ],
)
def test_place_follows_from_the_row_and_the_facts(finding: Finding, places: tuple[Place, ...]) -> None:
    assert places_of(finding, B.host) == places


def test_command_has_this_connections_addresses_and_is_bounded() -> None:
    there = capture_there([_finding(FindingId.SYN_TIMEOUT), _finding(FindingId.ZERO_WINDOW)], A, B, 95_000_000_000)

    assert there is not None
    assert there.findings == (FindingId.SYN_TIMEOUT,)
    assert shlex.split(there.tcpdump) == [
        "sudo", "timeout", "240", "tcpdump", "-n", "-i", "any", "-s", "192", "-c", "500000", "-w", "there.pcap",
        "host 10.0.0.1 and host 10.0.0.2 and port 443",
    ]  # fmt: skip
    assert shlex.split(there.tcptui)[3:6] == ["tcptui", "-i", "any"]


@pytest.mark.parametrize(("seconds", "expected"), [(0, 60), (29, 60), (31, 120), (1e6, 3_600)])
def test_time_is_twice_that_of_the_connection_in_whole_minutes(seconds: float, expected: int) -> None:
    there = capture_there([_finding(FindingId.SYN_TIMEOUT)], A, B, int(seconds * 1e9))

    assert there is not None
    assert there.seconds == expected


def test_what_decides_by_content_is_captured_whole() -> None:
    there = capture_there([_finding(FindingId.CONTENT_CONFLICT, sender="client", other="server")], A, B, 1)

    assert there is not None
    assert there.snaplen > 1_500
    assert there.snaplen * there.packets < 200_000_000


def test_connection_within_one_host_and_findings_that_need_none_have_no_command() -> None:
    assert capture_there([_finding(FindingId.SYN_TIMEOUT)], A, Endpoint(A.address, 443), 1) is None
    assert capture_there([_finding(FindingId.ZERO_WINDOW)], A, B, 1) is None


def test_query_that_is_not_answered_is_looked_for_at_the_name_server() -> None:
    facts = {"client": "10.0.0.1", "server": "10.0.0.53"}
    silent = capture_outside(_finding(FindingId.DNS_LOOKUP, shape="silent", **facts))

    assert silent is not None
    assert silent.places == (Place.SERVER,)
    assert silent.filter == "host 10.0.0.1 and host 10.0.0.53 and port 53"
    assert capture_outside(_finding(FindingId.DNS_LOOKUP, shape="unknown", **facts)) is None
    assert capture_outside(_finding(FindingId.ICMP_ERROR, **facts)) is None


@pytest.mark.parametrize("client", ["10.0.0.1", "2001:db8::1", "fe80::1", "::ffff:10.0.0.1"])
def test_command_is_one_command_whatever_the_addresses(client: str) -> None:
    ends = Endpoint(ip_address(client).packed, 40_000), B
    there = capture_there([_finding(FindingId.SYN_TIMEOUT)], *ends, 1)

    assert there is not None
    for command in (there.tcpdump, there.tcptui):
        assert re.fullmatch(r"[a-z0-9 .-]+ '[0-9a-f:. a-z]+'", command)
