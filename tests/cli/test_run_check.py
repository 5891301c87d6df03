"""`tcptui check` and `tcptui fields`: what they print, as JSON too, and what the exit status says."""

from __future__ import annotations

import json

import pytest
from run_command import run

from tcptui.cli.commands import CheckCommand, FieldsCommand
from tcptui.cli.parse import CommandLineError, parse
from tcptui.dfilter.errors import Mistake
from tcptui.dfilter.remarks import RemarkKey
from tcptui.model.fields import ROWS
from tcptui.words.catalogue import catalogue
from tcptui.words.language import Language


def test_command_lines() -> None:
    check = parse(["check", "tcp.port", "==", "80"], {})
    assert isinstance(check, CheckCommand)
    assert check.filter_text == "tcp.port == 80"
    assert not check.as_json
    fields = parse(["fields", "rtt"], {})
    assert isinstance(fields, FieldsCommand)
    assert fields.word == "rtt"
    for line in (["check"], ["fields", "a", "b"], ["check", "tcp", "-n"], ["fields", "--json"]):
        with pytest.raises(CommandLineError):
            parse(line, {})


def test_filter_that_begins_with_a_sign_comes_behind_two_hyphens() -> None:
    command = parse(["check", "--", "-tcp.port == 1"], {})

    assert isinstance(command, CheckCommand)
    assert command.filter_text == "-tcp.port == 1"


def test_valid_filter_tells_fields_cost_and_traps() -> None:
    code, said, complaint = run("check", "tcp.flags.syn")

    assert (code, complaint) == (0, "")
    assert said.splitlines() == [
        "valid: tcp.flags.syn",
        "fields: tcp.flags.syn",
        "cost: columns in memory",
        "note: tcp.flags.syn matches every TCP packet, because every header has the flag's field; "
        "did you mean tcp.flags.syn == 1?",
        "  Try: tcp.flags.syn == 1",
    ]


def test_mistake_is_pointed_at_and_put_right() -> None:
    code, said, complaint = run("check", "tcp.port == 80 or 443")

    assert (code, complaint) == (1, "")
    assert said.splitlines() == [
        "not valid: 443 is neither a field nor a protocol.",
        "  tcp.port == 80 or 443",
        "                    ^^^",
        "Put several values in a set.",
        "  Try: tcp.port in {80, 443}",
    ]


def test_chinese_points_at_the_same_place() -> None:
    code, said, _ = run("check", 'http.host == "中文" and 443', lang="zh")

    assert code == 1
    lines = said.splitlines()
    assert lines[0].startswith("有误：")
    assert lines[2].index("^") == len('  http.host == "中文" and ') + 2  # each character takes two cells


def test_json_of_a_valid_filter() -> None:
    code, said, _ = run("check", "--json", "tcp.len != 0")

    assert code == 0
    answer = json.loads(said)
    assert (answer["schema"], answer["valid"], answer["fields"], answer["cost"]) == (1, True, ["tcp.len"], "columns")
    (remark,) = answer["remarks"]
    assert (remark["id"], remark["offset"], remark["length"]) == ("not-equal", 0, 12)
    assert remark["suggestion"] == "not tcp.len == 0"


def test_json_of_a_mistake() -> None:
    code, said, _ = run("check", "--json", "tcp.prot == 80")

    assert code == 1
    answer = json.loads(said)
    assert not answer["valid"]
    assert (answer["error"]["id"], answer["error"]["offset"], answer["error"]["length"]) == ("unknown-field", 0, 8)
    assert answer["nearest"][0] == "tcp.port"
    assert answer["hint"]["suggestion"] == "tcp.port == 80"


def test_filter_reaches_the_terminal_without_its_control_characters() -> None:
    for text in ("tcp == \x1b[31m", 'http.host == "\x1b[31m"', "a\x9bb"):
        _, said, complaint = run("check", text)

        assert "\x1b" not in said + complaint
        assert "\x9b" not in said + complaint


def test_long_filter_is_shown_around_its_mistake() -> None:
    code, said, _ = run("check", "tcp or " * 200 + "foo")

    assert code == 1
    assert max(len(line) for line in said.splitlines()) < 80
    shown, carets = said.splitlines()[1:3]
    assert shown[carets.index("^") :].startswith("foo")


def test_fields_lists_all_or_those_with_the_word() -> None:
    code, said, _ = run("fields")
    assert code == 0
    assert len(said.splitlines()) == len(ROWS)

    code, said, _ = run("fields", "ACK_RTT")
    assert code == 0
    assert said == (
        "tcp.analysis.ack_rtt\tFT_RELATIVE_TIME\t-\tseconds\twireshark\tTime from that frame to its acknowledgment.\n"
    )


def test_word_that_no_field_has_is_told_with_the_nearest_names() -> None:
    code, said, complaint = run("fields", "tcp.prot")

    assert (code, said) == (1, "")
    assert "tcp.port" in complaint


def test_every_mistake_and_remark_has_words() -> None:
    words = catalogue(Language.EN)

    assert [mistake for mistake in Mistake if f"filter.error.{mistake.value}" not in words] == []
    assert [key for key in RemarkKey if f"filter.remark.{key.value}" not in words] == []
