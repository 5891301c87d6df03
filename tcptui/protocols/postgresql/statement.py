"""Statements of SQL: what one is about in a few words, and its text without secrets.

A literal behind a word that speaks of secrets is left out, wherever it stands; dollar quotes and escapes are read as
the server reads them (PostgreSQL 15 documentation, 4.1).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from tcptui.protocols.secret_names import LEFT_OUT, without_known_secrets
from tcptui.protocols.sql_secrets import end_of_secret_word

#: Bytes of a statement that are kept.
MAX_STORED_STATEMENT: Final = 4_000
_TOKEN: Final = re.compile(
    r"""(?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
      | (?P<literal>[eE]'(?:[^'\\]|''|\\.)*(?:'|\\?\Z) | [bBxXnN]?'(?:[^']|'')*(?:'|\Z)
                  | \$(?P<tag>(?:[^\W\d]\w*)?)\$.*?(?:\$(?P=tag)\$|\Z))
      | (?P<name>"(?:[^"]|"")*(?:"|\Z))
      | (?P<word>[^\W\d][\w$]*)
      | (?P<other>\$\d+|\d[\w.]*|[^\s\w])""",
    re.DOTALL | re.VERBOSE,
)
#: What says of literals behind it, besides names of secrets, that they are some, or hold some.
_SPEAKS: Final = re.compile(
    r"\bcrypt\(|hmac|pgp_|dblink|\bsubscription\b|user\s+mapping|\bconnection\b|\bprimary_conninfo",
    re.IGNORECASE,
)
#: What the thing stands behind that a statement is about.
_BEFORE_NAME: Final = frozenset({"FROM", "INTO", "UPDATE", "TABLE", "COPY", "JOIN", "CALL", "TRUNCATE", "LISTEN",
                                 "NOTIFY", "DEALLOCATE", "EXECUTE", "PREPARE", "DECLARE", "FETCH", "CLOSE", "SET",
                                 "SHOW", "INDEX", "USER", "ROLE", "DATABASE", "VIEW", "SEQUENCE", "SCHEMA",
                                 "FUNCTION"})  # fmt: skip
_NO_NAME: Final = frozenset({"ONLY", "IF", "NOT", "EXISTS", "TABLE", "CONCURRENTLY", "LOCAL", "SESSION", "ALL"})
#: Kinds of things, which are named with the verb.
_THINGS: Final = frozenset({"TABLE", "INDEX", "USER", "ROLE", "DATABASE", "VIEW", "SEQUENCE", "SCHEMA", "FUNCTION",
                            "SUBSCRIPTION", "EXTENSION", "TYPE"})  # fmt: skip
_WITH_THINGS: Final = frozenset({"CREATE", "ALTER", "DROP"})
_PARAMETERS_SHOWN: Final = 4
#: Statements of which is remembered what they are: the same one is executed over and over.
_REMEMBERED: Final = 256
_NAME_MOST: Final = 60


@lru_cache(_REMEMBERED)
def may_hold_secrets(sql: str) -> bool:
    """Whether the statement speaks of secrets, so that its literals and parameters may be some."""
    return _first_sign(sql) >= 0


@lru_cache(_REMEMBERED)
def without_secrets(sql: str) -> str:
    """The statement with `LEFT_OUT` for every literal that may be a secret."""
    sign = _first_sign(sql)
    if sign < 0:
        return without_known_secrets(sql)
    if "\\'" in sql or _cuts_comment(sql):
        # Whether a backslash escapes is the server's setting: nothing tells where literals end.
        return sql[: _word_end(sql, sign)] + " " + LEFT_OUT
    return _TOKEN.sub(_literal_out, sql)


def _first_sign(sql: str) -> int:
    """Where the first word ends that speaks of secrets; -1: none does."""
    ends = [end_of_secret_word(sql), *(found.end() for found in (_SPEAKS.search(sql),) if found is not None)]
    return min((end for end in ends if end >= 0), default=-1)


def _cuts_comment(sql: str) -> bool:
    """Whether comments are within each other, which no pattern tells from their end."""
    return sql.count("/*") > 1 and "*/" in sql


def _word_end(sql: str, at: int) -> int:
    while at < len(sql) and (sql[at].isalnum() or sql[at] == "_"):
        at += 1
    return at


def _literal_out(found: re.Match[str]) -> str:
    return LEFT_OUT if found["literal"] is not None or found["comment"] is not None else found[0]


@lru_cache(_REMEMBERED)
def operation_of(sql: str) -> str:
    """What the statements in ``sql`` do, each as its verb and the first thing it names; never a value."""
    said, words, name_next, named = list[str](), list[str](), False, False
    for token in _TOKEN.finditer(sql):
        if token["comment"] is not None:
            continue
        if token[0] == ";":
            said.append(" ".join(words))
            words, name_next, named = [], False, False
            continue
        word = token["word"]
        if not words:
            if word is None:
                continue
            words.append(word.upper()[:_NAME_MOST])
            name_next = words[0] in _BEFORE_NAME
            continue
        if named or (word is None and token["name"] is None):
            name_next = name_next and word is not None
            continue
        upper = token[0].upper()
        if name_next and upper not in _NO_NAME:
            words.append(_qualified(sql, token)[:_NAME_MOST])
            named = True
        elif upper in _BEFORE_NAME:
            name_next = True
            if words[0] in _WITH_THINGS and upper in _THINGS:
                words.append(upper)
    said.append(" ".join(words))
    said = [one for one in said if one]
    more = [f"+{len(said) - _PARAMETERS_SHOWN}"] if len(said) > _PARAMETERS_SHOWN else []
    return "; ".join(said[:_PARAMETERS_SHOWN] + more)


def _qualified(sql: str, token: re.Match[str]) -> str:
    """The name at ``token`` with the schema before it."""
    found = _QUALIFIED.match(sql, token.start())
    return token[0] if found is None else found[0]


_QUALIFIED: Final = re.compile(r'(?:"[^"]*"|[^\W\d][\w$]*)(?:\.(?:"[^"]*"|[^\W\d][\w$]*))*')
