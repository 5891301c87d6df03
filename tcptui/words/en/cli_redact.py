"""Words of redact on the command line."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.help.redact": """\
NAME
  tcptui redact: {summary}

SYNOPSIS
  tcptui redact FILE -w OUT [--key KEYFILE] [--keep NAME[,NAME…]]
                [--shift-time SECONDS] [--certificate CERT] [--overwrite]

DESCRIPTION
  Writes a copy of FILE without addresses, host names and payload, for someone
  who may not see these. Verdicts, states, findings and time budgets stay. What
  is not understood is not copied: it becomes filler of the same length.

  IPv4 and IPv6 addresses keep common prefixes; private, loopback, link-local,
  multicast and documentation ranges stay what they are. MAC addresses lose
  their manufacturer. Host names in DNS, HTTP and TLS are replaced label by
  label. HTTP/1, TLS and DNS keep their framing; other payload is filler, so
  requests of other protocols are gone. Of pcapng, comments, descriptions,
  names, capture filters and TLS secrets are left out.

  OUT appears only after two checks. The engine reads OUT and must come to the
  same result as for FILE. A separate search looks in OUT for every address,
  MAC address and host name of FILE in many notations, and for any 8 bytes of
  its payload. If a check fails, there is no OUT, and one line reports why.

OPTIONS
  -w OUT              where to write: pcapng, or pcap if OUT ends in .pcap
  --key KEYFILE       at least 32 bytes that only you can read. The same key
                      gives the same replacements in every file. Without it a
                      key is drawn and used once
  --keep NAME[,NAME…] leave unchanged: addresses, macs, names
  --shift-time SECONDS
                      add this to every time; may be negative
  --certificate CERT  write what was replaced, compared and searched, as JSON
  --overwrite         OUT and CERT may replace files

STILL VISIBLE
  Lengths, times, directions, ports, TTLs, sequence numbers, TCP options and
  windows. An address keeps the leading bits that it shares with a special
  range. The summary counts hosts that are unique by their peers, ports and
  bytes: whoever knows these can recognise such a host.

EXAMPLES
  head -c 32 /dev/urandom > key && chmod 600 key
  tcptui redact a.pcap -w b.pcapng --key key --certificate b.json
  tcptui redact a.pcap -w b.pcap --keep macs --shift-time -86400

EXIT STATUS
  0 done; 1 input or output failed, or a check failed; 2 wrong usage
""",
    "cli.error.key-redact": "--key has no use without --redact",
    "cli.error.redact-numbers": "packets of the redacted copy would have other numbers; use redact first, and then its output",
    "cli.error.redact-where": "redact needs -w OUT",
    "cli.error.redact-stream": "{option} needs the name of a file: what is not proved is written nowhere",
    "cli.error.redact-same": "-w and --certificate name the same file",
    "cli.error.redact-keep": "--keep {value}: unknown; known are {known}",
    "cli.error.redact-shift": "--shift-time {value}: not a whole number of seconds",
    "cli.error.redact-several": "a redacted copy is made of one file",
    "cli.error.redact-key-collides": (
        "not written: a replacement equals another address of the capture; use a different key"
    ),
    "cli.error.redact-found": "not written: {what} of the original is still in the copy (found: {count})",
    "cli.error.redact-differs.packets": "not written: packets are decoded differently in the copy ({where})",
    "cli.error.redact-differs.verdicts": "not written: verdicts differ in the copy ({where})",
    "cli.error.redact-differs.states": "not written: states differ in the copy ({where})",
    "cli.error.redact-differs.findings": "not written: findings differ in the copy ({where})",
    "cli.error.redact-differs.budgets": "not written: the time budget of connection {where} differs in the copy",
    "cli.error.redact-differs.requests": "not written: the requests of connection {where} differ in the copy",
}
