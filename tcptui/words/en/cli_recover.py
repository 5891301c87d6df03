"""Words of ``tcptui recover`` and of the offers that lead there."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.recover.heading": "Captures that were interrupted, oldest first:",
    "cli.recover.row": "{number:>3}  {date}  {size:>7}  {path}",
    "cli.recover.how": "Keep one: tcptui recover {number} -w FILE. Delete them all: tcptui recover --delete; one: tcptui recover {number} --delete.",
    "cli.recover.none": "there is no interrupted capture",
    "cli.recover.saved": "{path} holds the capture that was interrupted {date} ({packets} packets, {size})",
    "cli.recover.damaged": "it is damaged at byte {offset}: the {packets} packets before that can be read, and the rest is also in the file",
    "cli.recover.ask": "Delete these {count} for good ({size})? [y/N] ",
    "cli.recover.deleted": "deleted: {path} ({size})",
    "cli.recover.notice": "a capture was interrupted {date} and is kept ({size}); tcptui recover has it",
    "cli.recover.notice.more": "{count} captures were interrupted, the last one {date}, and are kept ({size}); tcptui recover has them",
    "cli.recover.kept": "the captured packets are kept; to save them: tcptui recover {number} -w FILE",
    "cli.recover.lost": "the capture's file was removed during the capture and could not be kept elsewhere: {reason}",
}
