"""Words of packets, slice and assert on the command line."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.help.packets": """\
NAME
  tcptui packets: {summary}

SYNOPSIS
  tcptui packets FILE… [-Y FILTER] [-e FIELD]… [--csv | --jsonl] [--header]
  tcptui packets FILE… [-Y FILTER] --count

DESCRIPTION
  Writes the packets that pass a display filter, in the order of the capture:
  number, time since the first packet, source, destination, protocol, length,
  and info, with the verdicts. Several files are merged by time.
  With -e it writes the values of fields instead, exactly as
  "tshark -2 -n -T fields -e …" does: a tab between fields, a comma between
  several values of one field. Verdicts, states and findings always come from
  all packets; the filter only selects what is shown.

OPTIONS
  -Y FILTER, --display-filter FILTER
             Wireshark's display filter language; without it, all packets.
             "tcptui check FILTER" checks a filter and explains it
  -e FIELD   the field's values; may be given several times.
             "tcptui fields" lists the fields. _ws.col.Info, .Protocol, .Source,
             .Destination, .Time, .Length and .No. are the columns that are
             written without -e, in tcptui's words
  --csv      comma-separated values, quoted where needed
  --spreadsheet-safe
             with --csv, for a spreadsheet: cells that it would treat as a
             formula (= + - @, except numbers) begin with an apostrophe
  --jsonl    one JSON object per packet; with -e each field is a list of strings
  --header   the names of the columns first
  --count    only the number of packets that match

SECRETS
  Passwords and tokens, recognised by their name or form, are written as
  [removed]; tshark shows them. Fields of raw bytes (tcp.payload, data.data)
  have what was sent. Filters compare what was sent.

LIMITS
  To limit memory, fields of an application protocol are read from the first
  50,000 messages of a connection (HTTP/2: header lists of each side, TLS:
  records of each side). Later packets are read one by one, so such fields may
  be missing there: a line counts these packets. At most 256 KiB of an HTTP/2
  header list are read, and 1 MiB of a value that a filter compares. With -e,
  text that a few captured bytes expand to (HPACK, gzip) is written up to 2 KiB
  per field. Beyond that, the total of all fields is at most 256 MiB plus 16
  bytes per captured byte. Values that are cut end in …; a last line
  counts them.

EXAMPLES
  tcptui packets a.pcap -Y 'tcp.analysis.retransmission'
  tcptui packets a.pcap -Y 'http.response.code >= 500' -e frame.number -e ip.dst
  tcptui packets a.pcap -Y 'tcptui.severity == "error"' --count

EXIT STATUS
  0 done, even if nothing matches; 1 the input failed (of a damaged capture, the
  packets before the damage are written); 2 wrong usage
""",
    "cli.help.slice": """\
NAME
  tcptui slice: {summary}

SYNOPSIS
  tcptui slice FILE… (-Y FILTER | --stream N[,N…] | --community-id ID[,ID…] |
               --finding NAME[,NAME…] | --packets N[-M][,…])
               [--around SECONDS] [--whole-streams] -w OUT [--overwrite]
               [--redact [--key KEYFILE]]

DESCRIPTION
  Writes the chosen packets as pcapng, or as pcap where OUT ends in .pcap. What
  was captured is written byte by byte, with its time, interface and comments;
  names and TLS secrets of the source are copied. Each packet gets a comment
  with its number in the source. Marks and notes kept next to the source
  (FILE.notes.json) also become comments. pcap has no comments.

OPTIONS
  -Y FILTER, --display-filter FILTER
                     the packets that pass
  --stream N[,N…]    the packets of these connections, counted from 0
  --community-id ID[,ID…]
                     the packets of the connections that Zeek, Suricata and
                     others list under these names (Community ID, version 1)
  --finding NAME[,NAME…]
                     the packets that prove these findings: ids, families or
                     severities, as "tcptui help findings" lists them
  --packets N[-M][,…]
                     these packets, by number: 10-20,31
  --around SECONDS   also all packets at most SECONDS before or after these
  --whole-streams    also the rest of their connections, so that OUT has the
                     same verdicts as the source
  -w OUT             where to write; - is standard output
  --overwrite        OUT may replace a file, once it is whole
  --redact           write the packets of a redacted copy, as redact makes one.
                     They are chosen by what was captured; notes are left out
  --key KEYFILE      with --redact: the replacements of redact under this key

EXAMPLES
  tcptui slice a.pcap --stream 7 -w seven.pcapng
  tcptui slice a.pcap --finding slow-server --whole-streams -w slow.pcapng
  tcptui slice a.pcap -Y 'tcp.flags.reset == 1' --around 0.5 -w resets.pcapng

EXIT STATUS
  0 done, even if no packet is chosen; 1 input or output failed (of a damaged
  capture, the packets before the damage are written); 2 wrong usage
""",
    "cli.help.assert": """\
NAME
  tcptui assert: {summary}

SYNOPSIS
  tcptui assert FILE… RULE… [--rules FILE.toml] [--junit OUT] [--slice DIR]

DESCRIPTION
  Reports for each rule whether it holds, and which packets break it.
  An argument is a rule if it begins with no, all, count or pNN and a space.
  Several files are merged by time.

RULES
  no FILTER            no packet passes the display filter
  all FILTER           every packet that the filter applies to passes: tests of
                       fields that a packet lacks are left out
  count FILTER < N     the number of packets that pass; also <= > >= == !=
  count FILTER < N%    the same as a percentage of all TCP packets
  pNN FIELD < VALUE    a percentile of the field's values (times in seconds):
                       p50, p99, p99.9. Each connection counts once for its
                       times and sizes (tcptui.duration, …)
  With nothing to judge, no, all and percentage counts hold, and pNN does not.

OPTIONS
  --rules FILE.toml  more rules: rules = ["RULE", …], or with names
                     [[rule]]
                     name = "responses are quick"
                     rule = "p99 tcptui.server_think < 0.3"
  --junit OUT        also write the results as JUnit XML
  --slice DIR        the packets that break a rule, as DIR/NN-RULE.pcapng

EXAMPLES
  tcptui assert a.pcap 'no tcptui.severity == "error"'
  tcptui assert a.pcap 'count tcp.analysis.retransmission < 1%' \\
                'all tcp.analysis.ack_rtt < 0.2' --junit results.xml

EXIT STATUS
  0 all rules hold; 1 one does not; 2 wrong usage; 3 the capture cannot be read,
  a result cannot be written, or the capture is damaged (even if all rules hold
  for the packets before the damage)
""",
    "cli.error.display-filter": "{where}: {message} (tcptui check FILTER shows where, and what was meant)",
    "cli.error.more-faults": "… and {n:more mistake|more mistakes}",
    "cli.error.community-id": "{value} is no Community ID, as 1:LQU9qZlK+B5F3KDmev6m5PMibrg=",
    "cli.error.field": "there is no field {name}; tcptui fields lists them",
    "cli.error.field-near": "there is no field {name}; similar: {near}",
    "cli.error.field-unread": "the field {name} cannot be read from packets yet, so it has no values to show",
    "cli.error.slice-what": "slice needs one of -Y, --stream, --community-id, --finding and --packets to choose what to write",
    "cli.error.slice-where": "slice needs -w and the name of the file to write",
    "cli.error.no-rule": "“{value}” is neither a file nor a rule, which begins with no, all, count or a percentile such as p99",
    "cli.error.which-rule": "assert needs a rule that begins with no, all, count or a percentile such as p99, for example 'no tcp.analysis.retransmission', or --rules",
    "cli.error.packets": "{option} takes packet numbers from 1 and ranges, such as 10-20,31, not {value}",
    "cli.error.streams": "{option} takes numbers of connections from 0, such as 0,4,7, not {value}",
    "cli.error.around": "{option} takes seconds from 0 to {most}, such as 0.5, not {value}",
    "cli.error.follow-none": "no connection of {file} has a packet that the filter matches",
    "cli.error.follow-several": "the filter matches {count} connections ({streams}); choose one with --stream",
    "cli.error.follow-id": "connection {stream} has no request {id}; tcptui requests --jsonl has the ids",
    "cli.error.follow-other": "no packet of connection {stream} matches the filter",
}
