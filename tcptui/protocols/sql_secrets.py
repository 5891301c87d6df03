"""SQL without the secrets in it: what lists, reports and header trees may say of a statement.

A literal says nothing of what it is.  So where a statement names a secret anywhere - a password of an account, a column
of that name, the key of an encryption - none of its string literals is shown, and no comment either.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from tcptui.protocols.secret_names import LEFT_OUT, Secrecy, secrecy

#: Words of the language that a secret follows, or may follow.
_WORDS: Final = frozenset(
    {
        "identified", "password", "old_password", "authentication", "aes_encrypt", "aes_decrypt", "des_encrypt",
        "des_decrypt", "encode", "decode", "encrypt", "sha", "sha1", "sha2", "md5", "pgp_sym_encrypt",
        "pgp_sym_decrypt", "crypt", "master_password", "source_password", "encrypted",
    }
)  # fmt: skip
_TOKENS: Final = re.compile(
    r"(?P<comment>/\*.*?(?:\*/|\Z)|--(?=\s|\Z)[^\n]*|\#[^\n]*)"
    r"|(?P<text>'(?:[^'\\]|\\.|'')*+(?:'|\\?\Z)|\"(?:[^\"\\]|\\.|\"\")*+(?:\"|\\?\Z))"
    r"|(?P<quoted>`(?:[^`]|``)*+(?:`|\Z))"
    r"|(?P<word>[^\W\d][\w$]*)",
    re.DOTALL,
)
#: In SQL these are followed by the name of a role.
_OF_ROLES: Final = frozenset({"authorization", "session_authorization"})
#: Characters of a word that are looked at.
_WORD_MOST: Final = 128
#: Texts of which is remembered whether they name one: of each it is asked several times in a row.
_TEXTS: Final = 64
_WORD: Final = re.compile(r"[^\W\d][\w$]*")


def sql_without_secrets(text: str) -> str:
    """``text`` of SQL, which may be cut at its end; as it is, or without all string literals and comments."""
    return _TOKENS.sub(_shown, text) if names_secret(text) else text


def end_of_secret_word(text: str) -> int:
    """Where the first word of ``text`` ends that is the name of a secret by itself; -1: there is none."""
    named = (found.end() for found in _WORD.finditer(text) if _names_one(found[0]))
    return next(named, -1)


def _names_one(word: str) -> bool:
    """Whether ``word`` is the name of a secret, or of a table of them, by itself."""
    return (secrecy(word) is Secrecy.SURE and word.lower() not in _OF_ROLES) or word.lower() == "tokens"


def has_secret_word(text: str) -> bool:
    """Whether any word of ``text``, which need not be SQL, names a secret."""
    return any(map(_is_secret_word, _WORD.findall(text)))


@lru_cache(_TEXTS)
def names_secret(text: str) -> bool:
    """Whether ``text`` of SQL, as it is or without what was left out, names a secret."""
    return LEFT_OUT in text or any(_is_secret(found) for found in _TOKENS.finditer(text))


def _is_secret(found: re.Match[str]) -> bool:
    word, kind = found[0], found.lastgroup
    if kind == "word":
        return _is_secret_word(word)
    if kind == "quoted" or (kind == "text" and word[0] == '"'):
        return secrecy(word[1:-1]) is Secrecy.SURE
    return kind == "comment" and has_secret_word(word)


def _is_secret_word(word: str) -> bool:
    return _known_secret(word[:_WORD_MOST])


@lru_cache(4_096)
def _known_secret(word: str) -> bool:
    return word.lower() in _WORDS or (_names_one(word))


def _shown(found: re.Match[str]) -> str:
    if found.lastgroup == "text":
        return f"'{LEFT_OUT}'"
    return LEFT_OUT if found.lastgroup == "comment" else found[0]
