"""The catalogues of both languages: complete, alike, and each in its own language."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest

import tcptui
from tcptui.model.finding import Confidence, FindingId
from tcptui.model.resend_cause import ResendCause
from tcptui.model.tcp_state import TcpState
from tcptui.model.verdict import Verdict
from tcptui.words.catalogue import catalogue
from tcptui.words.language import Language

EN, ZH = catalogue(Language.EN), catalogue(Language.ZH)
PARTS = ("name", "title", "short", "happened", "meaning", "known", "sure", "look")
CJK = re.compile(r"[\u4e00-\u9fff]")
#: Values that are the same in every language: names of flags, separators, pure placeholders.
WORDLESS = re.compile(r"^[\W\dA-Za-z_{}]*$")
#: Catalogues that hold sentences rather than labels.
OF_SENTENCES = {"findings", "verdicts", "narrative", "glossary", "alternatives"}
PACKAGE = Path(tcptui.__file__).parent
SOURCES = tuple(path for folder in ("words", "findings") for path in (PACKAGE / folder).rglob("*.py"))


def _placeholders(text: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name is not None}


def test_both_languages_have_the_same_keys() -> None:
    assert EN.keys() == ZH.keys()


def test_placeholders_are_the_same_in_both_languages() -> None:
    different = {key: (EN[key], ZH[key]) for key in EN if _placeholders(EN[key]) != _placeholders(ZH[key])}

    assert different == {}


#: A rule of `assert` is typed with the sign at its number, in every language.
RULE = re.compile(r"[<>=] ?\d+%")


def test_percentages_are_written_in_one_way() -> None:
    apart = {key: text for key, text in ZH.items() if re.search(r"[\d}] %", text)}
    together = {key: text for key, text in EN.items() if re.search(r"[\d}]%", RULE.sub("", text))}
    in_code = [path for path in PACKAGE.rglob("*.py") if re.search(r"""\} ?%["']""", path.read_text("utf-8"))]

    assert (apart, together) == ({}, {})
    assert [path.parent.name for path in in_code if path.parent.parent.name != "words"] == []


@pytest.mark.parametrize("part", PARTS)
def test_every_finding_has_every_part(part: str) -> None:
    said = {tuple(key.split(".")[:3]) for key in EN}

    assert [finding for finding in FindingId if ("findings", str(finding), part) not in said] == []


@pytest.mark.parametrize("part", ["title", "meaning", "rule"])
@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_is_named_and_explained(verdict: Verdict, part: str) -> None:
    assert f"verdicts.{verdict.field_name}.{part}" in EN


@pytest.mark.parametrize("cause", [cause for cause in ResendCause if cause is not ResendCause.NOT_RESENT])
def test_every_cause_has_a_sentence(cause: ResendCause) -> None:
    assert f"verdicts.cause.{cause.label}" in EN


@pytest.mark.parametrize("state", [state for state in TcpState if state is not TcpState.UNSEEN])
def test_every_state_has_a_meaning_and_a_term(state: TcpState) -> None:
    assert f"narrative.state-meaning.{state.label.lower()}" in EN
    assert f"glossary.{state.label.lower()}" in EN


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_that_is_not_about_fast_open_is_a_term(verdict: Verdict) -> None:
    slug = verdict.field_name.replace("_", "-")

    assert f"glossary.{slug}" in EN or slug.startswith("tfo")


@pytest.mark.parametrize("confidence", Confidence)
def test_every_confidence_has_words(confidence: Confidence) -> None:
    assert f"narrative.confidence.{confidence.value}" in EN


def _tuples_of_words() -> list[tuple[str, ...]]:
    """Every tuple of strings in the rules."""
    found = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Tuple) and node.elts:
                values = [element.value for element in node.elts if isinstance(element, ast.Constant)]
                if len(values) == len(node.elts) and all(isinstance(value, str) for value in values):
                    found.append(tuple(map(str, values)))
    return found


def test_every_alternative_that_a_rule_names_has_a_sentence_and_no_other_exists() -> None:
    known = {key.removeprefix("alternatives.") for key in EN if key.startswith("alternatives.")}
    groups = [group for group in _tuples_of_words() if known & set(group)]

    assert {word for group in groups for word in group} == known


def test_chinese_is_chinese() -> None:
    foreign = {
        key: text for key, text in ZH.items() if not (CJK.search(text) or text == EN[key] or WORDLESS.match(text))
    }  # fmt: skip

    assert foreign == {}


def test_chinese_has_one_word_for_the_reader() -> None:
    assert [key for key, text in ZH.items() if "您" in text] == []


def test_chinese_sentences_use_full_width_punctuation() -> None:
    sentences = {key: text for key, text in ZH.items() if key.split(".")[0] in OF_SENTENCES}
    half_width = {
        key: text for key, text in sentences.items() if re.search(r"[\u4e00-\u9fff][,;:?!.][\u4e00-\u9fff\s]", text)
    }  # fmt: skip

    assert sentences
    assert half_width == {}


def test_no_blank_parts_a_duration_from_the_chinese_after_it() -> None:
    apart = {
        key: found for key, text in catalogue(Language.ZH).items() if (found := re.search(r"{\w+_s} (?=[一-鿿])", text))
    }

    assert list(apart) == []  # its unit is Chinese, too: 3.46 秒才


def test_no_english_sentence_has_chinese_punctuation() -> None:
    assert not [
        key for key, text in EN.items() if re.search(r"[，。；：（）]", text) and not key.startswith("narrative.join")
    ]


def test_a_command_is_found_by_its_english_names_in_chinese_too() -> None:
    """To type one in Chinese takes an input method."""
    also = [key for key in EN if key.startswith("guide.palette.also.")]
    missing = {key: lost for key in also if (lost := set(EN[key].split()) - set(ZH[key].split()))}

    assert also
    assert missing == {}
