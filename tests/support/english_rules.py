"""Rules for English that a program can decide: of the catalogue, of the documentation and of the cases.

`RULES` is the table: what a sentence must not have, and what to write instead.  `ALLOWED` lists, one per line, rule and
key of the sentences of the catalogue that break one; `PAGES_ALLOWED` has rule, page and how many of its sentences do.
Both may only shrink.  Run as a script, it takes out what is mended and prints what breaks a rule without being listed;
it never adds anything.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tcptui.words.catalogue import catalogue
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ROOT: Final = Path(__file__).resolve().parents[2]
ALLOWED: Final = Path(__file__).parent / "english_rules_allowed.txt"
PAGES_ALLOWED: Final = Path(__file__).parent / "english_rules_pages.txt"
#: Words of the first sentence of a finding's text, at most.
FIRST_SENTENCE: Final = 20
#: Parts of a finding that are labels, not sentences.
LABELS: Final = ("name", "title", "short")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its name in the list, whether a text breaks it, what to write instead, and the keys it is about."""

    name: str
    broken_by: Callable[[str], object]
    instead: str
    about: Callable[[str], bool] = lambda _key: True


def _phrases(*phrases: str) -> Callable[[str], object]:
    """Whether a text has one of the regular expressions ``phrases``, as whole words in any case."""
    return re.compile(rf"\b(?:{'|'.join(phrases)})\b", re.IGNORECASE).search


def _is_sentence_of_finding(key: str) -> bool:
    family, _, rest = key.partition(".")
    return family == "alternatives" or (family == "findings" and rest.split(".")[1] not in LABELS)


def _is_next_step(key: str) -> bool:
    return key.startswith("findings.") and key.split(".")[2] == "look"


def _words_of_first_sentence(text: str) -> int:
    first = re.split(r"(?<=[.?!]) ", text, maxsplit=1)[0]
    return len(re.findall(r"[\w{][^\s]*", re.sub(r"\([^()]*\)", "", first)))


#: A clause that is the subject of its sentence, where it begins: “That it was lost is certain.”
_CLAUSE: Final = re.compile(
    r"(?:^|[.:;?] )(?:That (?!is|was|can|may|costs|means)|Whether |What |Who |Why )"
    r"[^.?]*\b(?:is|are|was|were|cannot|can|shows?|stays?|follows)\b[^?]*?\.(?: |$)"
)
#: Something that is not behind one of the devices that hosts are really behind.
_BEHIND: Final = re.compile(
    r"\bbehind (?!(?:an?|the|one|several|some) (?:[\w-]+ )?"
    r"(?:proxy|proxies|balancer|NAT|firewall|translator|device|gateway)\b)",
    re.IGNORECASE,
)

RULES: Final = (
    Rule(
        "clause-first",
        _CLAUSE.search,
        "begin with the host or the program; say “Certain: … Unknown: …”, or nothing",
        lambda key: not key.startswith("field."),
    ),
    Rule(
        "in-the-packets",
        _phrases("(?:is|are) (?:not )?in the packets", "not in (?:the|these|its) packets"),
        "unknown; the capture does not show",
    ),
    Rule(
        "answer",
        _phrases("answer(?:s|ed|ing)?"),
        "response (to a request), reply (of TCP, DNS, ICMP)",
        lambda key: not key.startswith("field.dns."),  # the answer section of a message
    ),
    Rule(
        "send-again",
        _phrases(r"sen[dt]s? (?:\w+ ){0,2}again", r"sending (?:\w+ ){0,2}again", "resen[dt]s?", "resending"),
        "retransmit",
    ),
    Rule("time-out", _phrases("time-outs?"), "timeout"),
    Rule("trouble", _phrases("troubles?"), "problem"),
    Rule("behind", _BEHIND.search, "after; on the far side of"),
    Rule("beside", _phrases("beside"), "with; next to"),
    Rule("stands-in", _phrases("stands? (?:in|at|on|for|there|still)", "stood"), "is in"),
    Rule(
        "on-the-way",
        _phrases("on (?:the|its|their) way", "the way (?:back|there|here)"),
        "in transit; on the path; the return path",
    ),
    Rule(
        "house-word",
        _phrases(
            "amid",
            "reckon(?:s|ed)?",
            "concluded",
            "good-bye",
            "in vain",
            "permits?",
            "permitted",
            "somebody",
            "meanwhile",
        ),
        "during; computed; inferred; GOAWAY; without success; allows; the actor; during that time",
    ),
    Rule(
        "of-the",
        re.compile(r"\b(?:bytes?\}?|segments?|packets?|requests?|window|RST|FIN|SYN|ACKs?)\}? of the \{").search,
        "the {sender}'s bytes",
    ),
    Rule("tells", _phrases("tells?", "told", "says?", "said"), "shows; reports; contains"),
    Rule(
        "quantity",
        _phrases("so much", "so many", "so often", "one line a packet", "(?:at most|at least)(?=[.;])", "too(?=[.;])"),
        "“at most N bytes”; “also” before the verb",
    ),
    Rule("nobody", _phrases("nobody", "nobody's"), "name who does not; the passive"),
    Rule(
        "two-colons",
        lambda text: any(part.count(": ") + part.count("; ") > 1 for part in re.split(r"(?<=[.?!]) ", text)),
        "one colon or semicolon in a sentence",
        _is_sentence_of_finding,
    ),
    Rule(
        "long-start",
        lambda text: _words_of_first_sentence(text) > FIRST_SENTENCE,
        f"a first sentence of at most {FIRST_SENTENCE} words, brackets aside",
        _is_sentence_of_finding,
    ),
    Rule(
        "question",
        re.compile(r"\?(?: |$)").search,
        "an imperative: what to run, where, how to read the result",
        _is_next_step,
    ),
    Rule("data-are", _phrases("data (?:are|were|have)"), "data is"),
)


def breaches() -> Iterator[tuple[str, str]]:
    """Name of the rule and key of each sentence that breaks it."""
    sentences = {key: re.sub(r"\{\w+", "{", text) for key, text in catalogue(Language.EN).items()}  # names are no words
    for rule in RULES:
        for key in sorted(sentences):
            if rule.about(key) and rule.broken_by(sentences[key]):
                yield rule.name, key


def allowed() -> list[tuple[str, str]]:
    """Rule and key of each line of the list."""
    lines = ALLOWED.read_text("utf-8").splitlines()
    return [(rule, key) for rule, _blank, key in (line.partition(" ") for line in lines)]


#: What is no prose in a page: blocks and spans of code, comments, where a link leads.
_NO_PROSE: Final = re.compile(r"^```.*?^```|<!--.*?-->|`[^`\n]*`|(?<=\])\([^()\n]*\)", re.DOTALL | re.MULTILINE)


def _english(value: object) -> Iterator[str]:
    """Every text in English of what a case is made of: the values under ``en``, at any depth."""
    if isinstance(value, list):
        for item in value:
            yield from _english(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "en" and isinstance(item, str):
                yield item
            else:
                yield from _english(item)


def page_texts() -> Iterator[tuple[str, str]]:
    """Path and prose of each page in English: README, documentation, rules, and the words of each case."""
    pages = [*ROOT.glob("*.md"), ROOT / "cases" / "README.md", *(ROOT / "tcptui" / "docs").rglob("*.md")]
    for path in sorted(pages):
        if ".zh" not in path.suffixes:
            yield str(path.relative_to(ROOT)), _NO_PROSE.sub("…", path.read_text("utf-8"))
    for path in sorted((ROOT / "cases").glob("*/case.toml")):
        yield str(path.relative_to(ROOT)), "\n\n".join(_english(tomllib.loads(path.read_text("utf-8"))))


def page_breaches(pages: Iterable[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """How many sentences break it, by the name of the rule and the path of the page."""
    counts: Counter[tuple[str, str]] = Counter()
    for path, text in pages:
        paragraphs = re.split(r"\n\s*\n|\n(?=[|#-])", text)
        sentences = [part for block in paragraphs for part in re.split(r"(?<=[.?!])\s+", " ".join(block.split()))]
        for rule in RULES:
            if rule.about(path) and (count := sum(bool(rule.broken_by(sentence)) for sentence in sentences)):
                counts[rule.name, path] = count
    return counts


def pages_allowed() -> Counter[tuple[str, str]]:
    """How many sentences of each page may break each rule."""
    lines = (line.split(" ") for line in PAGES_ALLOWED.read_text("utf-8").splitlines())
    return Counter({(rule, path): int(count) for rule, path, count in lines})


def main() -> None:
    """Shortens the lists to what still breaks its rule, and prints what is not in them."""
    broken, listed = list(breaches()), set(allowed())
    kept = [breach for breach in broken if breach in listed]
    ALLOWED.write_text("".join(f"{rule} {key}\n" for rule, key in kept), "utf-8")
    for rule, key in broken:
        if (rule, key) not in listed:
            print(rule, key)
    print(f"{len(kept)} allowed")
    pages, most = page_breaches(page_texts()), pages_allowed()
    fewer = pages & most
    PAGES_ALLOWED.write_text("".join(f"{rule} {path} {fewer[rule, path]}\n" for rule, path in sorted(fewer)), "utf-8")
    for (rule, path), count in sorted((pages - most).items()):
        print(rule, path, f"{count} more than allowed")
    print(f"{fewer.total()} allowed in pages")


if __name__ == "__main__":
    main()
