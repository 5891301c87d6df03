"""What a scan says of itself."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "scan.progress": "{n} of {of} files, {bytes} of {all}, {rate} packets/s",
    "scan.progress-left": "{n} of {of} files, {bytes} of {all}, {rate} packets/s, about {left} left",
    "scan.left": "stopped after {n:file|files} of {of}; what is done stays, and --resume does the rest",
    "scan.unreadable": "{path} cannot be read",
    "scan.unreadable-more": "{n:more path|more paths} cannot be read",
    "scan.already": "{n:file|files} done before",
    "scan.passed-over": "{n:file|files} passed over: no captures",
    "scan.captures": "captures: {told}",
    "scan.status.read": "read {n}",
    "scan.status.damaged": "damaged {n}",
    "scan.status.duplicate": "duplicate {n}",
    "scan.status.failed": "failed {n}",
    "scan.rows": (
        "{connections:connection|connections}, {findings:finding|findings}, {requests:request|requests}, "
        "{packets:packet|packets}"
    ),
    "scan.written": "written to {folder} in {time}",
}
