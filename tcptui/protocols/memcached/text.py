"""Lines of memcached's text protocol: commands of clients, and what servers answer (doc/protocol.txt)."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from tcptui.protocols.memcached.codes import ERRORS, KEY_MOST

#: Longest line that is read: many keys may be asked for at once.
LINE_MOST: Final = 1 << 16
#: Longest first line of what other protocols may have begun.
SHORT_LINE: Final = 2_048
CRLF: Final = b"\r\n"

_KEY: Final = rb"[^\x00-\x20\x7f]{1,%d}" % KEY_MOST
_META_FLAGS: Final = rb"(?P<flags>(?: [A-Za-z][^\x00-\x20]{0,250}){0,40}) ?"
#: Commands by how they are written, but for those that have many keys, and ``ms``.
_COMMAND: Final = re.compile(
    rb"(?:(?:set|add|replace|append|prepend) (?P<stored>%(key)s) \d{1,10} -?\d{1,10} (?P<size>\d{1,10})"
    rb"|cas (?P<swapped>%(key)s) \d{1,10} -?\d{1,10} (?P<sized>\d{1,10}) \d{1,20}"
    rb"|delete (?P<deleted>%(key)s)(?: 0)?|(?:incr|decr) (?P<counted>%(key)s) \d{1,20}"
    rb"|touch (?P<touched>%(key)s) -?\d{1,10}|flush_all(?: -?\d{1,10})?|verbosity(?: \d{1,10})?"
    rb")(?P<noreply> noreply)? ?"
    rb"|(?:version|quit|mn|stats(?: [\w ]{1,100})?) ?"
    rb"|m[gdae] (?P<meta>%(key)s)%(flags)s" % {b"key": _KEY, b"flags": _META_FLAGS}
)
_META_STORES: Final = re.compile(rb"ms (?P<key>%s) (?P<size>\d{1,10})%s" % (_KEY, _META_FLAGS))
_GETS: Final = re.compile(rb"(?:gets?|gats? -?\d{1,10}) (?P<key>%s)" % _KEY)
_MORE_KEYS: Final = re.compile(rb"[^\x00-\x1f\x7f]*")
#: Lines that may be a command that is seldom sent, or an unknown one: a word, and anything printable.
_WORDS: Final = re.compile(rb"([A-Za-z]\w{0,30})(?: [\x20-\x7e\x80-\xff]*)?")
#: Lines of answers; those that a line with ``END`` is behind have several, of which some have data.
_VALUE: Final = re.compile(rb"VALUE (%s) \d{1,10} (\d{1,10})(?: \d{1,20})?" % _KEY)
_CONFIG: Final = re.compile(rb"CONFIG ([\w.-]{1,100}) \d{1,10} (\d{1,10})")
_META_VALUE: Final = re.compile(rb"VA (\d{1,10})%s" % _META_FLAGS)
_LISTED: Final = re.compile(rb"(STAT|ITEM|PREFIX) [^\x00-\x1f]*|key=[^\x00-\x1f]*")
_SAID: Final = re.compile(
    rb"(STORED|NOT_STORED|EXISTS|NOT_FOUND|DELETED|TOUCHED|OK|END|RESET|BUSY|BADCLASS|MN|EN|ERROR)"
    rb"|((?:CLIENT|SERVER)_ERROR|VERSION|ME|HD|NF|NS|EX) ?[^\x00-\x1f]*"
)
_NUMBER: Final = re.compile(rb"\d{1,20} *")  # a number that became shorter has spaces behind it


class Command(NamedTuple):
    """What a client's line says."""

    name: str
    key: bytes = b""
    """The first."""
    keys: int = 0
    size: int = -1
    """Bytes of the value behind the line; -1: there is none."""
    is_quiet: bool = False
    """Nobody answers it."""
    may_be_quiet: bool = False
    """Of a meta command: it is answered only by what is not the usual."""
    is_known: bool = True


class Reply(NamedTuple):
    """What a line of a server says."""

    name: str
    """Its first word; empty of a number."""
    size: int = -1
    """As of `Command`."""
    goes_on: bool = False
    """More lines follow it, up to ``END``."""
    ends: bool = True
    """It may stand behind such lines, and end them."""


def command_of(line: bytes) -> Command | None:
    """The command that a ``line`` is, without its end; None where it is none, nor may be one that is not known."""
    found = _GETS.match(line)
    if found is not None and _MORE_KEYS.fullmatch(line, found.end()):
        keys = 1 + len(line[found.end() :].split())
        return Command(_name(line), found["key"], keys)
    found = _COMMAND.fullmatch(line)
    if found is not None:
        keys_of = found["stored"], found["swapped"], found["deleted"], found["counted"], found["touched"], found["meta"]
        key = next((one for one in keys_of if one), b"")
        size = found["size"] or found["sized"]
        is_quiet = found["noreply"] is not None
        return Command(_name(line), key, int(bool(key)), int(size) if size else -1, is_quiet, _has_q(found["flags"]))
    found = _META_STORES.fullmatch(line)
    if found is not None:
        return Command("ms", found["key"], 1, int(found["size"]), may_be_quiet=_has_q(found["flags"]))
    words = _WORDS.fullmatch(line)
    return None if words is None else Command(words[1].decode(), is_known=False, is_quiet=line.endswith(b" noreply"))


def reply_of(line: bytes) -> Reply | None:
    """What a ``line`` of a server, without its end, says; None where servers say no such line."""
    found = _VALUE.fullmatch(line) or _CONFIG.fullmatch(line)
    if found is not None:
        return Reply(_name(line), int(found[2]), goes_on=True)
    found = _META_VALUE.fullmatch(line)
    if found is not None:
        return Reply("VA", int(found[1]), ends=False)
    if _LISTED.fullmatch(line):
        return Reply(_name(line) if line[:4] != b"key=" else "key", goes_on=True)
    found = _SAID.fullmatch(line)
    if found is not None:
        name = (found[1] or found[2]).decode()
        return Reply(name, ends=name == "END" or name in ERRORS)
    return Reply("", ends=False) if _NUMBER.fullmatch(line) else None


def _name(line: bytes) -> str:
    return line.split(b" ", 1)[0].decode("latin-1")


def _has_q(flags: bytes | None) -> bool:
    return b"q" in (flags or b"").split()


#: What may answer which commands, beside errors.
_STORED: Final = frozenset({"STORED", "NOT_STORED", "EXISTS", "NOT_FOUND"})
_META: Final = frozenset({"HD", "NF", "EX"})
_ANSWERS: Final = {
    **dict.fromkeys(("get", "gets", "gat", "gats"), frozenset({"VALUE", "END"})),
    **dict.fromkeys(("set", "add", "replace", "append", "prepend", "cas"), _STORED),
    **dict.fromkeys(("incr", "decr"), frozenset({"", "NOT_FOUND"})),
    "mg": frozenset({"VA", "HD", "EN", "NF"}), "md": _META, "ms": _META | {"NS"}, "ma": _META | {"VA", "NS"},
    "delete": frozenset({"DELETED", "NOT_FOUND"}), "touch": frozenset({"TOUCHED", "NOT_FOUND"}),
    "flush_all": frozenset({"OK"}), "verbosity": frozenset({"OK"}), "version": frozenset({"VERSION"}),
    "stats": frozenset({"STAT", "ITEM", "PREFIX", "END", "RESET", "OK"}), "mn": frozenset({"MN"}),
    "me": frozenset({"ME", "EN"}),
}  # fmt: skip
#: What the flag ``q`` hides of that (protocol.txt, *Quiet mode semantics*).
_HIDDEN: Final = {"mg": "EN", "ms": "HD", "md": "HD"}
#: Commands that nobody answers.
UNANSWERED: Final = frozenset({"quit", "shutdown"})


def may_answer(command: str, reply: str) -> bool:
    """Whether ``reply`` may answer ``command``, both by their names; a command that is not known has any answer."""
    wanted = _ANSWERS.get(command)
    return wanted is None or reply in wanted or reply in ERRORS


def may_answer_quiet(command: str, reply: str) -> bool:
    """Whether ``reply`` may answer ``command`` although that is quiet."""
    return may_answer(command, reply) and _HIDDEN.get(command) != reply
