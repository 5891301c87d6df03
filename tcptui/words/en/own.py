"""Words of findings that a user has defined."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "own.name": "{title} (own finding)",
    "own.happened": "{n:packet of this connection matches|packets of this connection match} the filter {filter}.",
    "own.meaning": "This finding was defined by you, or by the author of the file of findings: tcptui adds no judgement.",
    "own.known": "The packets below match the filter {filter}.",
    "own.sure": "tcptui checked that the packets match, and nothing else.",
    "own.look": 'Show only these packets with the filter tcptui.finding == "{id}".',
    "own.failed.filter": "Your finding {id} is no longer looked for: its regular expression takes too long for one packet.",
    "own.failed.notes": "Your finding {id} is not looked for: the marks and notes next to the file cannot be used.",
    "own.error.unreadable": "{path} cannot be read: {reason}",
    "own.error.untrusted": "{path} is not read, because others can change {place}; make it writable only by you: chmod go-w",
    "own.error.large": "{path} has more than {most:,} bytes, so it is not read as a file of findings",
    "own.error.garbled": "{path} is not TOML: {reason}",
    "own.error.shape": "{path} is not a file of findings: it needs tables [[finding]]",
    "own.error.file-key": "{path} has {name}, which a file of findings cannot have; each finding begins with [[finding]]",
    "own.error.many": "{path} has more than {most} findings",
    "own.error.filter-wrong": "{path}, finding {number} ({entry}), filter: {message}",
    "own.error.key": "{path}, finding {number} ({entry}): a finding has no {name}; it may have {known}",
    "own.error.id": "{path}, finding {number} ({entry}): id is missing or wrong; it has at most 64 small letters, digits, dots and hyphens",
    "own.error.id-taken": "{path}, finding {number} ({entry}): tcptui itself uses the name {id}; choose another id",
    "own.error.id-twice": "{path}, finding {number} ({entry}): there are two findings {id}",
    "own.error.filter": "{path}, finding {number} ({entry}): filter is missing, or not text",
    "own.error.severity": "{path}, finding {number} ({entry}): severity is missing or wrong; it is one of {known}",
    "own.error.per": "{path}, finding {number} ({entry}): per is wrong; it is one of {known}",
    "own.error.at-least": "{path}, finding {number} ({entry}): at_least is wrong; it is a number of packets, 1 or more",
    "own.error.words": '{path}, finding {number} ({entry}): words are missing or wrong; write {language} = {{ title = "…", sentence = "…" }}',
    "own.error.words-long": "{path}, finding {number} ({entry}): a text under {language} is longer than {most} characters",
}
