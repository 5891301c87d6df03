"""English keeps the rules that a program can decide (`tests.support.english_rules`): catalogue, pages, cases."""

from __future__ import annotations

import pytest

from tests.support.english_rules import RULES, Rule, allowed, breaches, page_breaches, page_texts, pages_allowed

BROKEN = frozenset(breaches())
ALLOWED = frozenset(allowed())

#: A sentence that breaks the rule, and one that says the same and keeps it.
EXAMPLES = {
    "clause-first": ("That it was lost is certain.", "Certain: it was lost."),
    "in-the-packets": ("Why it closed is not in the packets.", "Unknown: why it closed."),
    "answer": ("The server answered late.", "The server's response was late."),
    "send-again": ("The client sent it again.", "The client retransmitted it."),
    "time-out": ("A time-out of 3 s.", "A timeout of 3 s."),
    "trouble": ("One connection in trouble.", "One connection has a problem."),
    "behind": ("The bytes behind the gap arrived.", "The bytes after the gap arrived, behind a NAT."),
    "beside": ("Ping beside the capture.", "Ping during the capture."),
    "stands-in": ("The name stands in the certificate.", "The name is in the certificate."),
    "on-the-way": ("It was lost on the way.", "It was lost in transit."),
    "house-word": ("The client tried in vain.", "The client tried without success."),
    "of-the": ("{bytes:byte|bytes} of the {sender} were lost.", "The {sender}'s bytes were lost."),
    "tells": ("A capture there tells why.", "A capture there shows why."),
    "quantity": ("Twenty packets at most.", "At most twenty packets."),
    "nobody": ("Nobody read it.", "It was not read."),
    "two-colons": ("One: two; three.", "One: two. Three: four."),
    "long-start": ("one " * 21, "One. " + "two " * 30),
    "question": ("Does the client resume?", "Check whether the client resumes."),
    "data-are": ("The data are lost.", "The data is lost."),
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_no_other_sentence_breaks_the_rule(rule: Rule) -> None:
    new = sorted(key for name, key in BROKEN - ALLOWED if name == rule.name)

    assert new == [], f"write instead: {rule.instead}"


def test_list_of_what_is_allowed_has_only_what_still_breaks_its_rule() -> None:
    assert sorted(ALLOWED - BROKEN) == [], "run tests/support/english_rules.py to shorten the list"
    assert len(allowed()) == len(ALLOWED)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rule_knows_a_good_sentence_from_a_bad_one(rule: Rule) -> None:
    bad, good = EXAMPLES[rule.name]

    assert rule.broken_by(bad)
    assert not rule.broken_by(good)


def test_pages_break_the_rules_in_no_more_places_than_are_allowed() -> None:
    broken, most = page_breaches(page_texts()), pages_allowed()

    assert broken - most == {}, "mend the sentence: the list of pages may only shrink"
    assert most - broken == {}, "run tests/support/english_rules.py to shorten the list of pages"


def test_prose_of_a_page_is_counted_by_sentences_and_code_is_not() -> None:
    page = "# Answers\n\nIt was sent\nagain. No trouble: it was sent again.\n\n| a | time-out |\n"

    assert page_breaches([("page", page)]) == {
        ("answer", "page"): 1,
        ("send-again", "page"): 2,
        ("time-out", "page"): 1,
        ("trouble", "page"): 1,
    }
    assert not any("tcptui report" in text for path, text in page_texts() if path == "README.md")
