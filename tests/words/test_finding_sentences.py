"""The sentences of findings: what a title may say and how long it gets, and phrases that no sentence has."""

from __future__ import annotations

import re
import string
from pathlib import Path
from typing import Final

import pytest
from rich.cells import cell_len

from tcptui.model.finding import Confidence, Fact, Finding, FindingId, Severity
from tcptui.session.session import open_file
from tcptui.ui.keymap import COMMANDS
from tcptui.words.catalogue import Words, catalogue
from tcptui.words.finding_text import _fitting, explain_finding, finding_short, finding_title, spoken
from tcptui.words.language import Language

CASES: Final = Path(__file__).parents[2] / "cases"
EN, ZH = Words(Language.EN), Words(Language.ZH)
#: Columns of a title in each language, and of the list's short text.
TITLE: Final = {Language.EN: 56, Language.ZH: 48}
SHORT: Final = 40
#: Values as long as they get in captures of people, by the fact's name; other numbers are a million.
LONG: Final[dict[str, Fact]] = {
    **dict.fromkeys(("server", "client", "host"), "255.255.255.255"),
    "sender": "server",
    "other": "client",
    "receiver": "server",
    "closer": "server",
    "count": 12,
    "tries": 12,
    "numbers": 2,
    "reports": 12,
    "percent": 12.3,
    "port": 65535,
    "code_seq": 1011,
    "segments": 9999,
    "limit_bytes": 65535,
    "large_bytes": 8960,
    "code": "ENHANCE_YOUR_CALM",
    "status": "503 Service Unavailable",
}
#: Ids that the JSON report writes from one template each (`tcptui.cli.report.json_findings`).
IN_BULK: Final = (
    FindingId.THREE_WAY_HANDSHAKE,
    FindingId.PORT_REUSED,
    FindingId.PROBE_CONNECTION,
    FindingId.FOUR_PACKET_CLOSE,
    FindingId.THREE_PACKET_CLOSE,
    FindingId.SIMULTANEOUS_CLOSE,
)
#: Parts of a finding besides title and short text, which ask for the facts of its shape.
PARTS: Final = ("happened", "more", "meaning", "known", "sure", "look")
#: Placeholders that follow from others, see `spoken`.
FOLLOWING: Final = {"what": {"bytes", "first_seq", "last_seq"}}
VARIANTS: Final = ("plain", "repeated")
#: Phrases that reading by ear has banned, and what is said instead (tcptui/docs/glossary.md).
BANNED: Final = {
    Language.EN: (
        "the way alone explains",  # the round trip accounts for
        "er thinks",  # processing
        "We do not guess",
        "without need",  # spurious
        "reason unknown",  # unexplained
        "can no longer be heard",
        "capture at the server will tell",
        "capture there will tell",
    ),
    Language.ZH: (
        "思考",  # 处理
        "我们不猜",  # 不作猜测
        "一句话",  # 未发送任何数据
        "只言片语",
        "不声不响",  # 静默
        "悄悄",
        "忘掉",  # 已老化, 已没有
        "不认识这条连接",
        "读得没有数据来得快",  # 程序读取速度跟不上数据到达速度
        "以重置",  # RST
        "的重置",
        "连接打开",  # 建立
        "重发",  # 重传
    ),
}
#: Sentences of findings that may repeat a phrase this often in one language.
STOCK: Final = {"If so, ": 3, "will tell": 3}


def _placeholders(text: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name}


def _keys(part: str) -> list[str]:
    return [key for key in catalogue(Language.EN) if key.startswith("findings.") and key.split(".")[2] == part]


def _longest(names: set[str]) -> dict[str, Fact]:
    return {name: LONG.get(name, 754.3 if name.endswith("_s") else 1_048_576) for name in names}


@pytest.mark.parametrize("words", [EN, ZH])
def test_a_title_fits_its_columns_with_the_longest_facts(words: Words) -> None:
    longer = {}
    for key in _keys("title"):
        names = _placeholders(words.template(key))
        reasons = ("too-big", "prohibited", "expired") if "reason" in names else ("",)
        for reason in reasons:
            facts = spoken({**_longest(names), **({"reason": reason} if reason else {})}, words)
            if cell_len(title := words.filled(key, facts)) > TITLE[words.language]:
                longer[key] = title

    assert longer == {}


def _asked_for(finding: str, shape: str) -> set[str]:
    """Placeholders in the sentences of ``finding`` with ``shape``, but for its title and short text."""
    sentences = catalogue(Language.EN)
    asked: set[str] = set()
    for part in PARTS:
        key = f"findings.{finding}.{part}"
        own = f"{key}.{shape}"
        asked |= _placeholders(sentences.get(own) or sentences.get(key, ""))
    return asked.union(*(FOLLOWING.get(name, set()) for name in asked))


def test_a_title_asks_only_for_facts_that_its_shape_has() -> None:
    """The rules set the facts that the other sentences of the shape quote."""
    strange = {}
    for key in [*_keys("title"), *_keys("short")]:
        _findings, finding, _part, *shape = key.split(".")
        shapes = [name for name in shape if name not in VARIANTS]
        wanted = _placeholders(catalogue(Language.EN)[key]) - {"count", "port"}
        own = [name for name in _shapes(finding) if not shapes or name == shapes[0]]
        if not any(wanted <= _asked_for(finding, name) for name in (*own, "")):
            strange[key] = wanted

    assert strange == {}


def _shapes(finding: str) -> set[str]:
    keys = (key.split(".") for key in catalogue(Language.EN) if key.startswith(f"findings.{finding}."))
    return {key[3] for key in keys if len(key) > 3 and key[3] not in VARIANTS}


def test_variants_have_the_sentence_that_they_vary() -> None:
    sentences = catalogue(Language.EN)
    ends = [key for key in sentences if key.startswith("findings.") and key.rsplit(".", 1)[1] in VARIANTS]

    assert ends
    assert [key for key in ends if key.rsplit(".", 1)[0] not in sentences] == []


def test_findings_written_in_bulk_have_one_form_of_what_the_report_says() -> None:
    varied = [key for part in ("title", "happened") for key in _keys(part) if key.rsplit(".", 1)[1] in VARIANTS]

    assert [key for key in varied if key.split(".")[1] in IN_BULK] == []


@pytest.fixture(scope="module")
def told() -> list[Finding]:
    """The findings of all cases."""
    found: list[Finding] = []
    for capture in sorted(CASES.glob("*/*.pcap*")):
        session = open_file(capture)
        for _stream, findings in session.each_findings(range(session.streams.count)):
            found += findings
        session.close()
    return found


@pytest.mark.parametrize("words", [EN, ZH])
def test_titles_of_the_cases_have_no_number_that_says_nothing(told: list[Finding], words: Words) -> None:
    titles = {finding_title(finding, words) for finding in told}

    assert len(titles) > 100
    assert [title for title in titles if re.search(r"×1\b|(?<![\d.])0 (?:s|秒|bytes|字节)|\bonce\b", title)] == []
    assert [title for title in titles if cell_len(title) > TITLE[words.language]] == []


@pytest.mark.parametrize("words", [EN, ZH])
def test_short_texts_of_the_cases_fit_the_list(told: list[Finding], words: Words) -> None:
    shorts = {finding_short(finding, words) for finding in told}

    assert [short for short in shorts if cell_len(short) > SHORT or re.search(r"×1\b", short)] == []


def test_an_explanation_of_a_warning_takes_a_screen_at_most(told: list[Finding]) -> None:
    """Of 80 columns by 24 lines; half of them take 18 lines or less."""
    lines = sorted(_lines(finding) for finding in told if finding.severity > Severity.NOTE)

    assert lines[len(lines) // 2] <= 18


def _lines(finding: Finding) -> int:
    explanation = explain_finding(finding, None, EN)
    texts = [explanation.title, explanation.meaning]
    for section in explanation.sections:
        single = len(section.lines) == 1
        texts += [f"{section.heading}: {section.lines[0]}"] if single else [section.heading, *section.lines]
    return sum(-(-len(text) // 76) for text in texts)


@pytest.mark.parametrize(("language", "unit"), [(Language.EN, r"\b[Bb]ytes?\b|B/s"), (Language.ZH, "字节|B/s")])
def test_a_number_of_bytes_has_its_unit(language: Language, unit: str) -> None:
    counting = {
        key: text
        for key, text in catalogue(language).items()
        if key.startswith("findings.") and re.search(r"{(\w+_)?bytes[}:]", text)
    }

    assert counting
    assert [key for key, text in counting.items() if not re.search(unit, re.sub(r"{\w+}", "", text))] == []


@pytest.mark.parametrize("language", Language)
def test_no_sentence_has_a_phrase_that_was_banned(language: Language) -> None:
    said = {phrase: key for key, text in catalogue(language).items() for phrase in BANNED[language] if phrase in text}

    assert said == {}


@pytest.mark.parametrize(("phrase", "most"), STOCK.items())
def test_no_phrase_is_a_stock_phrase(phrase: str, most: int) -> None:
    keys = [key for key, text in catalogue(Language.EN).items() if phrase in text and key.startswith(("f", "a"))]

    assert len(keys) <= most


def test_number_that_says_nothing_is_left_out() -> None:
    refused = FindingId.CONNECTION_REFUSED
    facts: dict[str, Fact] = {"port": 443, "count": 1, "answer_s": 0.031}
    titles = [
        finding_title(Finding(refused, 0, (), Severity.ERROR, Confidence.CERTAIN, {**facts, **other}), EN)
        for other in ({}, {"answer_s": 0.0}, {"count": 3})
    ]

    assert titles == [
        "Port 443 refused the connection after 31 ms",
        "Port 443 refused the connection",
        "Port 443 refused the connection 3 times",
    ]


def test_bound_beyond_any_link_is_left_out() -> None:
    facts: dict[str, Fact] = {
        "limit_bytes": 65535, "rtt_s": 1e-6, "limit_kbps": 524_280_000, "syn_frame": 1, "syn_ack_frame": 2,
        "payload_bytes": 9, "client": "a", "server": "b", "shape": "declined",
    }  # fmt: skip
    finding = Finding(FindingId.WINDOW_SCALING_ABSENT, 0, (), Severity.NOTE, Confidence.CERTAIN, facts)

    meaning = explain_finding(finding, None, EN).sections[0].lines[0]

    assert meaning == "No more than 65,535 bytes can be in flight in either direction, however fast the path is."


@pytest.mark.parametrize(("first", "last"), [(4294967283, 0), (4294967283, 4294967295)])
def test_range_of_numbers_below_the_first_captured_is_told_by_its_size(first: int, last: int) -> None:
    said = spoken({"first_seq": first, "last_seq": last, "bytes": 14}, EN)

    assert said["what"] == "14 bytes"


@pytest.mark.parametrize("words", [EN, ZH])
def test_program_that_did_not_name_itself_is_left_out(words: Words) -> None:
    naming = [key for key, text in catalogue(words.language).items() if "{software}" in text]

    assert len(naming) == 6
    for key in naming:
        assert _fitting(key, {"software": "nginx"}, words) == key
        assert all(_fitting(key, {"software": none}, words) == f"{key}.plain" for none in ("?", "–"))
        assert "{software}" not in words.template(f"{key}.plain")


#: A key that a sentence names.
_KEY: Final = re.compile(r"(?:\((?!a )|Key |按 )([a-zA-Z])(?![\w.+-])")
#: What such sentences are about, and the command whose key it is.
_COMMANDS: Final = {"follow": "stream", "追踪流": "stream", "tcptui export": "export"}


@pytest.mark.parametrize("language", Language)
def test_key_that_a_sentence_names_is_that_of_its_command(language: Language) -> None:
    shown = {command.name: command.shown for command in COMMANDS}
    named = 0
    for key, text in catalogue(language).items():
        found = _KEY.search(text) if key.startswith("findings.") else None
        if found is not None:
            (command,) = {name for about, name in _COMMANDS.items() if about in text.lower()}
            assert found[1] == shown[command], (key, text)
            named += 1
    assert named >= 2
