"""Words of watch: lines of findings, and what is said of sources."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "watching.found": "{time} {source}{clock} {sign} {who}: {text}",
    "watching.changed": "{time} {source}{clock} {sign} {who}, changed: {text}",
    "watching.gone": "{time} {source}{clock} {sign} {who}, withdrawn: {text}",
    "watching.ends": "{client} → {server}",
    "watching.many": "connections: {count}",
    "watching.clock": " (clock {ahead} ± {half} s)",
    "watching.clock.unknown": " (clock unknown)",
    "watching.begin": "{source}: capturing",
    "watching.begin.remote": "{source}{clock}: capturing",
    "watching.back": "{source}: capturing again, after {seconds} s of which nothing is known",
    "watching.again": "{error}; it is tried again, the others go on",
    "watching.over": "{error}",
    "watching.ended": "{source}: it has ended",
    "watching.late": "{source}: it did not end in time; its last findings may be missing",
    "watching.metrics": "metrics at http://{address}/metrics",
    "watching.bundle": "the last packets, findings and counters are in {folder}",
    "watching.total.source": "{source}: {packets} packets, {dropped} dropped by the kernel, findings: {found}, runs: {runs}",
    "watching.total": "all sources ({sources}): {packets} packets, {dropped} dropped by the kernel, findings: {found}",
}
