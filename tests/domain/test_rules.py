"""The rule book reads well: every rule has one id, plain words, and a remedy."""

from __future__ import annotations

import re

from outcome_reporting.domain import rules


def test_ids_are_unique_and_in_snake_case():
    assert len(rules.RULES) == len(rules._TABLE)
    assert all(re.fullmatch(r"[a-z0-9_]+", rule) and RULE.id == rule for rule, RULE in rules.RULES.items())


def test_every_rule_is_said_in_one_line_with_a_remedy_that_is_a_sentence():
    for rule in rules.RULES.values():
        assert rule.title and "\n" not in rule.title and not rule.title.endswith(".")
        assert rule.remedy.endswith(".")


def test_no_rule_speaks_python():
    words = re.compile(r"\b(KeyError|BadZipFile|nan|None|null|exception|traceback)\b", re.IGNORECASE)
    assert not [rule.id for rule in rules.RULES.values() if words.search(rule.title + rule.remedy)]
