"""The catalog of findings: one row each, and rows that agree with cases, words, rules and one another."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

from tcptui.findings import rules
from tcptui.findings.catalog import CATALOG, FAMILIES, ORDINARY, SPECS
from tcptui.findings.rules.registry import CAPTURE_RULES, RULES
from tcptui.findings.spec import Family, FindingSpec
from tcptui.lessons.loader import load_cases
from tcptui.model.finding import FindingId
from tcptui.words.catalogue import catalogue
from tcptui.words.language import Language

RULES_FOLDER = Path(rules.__file__).parent
CASES = {case.id: case for case in load_cases()}
PARTS = {"name", "title", "short", "happened", "meaning", "known", "sure", "look"}


def test_every_finding_has_one_row() -> None:
    assert sorted(spec.id for spec in CATALOG) == sorted(FindingId)


def test_every_family_has_findings_and_its_rows_stand_together() -> None:
    assert [spec.id for spec in CATALOG] == [finding for family in FAMILIES for finding in FAMILIES[family]]
    assert {*FAMILIES} == {*Family} - {Family.OWN}
    assert all(FAMILIES.values())


@pytest.mark.parametrize("spec", CATALOG, ids=lambda spec: spec.id)
class TestRow:
    def test_its_case_has_it(self, spec: FindingSpec) -> None:
        assert spec.id in CASES[spec.case_id].findings

    def test_its_causes_are_others_and_none_of_them_is_explained_by_it(self, spec: FindingSpec) -> None:
        assert len(set(spec.explained_by)) == len(spec.explained_by)
        assert spec.id not in spec.explained_by
        assert not [cause for cause in spec.explained_by if spec.id in SPECS[cause].explained_by]

    def test_what_covers_it_is_itself_told(self, spec: FindingSpec) -> None:
        assert spec.id not in spec.covered_by
        assert not [other for other in spec.covered_by if SPECS[other].covered_by]

    @pytest.mark.parametrize("language", Language)
    def test_it_has_words(self, spec: FindingSpec, language: Language) -> None:
        words = catalogue(language)
        said = {key.split(".")[2] for key in words if key.startswith(f"findings.{spec.id}.")}

        assert said >= PARTS
        assert f"glossary.{spec.glossary_term}" in words

    def test_its_topic_makes_it(self, spec: FindingSpec) -> None:
        assert f"FindingId.{spec.id.name}" in (RULES_FOLDER / f"{spec.topic}.py").read_text("utf-8")


def test_ordinary_findings_are_no_symptoms() -> None:
    assert not [finding for finding in ORDINARY if SPECS[finding].explained_by]


def test_every_rule_is_asked_once() -> None:
    asked = [rule for _gate, rule in (*RULES, *CAPTURE_RULES)]

    assert len(set(asked)) == len(asked)


def test_every_topic_with_gated_rules_is_registered() -> None:
    registered = {rule for _gate, rule in (*RULES, *CAPTURE_RULES)}
    topics = [import_module(f"{rules.__name__}.{module.name}") for module in iter_modules(rules.__path__)]
    gated = {
        rule for topic in topics for _gate, rule in (*getattr(topic, "RULES", ()), *getattr(topic, "CAPTURE_RULES", ()))
    }

    assert gated == registered


def test_every_cause_of_resends_has_at_most_one_voucher() -> None:
    causes = [spec.confirms_cause for spec in CATALOG if spec.confirms_cause is not None]

    assert len(set(causes)) == len(causes)


def test_the_command_line_reads_the_catalog_without_the_rules() -> None:
    program = "import sys, tcptui.findings.finding_filter; sys.stdout.write(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=600, check=True)

    assert not {"numpy", "tcptui.findings.annotate", "tcptui.findings.facts"} & set(done.stdout.split())
