from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tcptui.lessons.case import Localized
from tcptui.lessons.loader import CaseError, UnknownCaseError, cases_folder, load_case, load_cases, read_case, unfold
from tcptui.model.tcp_state import TcpState
from tcptui.model.verdict import Verdict
from tcptui.words.language import Language

if TYPE_CHECKING:
    from pathlib import Path

MINIMAL = """
findings = ["keep-alive"]
title = { en = "A title", zh = "标题" }
story = { en = "A story", zh = "故事" }
source = { origin = "recorded", program = "python -m cases.recorder.x", how = { en = "So", zh = "这样" } }
captures = [{ file = "a.pcap", packets = 3 }]

[[steps]]
packets = [1, 3]
title = { en = "Look", zh = "看" }
text = { en = "There", zh = "那里" }
question = { en = "Why?", zh = "为什么？" }
answer = { en = "So", zh = "这样" }
findings = ["keep-alive"]
expect = [{ frame = 3, client = "FIN-WAIT-1", verdicts = ["keep_alive"], seq = 7 }]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "07-a-case"
    path.mkdir()
    (path / "a.pcap").write_bytes(b"")
    (path / "case.toml").write_text(MINIMAL, "utf-8")
    return path


def test_minimal_case_is_read_whole(folder: Path) -> None:
    case = read_case(folder)

    assert (case.number, case.id) == (7, "a-case")
    assert case.title == Localized("A title", "标题")
    assert case.story[Language.ZH] == "故事"
    assert case.captures == (folder / "a.pcap",)
    assert case.packets == 3
    (expectation,) = case.steps[0].expect
    assert expectation.client is TcpState.FIN_WAIT_1
    assert expectation.server is None
    assert expectation.verdicts == Verdict.KEEP_ALIVE
    assert expectation.seq == 7
    assert case.kernel is None


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('zh = "标题"', 'zh = " "', "title.zh: must be a text"),
        (', zh = "标题"', "", "title.zh: is missing"),
        ('title = { en = "A title"', 'titel = 1\ntitle = { en = "A title"', "titel: unknown key"),
        ('"recorded"', '"imagined"', "source.origin: must be one of"),
        ('"a.pcap"', '"../a.pcap"', "captures[1].file: "),
        ('"a.pcap"', '"b.pcap"', "captures[1].file: "),
        ("packets = 3", "packets = 0", "captures[1].packets: must not be 0"),
        ("packets = 3", "packets = true", "captures[1].packets: must be a whole number"),
        ("[1, 3]", "[3, 1]", "steps[1].packets: frame numbers must ascend within 1…3"),
        ("[1, 3]", "[1, 4]", "steps[1].packets: frame numbers must ascend within 1…3"),
        ("[1, 3]", "[]", "steps[1].packets: must be a list of frame numbers"),
        ("frame = 3", "frame = 9", "steps[1].expect[1].frame: must be within 1…3"),
        ('"FIN-WAIT-1"', '"FIN_WAIT_1"', "steps[1].expect[1].client: 'FIN_WAIT_1' is not a TCP state"),
        ('["keep_alive"]', '["keep-alive"]', "steps[1].expect[1].verdicts: 'keep-alive' is not a verdict"),
        ("seq = 7", "server_known = 1", "steps[1].expect[1].server_known: must be true or false"),
        ("seq = 7", "seq = -7", "steps[1].expect[1].seq: must be a whole number"),
        ("seq = 7", "sequence = 7", "steps[1].expect[1].sequence: unknown key"),
        (
            'findings = ["keep-alive"]\ntitle',
            'findings = ["alive"]\ntitle',
            "findings: 'alive' is not a valid FindingId",
        ),
        (
            'findings = ["keep-alive"]\ntitle',
            "findings = []\ntitle",
            "steps[1].findings: keep-alive is not in the case's",
        ),
        ("[[steps]]", "[steps]", "steps: must be a list of tables"),
        ("[[steps]]", "[[steps", "Expected"),
    ],
)
def test_a_wrong_key_is_refused_with_file_and_key(folder: Path, old: str, new: str, complaint: str) -> None:
    assert old in MINIMAL
    (folder / "case.toml").write_text(MINIMAL.replace(old, new, 1), "utf-8")

    with pytest.raises(CaseError) as refusal:
        read_case(folder)

    assert str(folder / "case.toml") in str(refusal.value)
    assert complaint in str(refusal.value)


def test_a_twin_that_does_not_exist_is_refused(folder: Path) -> None:
    (folder / "case.toml").write_text('twin = "nobody"' + MINIMAL, "utf-8")

    with pytest.raises(CaseError, match="twin: no case 'nobody'"):
        load_cases(folder.parent)


def test_two_folders_of_one_id_are_refused(folder: Path) -> None:
    shutil.copytree(folder, folder.with_name("08-a-case"))

    with pytest.raises(CaseError, match="same id"):
        load_cases(folder.parent)


def test_folders_that_are_no_cases_are_passed_over(folder: Path) -> None:
    (folder.parent / "recorder").mkdir()
    (folder.parent / "09-unfinished").mkdir()

    assert [case.id for case in load_cases(folder.parent)] == ["a-case"]


def test_an_unknown_id_names_those_that_exist(folder: Path) -> None:
    with pytest.raises(UnknownCaseError) as refusal:
        load_case("b-case", folder.parent)

    assert refusal.value.known == ("a-case",)


def test_a_case_is_found_by_the_number_that_the_start_screen_shows(folder: Path) -> None:
    number = load_cases(folder.parent)[0].number

    assert load_case(str(number), folder.parent).id == load_case(f"{number:03}", folder.parent).id == "a-case"
    with pytest.raises(UnknownCaseError):
        load_case(str(number + 1), folder.parent)


def test_a_missing_folder_has_no_cases(tmp_path: Path) -> None:
    assert load_cases(tmp_path / "none") == []


@pytest.mark.parametrize(
    ("folded", "text"),
    [
        ("服务端\n收到", "服务端收到"),
        ("收到\nACK", "收到 ACK"),
        ("收到，\nACK", "收到，ACK"),
        ("ACK\n。", "ACK。"),
        ("叫做\n“窗口”", "叫做“窗口”"),
    ],
)
def test_chinese_lines_join_without_a_space_unless_latin_meets_chinese(folded: str, text: str) -> None:
    assert unfold(folded, Language.ZH) == text


def test_english_lines_join_with_a_space_and_paragraphs_stay_apart() -> None:
    assert unfold("one “two”\nthree\n \nfour\n", Language.EN) == "one “two” three\n\nfour"


def test_bundled_cases_are_in_the_checkout_or_the_package() -> None:
    assert cases_folder().name in ("cases", "_cases")
    assert "hello-world-loopback" in [case.id for case in load_cases()]
