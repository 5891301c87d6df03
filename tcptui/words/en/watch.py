"""Messages of ``--stop-on`` and ``--keep-around``, and the summary of a capture without a screen."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "watch.stopped": "stopped by {finding} (--stop-on): connection {stream}, packet {frame}",
    "watch.appears": "{finding} (--stop-on) appears first in connection {stream}, packet {frame}",
    "watch.stopped.capture": "stopped by {finding} (--stop-on), seen in several connections up to packet {frame}",
    "watch.appears.capture": "{finding} (--stop-on) is seen in several connections up to packet {frame}",
    "watch.files-full": "stopped: all {files} files of -W are full",
    "watch.begin": "capturing on {source}; Ctrl-C ends it",
    "watch.end": "{packets} packets, {dropped} dropped by the kernel, findings: {found}; analysis was at most {lag} s behind",
    "watch.end.unknown": "{packets} packets, findings: {found}; analysis was at most {lag} s behind",
    "watch.end.file": "{packets} packets, findings: {found}",
    "watch.unseen": "connections not analysed (ran out of time): {count}",
    "watch.unread": "{megabytes} MB captured but not analysed",
    "watch.nobody-read": "lines dropped because the reader of standard output stopped reading: {count}",
    "watch.kept": "saved {packets} packets around findings to {names}",
    "watch.kept.more": "saved {packets} packets around findings to {files} files: {names}, …",
    "watch.kept.none": "nothing to save: none of the findings of --keep-around appeared",
    "watch.kept.missed": "{packets} packets around findings could not be saved: they were already discarded",
}
