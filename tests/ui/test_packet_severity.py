"""Which packets the screen marks for a finding: the one that it is about, and `n` goes there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tcptui.findings.catalog import CATALOG
from tcptui.model.finding import FindingId, Severity
from tcptui.session.session import open_file
from tcptui.ui.main.packet_severity import packet_severity, raised_rows
from tcptui.words.language import Language
from tests.ui.conftest import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from tests.ui.conftest import Shown, Wire

    Show = Callable[..., AbstractAsyncContextManager[Shown]]

TESTS = Path(__file__).resolve().parents[1]
CASES = TESTS.parent / "cases"
WEB = TESTS / "protocols/tls/captures_keys/web.pcapng.gz"
#: Case (or `WEB`), finding, and the fact with the packet that is marked.
MARKED = [
    ("88", FindingId.NAGLE_DELAYED_ACK, "held_frame"),
    ("110", FindingId.HTTP_HEADER_INJECTED_NEWLINE, "line_frame"),
    ("web", FindingId.HTTP_ERROR_RESPONSE, "first_frame"),
    ("127", FindingId.SERVER_THINK_TIME, "answer_frame"),
    ("107", FindingId.TLS_CERTIFICATE, "certificate_frame"),
    ("134", FindingId.HTTP2_RESET_FLOOD, "first_frame"),
    ("135", FindingId.HTTP2_SLOW_STREAM, "answer_frame"),
    ("135", FindingId.GRPC_DEADLINE, "end_frame"),
    ("140", FindingId.SLOW_QUERY, "answer_frame"),
    ("141", FindingId.MANY_ROUND_TRIPS, "first_frame"),
    ("142", FindingId.DATABASE_ERRORS, "answer_frame"),
    ("156", FindingId.QUERY_CANCELLED, "answer_frame"),
    ("104", FindingId.HTTP_CONTINUE_AWAITED, "body_frame"),
    ("42", FindingId.REQUEST_UNANSWERED, "end_frame"),
    ("157", FindingId.HTTP_TWO_READINGS, "first_frame"),
    ("170", FindingId.MQTT_SESSION_ENDED, "answer_frame"),
    ("171", FindingId.AMQP_CLOSED, "answer_frame"),
]


@pytest.mark.parametrize(("case", "finding", "fact"), MARKED)
def test_the_packet_that_a_finding_is_about_is_marked(case: str, finding: FindingId, fact: str) -> None:
    told = 0
    for capture in [WEB] if case == "web" else sorted(CASES.glob(f"{case}-*/*.pcap*")):
        session = open_file(capture)
        found = [one for stream in range(session.streams.count) for one in session.findings(stream)]
        for one in found:
            if one.id is finding and one.severity >= Severity.WARNING:
                row = session.store.row_of_frame(int(one.facts[fact]))
                assert raised_rows(session.store, [one]) == {row: one.severity}
                told += 1
    assert told


def test_every_finding_that_names_its_packet_is_tested() -> None:
    named = {spec.id: spec.shown_by for spec in CATALOG if spec.shown_by}
    assert named == {finding: fact for _, finding, fact in MARKED}


async def test_the_next_problem_is_the_answer_500_not_the_later_404(show: Show) -> None:
    async with show(open_file(WEB), (120, 40)) as shown:
        await shown.press("enter", "g", "n")
        ladder = shown.screen.workspace.ladder
        assert int(shown.screen.workspace.session.store.frame[ladder.packet_row]) == 18


async def test_resets_at_the_end_of_a_connection_in_which_nothing_is_wrong_are_notes(show: Show) -> None:
    (capture,) = sorted(CASES.glob("137-*/*.pcap*"))[:1]
    async with show(open_file(capture), (120, 40)) as shown:
        await shown.press("enter")
        workspace = shown.screen.workspace
        store = workspace.session.store
        assert {int(store.frame[row]): level for row, level in workspace.ladder.raised.items()} == {
            39: Severity.NOTE, 40: Severity.NOTE,
        }  # fmt: skip
        assert packet_severity(store, store.row_of_frame(39), workspace.ladder.raised) is Severity.NOTE
        assert packet_severity(store, store.row_of_frame(39), {}) is Severity.WARNING
        assert workspace.ladder.next_problem(1, 0) < 0


@pytest.mark.parametrize(("language", "text"), [(Language.EN, "No packets in this"), (Language.ZH, "这个抓包里没有")])
async def test_a_file_that_is_empty_is_not_said_to_have_no_packets_yet(
    show: Show, wire: Wire, tmp_path: Path, language: Language, text: str
) -> None:
    async with show(open_file(wire.pcap(tmp_path / "empty.pcap")), (200, 50), language) as shown:
        await until(lambda: text in "\n".join(shown.lines()))
