"""Messages of ``--stop-on`` and ``--keep-around``, and the summary of a capture without a screen."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "watch.stopped": "stopped by {finding} (--stop-on): stream {stream}, packet {frame}",
    "watch.appears": "{finding} (--stop-on) appears first in stream {stream}, packet {frame}",
    "watch.stopped.capture": "stopped by {finding} (--stop-on), seen in several streams up to packet {frame}",
    "watch.appears.capture": "{finding} (--stop-on) is seen in several streams up to packet {frame}",
    "watch.files-full": "stopped: all {files} files of -W are full",
    "watch.begin": "capturing on {source}; Ctrl-C ends it",
    "watch.end": "{packets} packets, {dropped} dropped by the kernel, findings: {found}; analysis was at most {lag} s behind",
    "watch.end.unknown": "{packets} packets, findings: {found}; analysis was at most {lag} s behind",
    "watch.end.file": "{packets} packets, findings: {found}",
    "watch.unseen": "connections not looked at for want of time: {count}",
    "watch.unread": "captured but not analysed any more: {megabytes} MB",
    "watch.nobody-read": "{count} lines dropped: the reader of standard output stopped reading",
    "watch.kept": "kept around findings: {packets} packets in {names}",
    "watch.kept.more": "kept around findings: {packets} packets in {files} files: {names}, …",
    "watch.kept.none": "nothing to keep: none of the findings of --keep-around appeared",
    "watch.kept.missed": "{packets} packets around findings could not be kept: they had left the spool already",
}
