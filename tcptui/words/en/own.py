"""Words of findings that a user has defined."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "own.name": "{title} (own finding)",
    "own.happened": "{n:packet of this connection matches|packets of this connection match} the filter {filter}.",
    "own.meaning": "You, or whoever wrote the file of findings, defined this: tcptui adds no judgement.",
    "own.known": "The packets below match the filter {filter}.",
    "own.sure": "tcptui checked that the packets match, and nothing else.",
    "own.look": 'Show these packets alone with the filter tcptui.finding == "{id}".',
    "own.failed.filter": "Your finding {id} is not looked for any more: its regular expression takes too long for one packet.",
    "own.failed.notes": "Your finding {id} is not looked for: the marks and notes next to the file cannot be used.",
    "own.error.unreadable": "{path} cannot be read: {reason}",
    "own.error.untrusted": "{path} is not read, because others can change {place}; make it yours alone: chmod go-w",
    "own.error.large": "{path} has more than {most:,} bytes, so it is no file of findings",
    "own.error.garbled": "{path} is no TOML: {reason}",
    "own.error.shape": "{path} is no file of findings: it has tables [[finding]]",
    "own.error.file-key": "{path} has {name}, which a file of findings cannot have; each finding begins with [[finding]]",
    "own.error.many": "{path} has more than {most} findings",
    "own.error.filter-wrong": "{path}, finding {number} ({entry}), filter: {message}",
    "own.error.key": "{path}, finding {number} ({entry}): there is no {name} in a finding; it may have {known}",
    "own.error.id": "{path}, finding {number} ({entry}): id is missing or wrong; it is made of small letters, digits, dots and hyphens, 64 at most",
    "own.error.id-taken": "{path}, finding {number} ({entry}): {id} is a name of tcptui's own; choose another id",
    "own.error.id-twice": "{path}, finding {number} ({entry}): there are two findings {id}",
    "own.error.filter": "{path}, finding {number} ({entry}): filter is missing, or no text",
    "own.error.severity": "{path}, finding {number} ({entry}): severity is missing or wrong; it is one of {known}",
    "own.error.per": "{path}, finding {number} ({entry}): per is wrong; it is one of {known}",
    "own.error.at-least": "{path}, finding {number} ({entry}): at_least is wrong; it is a number of packets from 1 on",
    "own.error.words": '{path}, finding {number} ({entry}): words are missing or wrong; write {language} = {{ title = "…", sentence = "…" }}',
    "own.error.words-long": "{path}, finding {number} ({entry}): a text under {language} is longer than {most} characters",
}
