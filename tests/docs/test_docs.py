"""The docs in the package say what the code does, and every reference to them leads somewhere."""

from __future__ import annotations

import ast
import importlib
import json
import re
import subprocess
import sys
import tomllib
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tcptui.model.finding import FindingId
from tcptui.words.catalogue import catalogue
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGE: Final = ROOT / "tcptui"
DOCS: Final = PACKAGE / "docs"
FINDINGS: Final = DOCS / "rules" / "findings.md"
PAGES: Final = sorted(DOCS.rglob("*.md"))
READMES: Final = [ROOT / "README.md", ROOT / "README.zh.md"]
#: A page, perhaps with a heading's anchor: ``rules/findings.md#zero-window``.
CITATION: Final = re.compile(r"(?<![\w/.-])((?:[\w-]+/)*[\w-]+\.md)(?:#([\w-]+))?(?![\w/])", re.ASCII)
LINK: Final = re.compile(r"\]\(([^)\s:]*?)(?:#([^)\s]+))?\)")
CONSTANT: Final = re.compile(r"`(\w+)\.([A-Z][A-Z0-9_]*(?:\.[a-z_]+)?) = ([^`]+)`")
#: Numbers in rules that are no thresholds: where a header field stands.
LAYOUT: Final = {("think_time", "DATA_OFFSET"), ("think_time", "TCP_HEADER")}


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@cache
def anchors(page: Path) -> set[str]:
    """Anchors of the page's headings, made as GitHub makes them."""
    headings = re.findall(r"^#{1,6} (.+)$", re.sub(r"^```.*?^```$", "", text_of(page), flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).replace(" ", "-") for heading in headings}


def sources() -> Iterator[Path]:
    """Everything written by hand that may cite a page."""
    for folder in ("tcptui", "tests", "cases"):
        for suffix in ("*.py", "*.toml", "*.md"):
            yield from (path for path in (ROOT / folder).rglob(suffix) if path != Path(__file__).resolve())
    yield ROOT / "pyproject.toml"


def page_of(cited: str, source: Path) -> Path | None:
    """The page that ``cited`` means: below the docs, beside the citing file, or at the top."""
    return next((base / cited for base in (DOCS, source.parent, ROOT) if (base / cited).is_file()), None)


def module_named(stem: str) -> str:
    """The one module of findings and analysis with this name."""
    found = [path for folder in ("findings", "analysis") for path in (PACKAGE / folder).rglob(f"{stem}.py")]
    assert len(found) == 1, f"{stem}: {found}"
    return ".".join(found[0].relative_to(ROOT).with_suffix("").parts)


# -- references ------------------------------------------------------------------------------


def test_every_citation_in_the_code_leads_to_a_page_and_a_heading() -> None:
    found, lost = 0, []
    for source in sources():
        for cited, anchor in CITATION.findall(text_of(source)):
            page = page_of(cited, source)
            found += bool(anchor)
            if page is None or (anchor and anchor not in anchors(page)):
                lost.append(f"{source.relative_to(ROOT)}: {cited}{'#' if anchor else ''}{anchor}")

    assert found > 50
    assert lost == []


def test_no_comment_cites_a_section_of_a_book_that_is_not_here() -> None:
    absent = re.compile(r"\bdesign(?: contract)?,? section|\bcontract, design\b|\bFORMAT\.md|\bQUIRKS\.md")

    assert [str(source.relative_to(ROOT)) for source in sources() if absent.search(text_of(source))] == []


@pytest.mark.parametrize("page", [*PAGES, *READMES], ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    lost = []
    for target, anchor in LINK.findall(text_of(page)):
        linked = page.parent / target if target else page
        if not linked.exists() or (anchor and anchor not in anchors(linked)):
            lost.append(f"{target}#{anchor}")

    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_module_that_a_page_names_is_there(page: Path) -> None:
    named = set(re.findall(r"`((?:[\w*]+/)+\w+\.(?:py|md))`", text_of(page)))

    assert [name for name in sorted(named) if not any(any(base.glob(name)) for base in (PACKAGE, ROOT))] == []


@pytest.mark.parametrize("package", sorted(PACKAGE.rglob("__init__.py")), ids=lambda path: path.parent.name)
def test_a_package_names_only_modules_that_it_has(package: Path) -> None:
    docstring = ast.get_docstring(ast.parse(text_of(package))) or ""
    listed = set(re.findall(r"``([a-z_]+)``", docstring))

    assert [
        name
        for name in sorted(listed)
        if not ((package.parent / f"{name}.py").is_file() or (package.parent / name).is_dir())
    ] == []


# -- the rule book ---------------------------------------------------------------------------


def test_every_finding_has_a_heading() -> None:
    assert {str(finding) for finding in FindingId} - anchors(FINDINGS) == set()


def test_constants_in_the_rule_book_are_those_of_the_code() -> None:
    quoted = CONSTANT.findall(text_of(FINDINGS))
    wrong = [
        f"{module}.{name} = {value}"
        for module, name, value in quoted
        if attrgetter(name)(importlib.import_module(module_named(module))) != ast.literal_eval(value)
    ]

    assert quoted
    assert wrong == []


def test_every_threshold_of_a_rule_is_in_the_rule_book() -> None:
    quoted = {(module, name) for module, name, _value in CONSTANT.findall(text_of(FINDINGS))}
    missing = []
    for path in sorted((PACKAGE / "findings" / "rules").rglob("[!_]*.py")):
        module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        names = [
            node.target.id
            for node in ast.parse(text_of(path)).body
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id[0] != "_"
        ]
        missing += [
            f"{path.stem}.{name}"
            for name in names
            if isinstance(getattr(module, name, None), int | float) and (path.stem, name) not in quoted | LAYOUT
        ]

    assert missing == []


def test_every_alternative_in_the_rule_book_has_a_sentence() -> None:
    lines = [line for line in text_of(FINDINGS).splitlines() if line.startswith("- Could also be:")]
    keys = {key for line in lines for key in re.findall(r"`([a-z][a-z0-9-]+)`", line)}
    sentences = catalogue(Language.EN)

    assert keys
    assert [key for key in sorted(keys) if f"alternatives.{key}" not in sentences] == []


def test_sections_that_the_kernel_cites_are_there() -> None:
    page = text_of(DOCS / "rules" / "tcp-analysis.md")
    headings = set(re.findall(r"^## (\d+a?)\. ", page, re.M))
    steps = set(re.findall(r"^(\d+)\. ", page.partition("## 5. ")[2].partition("## 6. ")[0], re.M))
    kernel = "".join(text_of(path) for path in (PACKAGE / "analysis" / "kernel").glob("*.py"))

    assert set(re.findall(r"[Ss]ection (\d+a?)", kernel)) <= headings
    assert set(re.findall(r"[Ss]ection 5, (?:step )?(\d+)", kernel)) <= steps


# -- formats and words -----------------------------------------------------------------------


def test_every_key_of_a_verdict_line_is_in_the_format() -> None:
    documented = set(re.findall(r"`(\w+)`", text_of(DOCS / "rules" / "verdicts-format.md")))
    capture = next((ROOT / "cases" / "61-retransmission-timeout").glob("*.pcap*"))
    done = subprocess.run(
        [sys.executable, "-m", "tcptui", "verdicts", str(capture), "--jsonl"],
        cwd=ROOT, capture_output=True, text=True, timeout=600, check=True,
    )  # fmt: skip
    keys = {key for line in done.stdout.splitlines() for key in json.loads(line)}

    assert {"rto", "cause", "findings", "client_state"} <= keys
    assert keys - documented == set()


def test_glossary_has_the_terms_of_both_catalogues() -> None:
    rows = set(re.findall(r"^\| `([\w-]+)` \| (.+) \| (.+) \|$", text_of(DOCS / "glossary.md"), re.M))
    english, chinese = catalogue(Language.EN), catalogue(Language.ZH)
    terms = {
        (key.removeprefix("glossary."), english[key].partition(":")[0], chinese[key].partition("：")[0])
        for key in english
        if key.startswith("glossary.")
    }

    assert rows == terms


# -- shipping --------------------------------------------------------------------------------


def test_docs_ship_in_the_wheel() -> None:
    wheel = tomllib.loads(text_of(ROOT / "pyproject.toml"))["tool"]["hatch"]["build"]["targets"]["wheel"]

    assert "tcptui" in wheel["only-include"]
    assert [pattern for pattern in wheel["exclude"] if not pattern.startswith("/cases/")] == []
    assert [line for line in text_of(ROOT / ".gitignore").split() if line in {"*.md", "docs/"}] == []
