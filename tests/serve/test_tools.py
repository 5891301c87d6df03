"""What each tool answers about bundled cases, and what it refuses."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tcptui.api import Capture, cases, compare
from tcptui.serve import view
from tcptui.serve.answers import BYTES_OF_TOKEN, TOKENS_MOST
from tcptui.serve.tool_table import TOOLS
from tests.campaigns.compare.captures import World, write_capture
from tests.serve.conftest import CASES, KEY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.serve.conftest import Asking

LOST = "61-retransmission-timeout/client.pcapng.gz"
QUERY = "140-slow-query/client.pcapng"


def test_an_overview_has_the_worst_first_and_the_capture_that_would_decide(asking: Callable[..., Asking]) -> None:
    told = asking()("overview", file=LOST)

    assert [one["severity"] for one in told["items"]] == sorted(
        (one["severity"] for one in told["items"]), key=["error", "warning", "note"].index
    )
    (there,) = told["not_decidable_here"]
    assert there["at"] == ["server"]
    assert there["tcpdump"].startswith("sudo timeout ")
    assert "--stream 0" in there["addresses_replaced"]


def test_findings_are_those_of_the_interface(asking: Callable[..., Asking]) -> None:
    with Capture.open(CASES / LOST) as capture:
        wanted = [(one.id, list(one.packets), f"{one.title}. {one.what_happened}") for one in capture.findings("note")]

    told = asking().every("findings", file=LOST, least="note")

    assert [(one["finding"], one["packets"], one["untrusted_text"]) for one in told] == wanted
    assert len({one["ref"] for one in told}) == len(told)


def test_what_rests_on_content_is_told_by_numbers(asking: Callable[..., Asking]) -> None:
    (told,) = asking()("findings", file=QUERY)["items"]

    assert told["finding"] == "slow-query"
    assert told["rests_on_content"]
    assert set(told["packets"]) == {27, 29}
    assert "untrusted_text" not in told

    (raw,) = asking(key=None)("findings", file=QUERY)["items"]
    assert "DEBUG SLEEP" in raw["untrusted_text"]


def test_what_only_the_copy_would_say_is_not_said(asking: Callable[..., Asking]) -> None:
    """Without its content the slow query looks like a server that thinks."""
    ask = asking()
    said = {one["finding"] for one in ask.every("explain", file=QUERY, stream=0) if one["part"] == "finding"}

    with Capture.open(CASES / QUERY) as capture:
        assert said == {one.id for one in capture.findings("note")}


def test_requests_of_replaced_content_are_labelled(asking: Callable[..., Asking]) -> None:
    ask, raw = asking(), asking(key=None)
    labelled, plain = ask.every("requests", file=QUERY), raw.every("requests", file=QUERY)

    assert [one["request"] for one in labelled] == [one["request"] for one in plain]
    same: dict[str, set[str]] = {}
    for one, other in zip(labelled, plain, strict=True):
        same.setdefault(one["operation_label"], set()).add(json.dumps([
            other.get("untrusted_operation"), other.get("untrusted_statement")]))  # fmt: skip
    assert all(len(operations) == 1 for operations in same.values())
    assert len(same) > 2


def test_one_key_gives_the_names_of_redact(asking: Callable[..., Asking]) -> None:
    with Capture.open(CASES / LOST) as capture, capture.redacted(bytes(range(32))) as copy:
        client = str(copy.connections[0].client)

    assert asking()("connection", file=LOST, stream=0)["items"][0]["client"] == client


def test_packets_are_those_of_the_filter_with_fields(asking: Callable[..., Asking]) -> None:
    told = asking()("packets", file=LOST, filter="tcp.analysis.retransmission", fields=["tcp.len"])

    assert [one["frame"] for one in told["items"]] == [11, 12, 14, 15, 17, 18]
    assert told["cites"][LOST] == [11, 12, 14, 15, 17, 18]
    assert told["items"][0]["untrusted_fields"] == {"tcp.len": "1448"}
    assert asking()("packets", file=LOST, frames=[3, 99])["matching"] == 1


@pytest.mark.parametrize("given", [
    {"filter": 'frame contains "GET"'}, {"filter": 'http.host matches "a"'}, {"filter": "tcp.payload"},
    {"fields": ["tcp.payload"]}, {"filter": 'http.host~"a"'},
])  # fmt: skip
def test_content_is_neither_told_nor_searched(given: dict[str, Any], asking: Callable[..., Asking]) -> None:
    assert asking().refusal("packets", file=LOST, **given)["refused"] == "payload"
    asking(key=None)("packets", file=LOST, **given)


def test_a_wrong_filter_is_answered_with_what_was_meant(asking: Callable[..., Asking]) -> None:
    ask = asking()
    refusal = ask.refusal("packets", file=LOST, filter="ip.src == 1.2.3.4 && tcp.prt == 80")

    assert refusal["refused"] == "filter"
    assert refusal["error"]["offset"] == 21
    assert "tcp.port == 80" in refusal["hint"]["suggestion"]
    assert ask("check_filter", filter="tcp.prt == 80")["items"][0]["error"]["offset"] == 0
    assert ask.refusal("packets", file=LOST, fields=["tcp.foo"])["refused"] == "filter"


def test_two_places_are_merged(asking: Callable[..., Asking]) -> None:
    told = asking()("merge", file="10-third-ack-lost/client.pcapng", b="10-third-ack-lost/server.pcapng")

    assert told["items"][0]["only_a"]
    assert set(told["cites"]) == {"10-third-ack-lost/client.pcapng", "10-third-ack-lost/server.pcapng"}
    assert asking().refusal("merge", file=LOST, b=QUERY)["refused"] == "capture"


def test_a_merge_tells_what_was_left_out_of_either_capture(
    monkeypatch: pytest.MonkeyPatch, asking: Callable[..., Asking]
) -> None:
    """Packets of A that B's copy lacks look like ones that B missed."""
    monkeypatch.setattr(view, "COPIED_MOST", 4)

    told = asking()("merge", file="10-third-ack-lost/client.pcapng", b="10-third-ack-lost/server.pcapng")

    assert told["left_out"].startswith("the last ")
    assert told["left_out_b"].startswith("the last ")


def test_a_merge_cites_of_each_file_what_its_page_tells_of(asking: Callable[..., Asking]) -> None:
    ask, of_b = asking(), set[int]()
    page = ask("merge", file="10-third-ack-lost/client.pcapng", b="10-third-ack-lost/server.pcapng")
    while True:
        told = {packet["frame"] for one in page["items"] for packet in one["only_b"]}
        assert set(page["cites"]["10-third-ack-lost/server.pcapng"]) == told
        of_b |= told
        if "cursor" not in page:
            break
        page = ask("merge", file=page["file"], b="10-third-ack-lost/server.pcapng", cursor=page["cursor"])
    folder = CASES / "10-third-ack-lost"
    with Capture.open(folder / "client.pcapng") as a, Capture.open(folder / "server.pcapng") as b:
        assert of_b == {packet["frame"] for one in a.merge(b)["streams"] for packet in one["only_b"]}


@pytest.fixture(scope="module")
def two_days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("days")
    world = World(connections=80, clients=24, loss=0.0)
    write_capture(folder / "a.pcap", world, 7, 0)
    write_capture(folder / "b.pcap", replace(world, sack=False, extra_think_s=0.5), 7, 1)
    return folder


@pytest.mark.parametrize("key", [None, KEY], ids=["all", "redacted"])
def test_two_days_are_compared(key: bytes | None, two_days: Path, asking: Callable[..., Asking]) -> None:
    ask = asking(two_days, key=key)
    told = ask.every("compare", file="a.pcap", b="b.pcap")

    with Capture.open(two_days / "a.pcap") as a, Capture.open(two_days / "b.pcap") as b:
        expected = compare(a, b)
    changed = {one["measure"]: one for one in told if one["part"] == "difference"}
    assert {"option:sack", "think", "statement"} <= set(changed)
    assert {*changed} == {one["measure"].partition(":GET")[0].partition(":http")[0] for one in expected["differences"]}
    (sack,) = [one for one in expected["differences"] if one["measure"] == "option:sack"]
    assert changed["option:sack"]["effect"]["estimate"] == pytest.approx(sack["effect"]["estimate"], rel=1e-3)
    assert {one["untrusted_name"] for one in told if one["part"] == "only_in_a"} == {"sack"}
    assert ("orders" in changed["statement"]["untrusted_statement"]) == (key is None)


def test_a_comparison_cites_first_packets_of_connections_of_both_days(
    two_days: Path, asking: Callable[..., Asking]
) -> None:  # fmt: skip
    ask = asking(two_days, key=None)
    page = ask("compare", file="a.pcap", b="b.pcap", filter="tcp.port == 80")

    assert page["comparable"]
    assert page["a"]["connections"] == page["b"]["connections"] == 80
    for side in ("a", "b"):
        (sack,) = [one for one in page["items"] if one.get("measure") == "option:sack"]
        named = {stream for one in page["items"] for stream in one.get(f"streams_{side}", ())}
        packets = ask.every("packets", file=f"{side}.pcap", filter="tcp.flags.syn == 1 and tcp.flags.ack == 0")
        first = {one["stream"]: one["frame"] for one in packets}
        assert page["cites"][f"{side}.pcap"] == sorted(first[stream] for stream in named)
        assert sack[f"streams_{side}"] or side == "a"


def test_a_comparison_by_group_and_what_it_refuses(two_days: Path, asking: Callable[..., Asking]) -> None:
    ask = asking(two_days, key=None)
    grouped = ask.every("compare", file="a.pcap", b="b.pcap", group="tcptui.server")

    assert {one["untrusted_group"]["field"] for one in grouped if "untrusted_group" in one} == {"tcptui.server"}
    assert ask.refusal("compare", file="a.pcap", b="a.pcap")["refused"] == "arguments"
    assert ask.refusal("compare", file="a.pcap", b="b.pcap", group="tcp.foo")["refused"] == "filter"
    assert ask.refusal("compare", file="a.pcap", b="b.pcap", filter="tcp.prt == 1")["refused"] == "filter"
    assert ask.refusal("compare", file="a.pcap", b="b.pcap", filter="udp")["refused"] == "capture"


def test_a_case_is_found_by_id_finding_and_words(asking: Callable[..., Asking]) -> None:
    ask = asking()

    assert ask("case", words="retransmission-timeout")["case"] == "retransmission-timeout"
    assert ask("case", words="61")["case"] == "retransmission-timeout"
    assert len(ask.every("case", words="retransmission")) > 3
    (case,) = cases("61")
    steps = [one for one in ask.every("case", words="61") if "step" in one]
    assert [one["packets"] for one in steps] == [list(step.packets) for step in case.steps]


def test_the_language_is_that_of_the_user(asking: Callable[..., Asking]) -> None:
    assert "重传" in asking(language="zh")("findings", file=LOST)["items"][0]["untrusted_text"]


@pytest.mark.parametrize(("tool", "given"), [
    ("overview", {}), ("explain", {"file": LOST}), ("explain", {"file": LOST, "stream": 99}),
    ("explain", {"file": LOST, "stream": -1}), ("explain", {"file": LOST, "stream": 1.5}),
    ("explain", {"file": LOST, "stream": True}), ("findings", {"file": LOST, "least": "fatal"}),
    ("packets", {"file": LOST, "frames": [0]}), ("packets", {"file": LOST, "frames": list(range(1, 999))}),
    ("packets", {"file": LOST, "fields": "ip.src"}), ("packets", {"file": LOST, "x": 1}), ("nothing", {}),
    ("open", {"file": "x" * 10_000_000}), ("open", {"x" * 10_000_000: 1}), ("packets", {"file": {"a": 1}}),
    ("slice", {"file": LOST, "out": "a.pcapng"}), ("slice", {"file": LOST, "out": "a.pcapng", "streams": [99]}),
    ("check_filter", {"filter": "(" * 4_000}), ("x" * 10_000_000, {}),
])  # fmt: skip
def test_wrong_arguments_are_refused_shortly(tool: str, given: dict[str, Any], asking: Callable[..., Asking]) -> None:
    ask = asking()
    if tool == "check_filter":
        assert not ask(tool, **given)["items"][0]["valid"]
        return

    assert len(json.dumps(ask.refusal(tool, **given))) < 800


@pytest.mark.parametrize("case", ["25-syn-flood", "128-lossy-host", "149-n-plus-one", "133-http2-head-of-line"])
def test_every_answer_about_every_kind_of_case_is_short(case: str, asking: Callable[..., Asking]) -> None:
    ask = asking(is_drawn=True)
    name = str(min((CASES / case).glob("*.pcap*")).relative_to(CASES))
    for tool, given in (
        ("overview", {}), ("findings", {"least": "note"}), ("explain", {"stream": 0}), ("connection", {}),
        ("requests", {}), ("packets", {"fields": ["ip.src", "ip.dst"]}),
    ):  # fmt: skip
        text = ask.text(tool, file=name, **given)
        assert json.loads(text)["items"] or tool == "requests", tool
        assert len(text.encode()) <= TOKENS_MOST * BYTES_OF_TOKEN, tool


def test_a_key_under_which_hosts_collide_is_exchanged_unless_it_is_the_users(asking: Callable[..., Asking]) -> None:
    """70 addresses of one /8 that are all in use."""
    name = "25-syn-flood/server.pcapng.gz"

    assert asking().refusal("overview", file=name)["refused"] == "capture"
    assert "otherwise" in asking(is_drawn=True)("overview", file=name)["left_out"]


def test_of_a_large_capture_the_first_packets_are_copied_and_the_rest_is_counted(
    monkeypatch: pytest.MonkeyPatch, asking: Callable[..., Asking]
) -> None:
    name = "127-slow-server/client.pcapng"
    with Capture.open(CASES / name) as capture:
        wanted = [(one.id, list(one.packets)) for one in capture.findings("note")]
        packets, connections = capture.packet_count, len(capture.connections)
    monkeypatch.setattr(view, "COPIED_MOST", 40)
    ask = asking()

    assert ask("open", file=name)["left_out"].startswith(f"the last {packets - 40} ")
    assert ask("packets", file=name)["matching"] == 40
    told = ask.every("findings", file=name, least="note")
    assert [(one["finding"], one["packets"]) for one in told] == wanted
    assert 0 < sum("untrusted_text" in one for one in told) < len(told)
    assert ask("connection", file=name, stream=0)["items"][0]["client"]
    assert "client" not in ask("connection", file=name, stream=connections - 1)["items"][0]
    assert ask("explain", file=name, stream=connections - 1)["items"]


def test_a_damaged_capture_says_so(tmp_path: Path, asking: Callable[..., Asking]) -> None:
    whole = (CASES / QUERY).read_bytes()
    (tmp_path / "cut.pcapng").write_bytes(whole[: len(whole) // 2])

    assert asking(tmp_path)("open", file="cut.pcapng")["notice"]


def test_several_captures_are_open_and_the_oldest_is_closed(tmp_path: Path, asking: Callable[..., Asking]) -> None:
    for number in range(6):
        shutil.copy(CASES / QUERY, tmp_path / f"{number}.pcapng")
    ask = asking(tmp_path)

    assert [ask("open", file=f"{number}.pcapng")["packets"] for number in (*range(6), 0)] == [35] * 7


def test_the_tools_are_those_of_the_contract() -> None:
    names = "open overview findings explain connection requests packets check_filter merge compare slice case"
    assert [tool.name for tool in TOOLS] == names.split()
