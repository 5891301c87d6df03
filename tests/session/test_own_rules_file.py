"""The file of findings of one's own: what it may say, and what is said of a wrong one."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import pytest

import tcptui
from tcptui.model.finding import FindingId, OwnId, Severity
from tcptui.session.own.rule import OwnRule, Per
from tcptui.session.own.rules_file import (
    LARGEST,
    LONGEST_TITLE,
    MOST,
    OwnFilterError,
    OwnFindingsError,
    RulesReader,
)
from tcptui.words.catalogue import Words
from tcptui.words.errors import error_line
from tcptui.words.language import Language

DOCS = Path(tcptui.__file__).parent / "docs"
WHOLE = {
    "id": '"slow-login"',
    "filter": '"tcp.len > 0"',
    "severity": '"warning"',
    "en": '{ title = "Slow", sentence = "It was slow." }',
}


def entry(**changes: str | None) -> bytes:
    said = {name: value for name, value in {**WHOLE, **changes}.items() if value is not None}
    return ("[[finding]]\n" + "".join(f"{name} = {value}\n" for name, value in said.items())).encode()


def reader_of(*files: bytes) -> RulesReader:
    reader = RulesReader()
    for data in files:
        reader.take(data, "f.toml")
    return reader


def own_rules(data: bytes) -> tuple[OwnRule, ...]:
    reader = reader_of(data)
    assert reader.faults == []
    return tuple(reader.rules)


def test_whole_entry_is_read() -> None:
    (rule,) = own_rules(
        entry(per='"packet"', at_least="3", severity='"error"', zh='{ title = "慢", sentence = "太慢。" }')
    )

    assert (rule.id, rule.id.value, rule.severity, rule.per, rule.at_least) == (
        "slow-login", "slow-login", Severity.ERROR, Per.PACKET, 3,
    )  # fmt: skip
    assert rule.id.words == {"en": ("Slow", "It was slow."), "zh": ("慢", "太慢。")}
    assert rule.filter.text == "tcp.len > 0"


def test_what_may_be_left_out() -> None:
    (rule,) = own_rules(entry())

    assert (rule.per, rule.at_least, rule.severity) == (Per.CONNECTION, 1, Severity.WARNING)
    assert own_rules(b"") == ()
    assert own_rules(b"\xef\xbb\xbf" + entry()) == (rule,)


def test_needs_judging_only_where_something_judged_is_asked() -> None:
    (plain,) = own_rules(entry())
    (judged,) = own_rules(entry(filter="'tcptui.client.state == \"ESTABLISHED\"'"))

    assert (plain.needs_judging, judged.needs_judging) == (False, True)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[[finding]", "is not TOML"),
        (b"\xff\xfe", "is not TOML"),
        (b"finding = " + b"[" * 5_000, "is not TOML"),
        (b"finding = 3", "[[finding]]"),
        (b"[finding]\nid = 'a'", "[[finding]]"),
        (b"findings = []", "findings"),
        (entry(colour='"red"'), "colour"),
        (entry(id=None), "id is missing or wrong"),
        (entry(id='"Capital"'), "id is missing or wrong"),
        (entry(id="7"), "id is missing or wrong"),
        (entry(id=f'"{"a" * 65}"'), "id is missing or wrong"),
        (entry(id='"zero-window"'), "tcptui itself uses the name zero-window"),
        (entry(id='"loss"'), "tcptui itself uses the name loss"),
        (entry(id='"own"'), "tcptui itself uses the name own"),
        (entry(id='"error"'), "tcptui itself uses the name error"),
        (entry() + entry(), "finding 2 (slow-login): there are two findings slow-login"),
        (entry(filter=None), "filter is missing"),
        (entry(filter='" "'), "filter is missing"),
        (entry(filter="3"), "filter is missing"),
        (entry(severity='"bad"'), "note, warning, error"),
        (entry(severity="[]"), "note, warning, error"),
        (entry(per='"host"'), "connection, packet"),
        (entry(per="{}"), "connection, packet"),
        (entry(at_least="0"), "at_least"),
        (entry(at_least="true"), "at_least"),
        (entry(at_least="1.5"), "at_least"),
        (entry(en=None), "en = { title"),
        (entry(en='"Slow"'), "en = { title"),
        (entry(en='{ title = "Slow" }'), "en = { title"),
        (entry(en='{ title = "", sentence = "x" }'), "en = { title"),
        (entry(zh="{ title = 3, sentence = 4 }"), "zh = { title"),
        (entry(en=f'{{ title = "{"x" * (LONGEST_TITLE + 1)}", sentence = "x" }}'), f"longer than {LONGEST_TITLE}"),
        (b"".join(entry(id=f'"a{n}"') for n in range(MOST + 1)), f"more than {MOST} findings"),
    ],
)
def test_wrong_file_is_told_in_one_line(content: bytes, said: str) -> None:
    (fault,) = reader_of(content).faults
    assert isinstance(fault, OwnFindingsError)
    for language in Language:
        line = error_line(fault, Words(language))
        assert line.startswith("f.toml")
        assert "\n" not in line
        if language is Language.EN:
            assert said in line
    assert fault.exit_code == 2


def test_all_that_is_wrong_is_told_at_once_and_what_is_right_is_kept() -> None:
    wrong = entry(
        id='"Big"', severity='"bad"', filter="'tcp.porrt'", colour='"red"', per='"host"', at_least="0", en="3"
    )
    reader = reader_of(wrong + entry(id='"good"') + entry(id='"bare"', filter=None, en=None), entry(id='"good"'))

    lines = [
        fault.error.key if isinstance(fault, OwnFilterError) else error_line(fault, Words(Language.EN))
        for fault in reader.faults
    ]
    told = (
        "colour",
        "id is",
        "unknown-field",
        "severity",
        "per is",
        "at_least",
        "en = {",
        "filter is",
        "en = {",
        "two",
    )
    assert all(word in line for word, line in zip(told, lines, strict=True)), lines
    assert [line.partition(",")[2][:10] for line in lines[7:]] == [" finding 3", " finding 3", " finding 1"]
    assert [str(rule.id) for rule in reader.rules] == ["good"]


@pytest.mark.parametrize(
    ("text", "offset", "length"),
    [
        ("tcp.porrt == 80", 0, 9),
        ("tcp and tcp.len >", 17, 0),
        ("tcp.pdu.size == 1", 0, 12),
        ("(" * 10_000, 0, 0),
    ],
)
def test_wrong_filter_names_its_entry_and_place(text: str, offset: int, length: int) -> None:
    (wrong,) = reader_of(entry() + entry(id='"second"', filter=f"'{text}'")).faults

    assert isinstance(wrong, OwnFilterError)
    assert (wrong.path, wrong.number, wrong.name, wrong.text) == ("f.toml", 2, "second", text)
    if len(text) < 100:
        assert (wrong.error.span.offset, wrong.error.span.length) == (offset, length)


def test_words_cannot_write_to_the_terminal() -> None:
    (rule,) = own_rules(entry(en='{ title = "a\\u001b[31mb", sentence = "c\\nd" }'))

    assert "\x1b" not in "".join(rule.id.words["en"])
    assert "\n" not in "".join(rule.id.words["en"])


@pytest.mark.parametrize("kind", ["missing", "folder", "fifo", "large"])
def test_file_that_cannot_be_read_is_told(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "f.toml"
    if kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "large":
        path.write_bytes(b"#" * (LARGEST + 1))

    reader = RulesReader()
    reader.read(path)
    (fault,) = reader.faults
    assert isinstance(fault, OwnFindingsError)
    assert str(path) in error_line(fault, Words(Language.EN))


def test_id_comes_back_from_another_process_with_its_words() -> None:
    sent = OwnId("mine", {"en": ("t", "s")})
    again: Any = pickle.loads(pickle.dumps(sent))

    assert (again, type(again), again.words) == (sent, OwnId, sent.words)
    assert sent not in set(FindingId)


def test_example_in_the_docs_is_right() -> None:
    page = DOCS / "own-findings.toml"
    reader = RulesReader()
    reader.read(page)
    rules = reader.rules

    assert {rule.per for rule in rules} == {*Per}
    assert all(rule.id.words.keys() == {"en", "zh"} for rule in rules)
    assert page.name in (DOCS / "own-findings.md").read_text("utf-8")
