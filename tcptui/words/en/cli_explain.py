"""Words of explain on the command line."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.summary.explain": "one connection with all its evidence, to hand on",
    "cli.help.explain": """\
NAME
  tcptui explain: {summary}

SYNOPSIS
  tcptui explain FILE --stream N [--json | --markdown]

DESCRIPTION
  Everything about one connection that a colleague, a ticket or a program needs:
  its measures and where its time went; each finding with its evidence, how sure
  it is, what else it could be and what would decide; what it shares with other
  connections; doubts about the capture; the packets that the findings cite; and
  Wireshark display filters for all of it.

  At most 12 packets of a finding are quoted, and 200 in all.

OPTIONS
  --stream N     which connection, counted from 0 as in Wireshark
  --json         one JSON object. connection has the keys of report --json, each
                 finding its texts, packets and a filter; packets lists by which
                 findings each is cited (cited_by)
  --markdown     Markdown, for a ticket

EXAMPLES
  tcptui explain a.pcap --stream 3
  tcptui explain a.pcap --stream 3 --json

EXIT STATUS
  0 done; 1 the input failed, or has no such connection; 2 wrong usage
""",
}
