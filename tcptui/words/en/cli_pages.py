"""The help: its first page, one line about each command, and a page for each of those that have no module of their own."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.help": """\
tcptui: find out why a TCP connection is slow or broken

  tcptui                           start screen: interfaces, recent files, cases
  tcptui FILE…                     pcap, pcapng, .gz, .zst; merged; -: a pipe
  tcptui -r FILE [BPF…]            the packets of a file that a filter selects
  sudo tcptui -i eth0 [BPF…]       capture live; "any" is every interface
  sudo tcptui -- CMD ARG…          run CMD, report on its connections alone
  tcptui ssh://host/eth0 [BPF…]    tcpdump there, analysis here

Commands, each with a page of its own (tcptui report --help):
{commands}

More pages: tcptui help live (options of a live capture), tcptui help findings.
Options everywhere (and --lang en|zh, --ascii, --version):
  -Y FILTER      Wireshark's display filter   --findings FILE  custom findings
  --keylog FILE  decrypt TLS   --proto FILE  gRPC   --decode-as PORT=PROTOCOL
Exit status: 0 done, 1 the input failed, 2 wrong usage. A file cases is ./cases.
""",
    "cli.summary.report": "what is wrong, worst first, and why",
    "cli.summary.requests": "every request, and where its time went",
    "cli.summary.packets": "the packets that match, or the values of their fields",
    "cli.summary.verdicts": "one JSON object for each TCP packet",
    "cli.summary.follow": "what both ends of a connection sent",
    "cli.summary.export": "the files that a capture carried over HTTP",
    "cli.summary.graph": "a graph of a connection, as text, SVG or CSV",
    "cli.summary.merge": "two captures of the same traffic: clocks, losses, changes",
    "cli.summary.compare": "two captures or parts of one: what differs, how surely",
    "cli.summary.redact": "a copy without addresses, names and payload, proved",
    "cli.summary.serve": "tools for an assistant (MCP), redacted",
    "cli.summary.scan": "many captures as Parquet tables, on all processors",
    "cli.summary.query": "SQL over what scan wrote, and ready-made questions",
    "cli.summary.slice": "part of a capture as a capture of its own",
    "cli.summary.assert": "test a capture against rules",
    "cli.summary.check": "is this display filter right, and what was meant?",
    "cli.summary.fields": "the fields that display filters know",
    "cli.summary.cases": "the bundled cases",
    "cli.summary.case": "open a case, by its id or number",
    "cli.summary.recover": "captures that were interrupted before they were saved",
    "cli.summary.config": "the settings file: where it is, what it sets",
    "cli.summary.completion": "completion for bash, zsh and fish",
    "cli.summary.man": "a page of the help as a man page",
    "cli.summary.minor": "smaller ones",
    "cli.summary.help": "this page, or the page of a command",
    "cli.summary.live": "the options of a live capture",
    "cli.summary.findings": "the names of all findings",
    "cli.help.report": """\
NAME
  tcptui report: {summary}

SYNOPSIS
  tcptui report FILE… [--explain | --full | --stream N] [--json | --markdown]
                      [-Y FILTER] [--workers N]
  tcptui report FILE… --html OUT [--overwrite] [-Y FILTER]
  tcptui report FILE --redact [--key KEYFILE] …

DESCRIPTION
  Begins with a summary and the quality of the capture. Then come the problems
  in groups, errors first, then by the time they cost. A problem that many
  connections share is reported once. Several files are merged by time.

OPTIONS
  --explain      for each problem also the evidence, what else it could be and
                 what to check next
  --full         every connection, even without problems
  --stream N     one connection, counted from 0
  -Y FILTER, --display-filter FILTER
                 only connections with a matching packet; all are analysed
  --json         one JSON object, with everything
  --markdown     Markdown, for a ticket
  --html OUT     one page for a browser, without script, at most 2 MB
  --overwrite    OUT may replace a file
  --redact       work on a redacted copy, as redact makes one: no addresses,
                 host names or payload; what rests on these is gone, and so is
                 what was read with TLS secrets
  --key KEYFILE  with --redact: the replacements of redact under the same key
  --workers N    at most N processes (Linux); one per processor by default

EXAMPLES
  tcptui report a.pcap
  tcptui report client.pcap server.pcap --explain
  tcptui report a.pcap --json -Y 'tcp.port == 443'

EXIT STATUS
  0 done, whatever was found; 1 the input failed (a damaged capture is reported
  up to the damage); 2 wrong usage
""",
    "cli.help.verdicts": """\
NAME
  tcptui verdicts: {summary}

SYNOPSIS
  tcptui verdicts FILE… --jsonl [-Y FILTER] [--workers N]

DESCRIPTION
  Writes one object for each file, then one for each TCP packet: numbers, flags,
  verdicts (Wireshark's names), timing, the states of both ends, and the
  findings for which the packet is evidence. Times are in seconds, packets are
  counted from 1. tcptui/docs/rules/verdicts-format.md describes every key.

OPTIONS
  --jsonl        the format, the only one
  -Y FILTER, --display-filter FILTER
                 only packets that match; all are analysed
  --workers N    at most N processes (Linux); one per processor by default

EXAMPLES
  tcptui verdicts a.pcap --jsonl
  tcptui verdicts a.pcap --jsonl -Y 'tcp.analysis.retransmission'

EXIT STATUS
  0 done; 1 the input failed; 2 wrong usage
""",
    "cli.help.follow": """\
NAME
  tcptui follow: {summary}

SYNOPSIS
  tcptui follow FILE --stream N [--side client|server|both]
                [--hex | --decoded [--id ID] | --raw]
  tcptui follow FILE -Y FILTER [--hex | --decoded]

DESCRIPTION
  Writes the bytes that both ends sent, in order and without repeats. Gaps in
  the capture are marked where they are. The output cannot control a terminal,
  except with --raw, which writes the bytes unchanged. Text, --hex and --raw
  include passwords and tokens as they were sent; --decoded removes those that
  have a known name or form, as all other commands do.

OPTIONS
  --stream N     the connection, counted from 0
  -Y FILTER, --display-filter FILTER
                 each connection with a matching packet
  --side SIDE    client, server or both (default)
  --hex          a hex dump, with offsets
  --decoded      messages, with their bodies decoded
  --id ID        with --stream: one HTTP/2 request, as listed by
                 tcptui requests FILE --jsonl
  --raw          with one side: the bytes, for a file or a pipe

LIMITS
  --decoded decodes the first 5,000 messages of a connection. Text that a few
  captured bytes expand to (HPACK, gzip) is written up to 2 KiB per part. Beyond
  that, the total is at most 256 MiB plus 16 bytes per captured byte. Parts that
  are cut end in … and are counted at the end.

EXAMPLES
  tcptui follow a.pcap --stream 0
  tcptui follow a.pcap --stream 0 --side server --raw > response.bin

EXIT STATUS
  0 done; 1 the input failed; 2 wrong usage
""",
    "cli.help.check": """\
NAME
  tcptui check: {summary}

SYNOPSIS
  tcptui check FILTER [--json]

DESCRIPTION
  Checks a filter in Wireshark's display filter language, as tshark 4.0 would.
  A wrong filter: where the mistake is, and what was probably meant; a capture
  filter is translated. A right one: the fields that it reads, what it costs,
  and traps, such as a field that every TCP packet has.

OPTIONS
  --json         one JSON object

EXAMPLES
  tcptui check 'tcp.flags.syn == 1 && ip.addr == 10.0.0.0/8'
  tcptui check 'tcp port 80 and host 10.0.0.1'

EXIT STATUS
  0 the filter is valid; 1 it is not; 2 wrong usage
""",
    "cli.help.fields": """\
NAME
  tcptui fields: {summary}

SYNOPSIS
  tcptui fields [WORD]

DESCRIPTION
  Lists name, type, whether it repeats, unit, whose field it is (Wireshark's or
  tcptui's) and meaning, separated by tabs. WORD is part of a name or meaning.

EXAMPLES
  tcptui fields retransmission
  tcptui fields tcptui.

EXIT STATUS
  0 done; 1 no field matches; 2 wrong usage
""",
    "cli.help.cases": """\
NAME
  tcptui cases: {summary}

SYNOPSIS
  tcptui cases [WORD…] [--json]

DESCRIPTION
  Lists the cases: small recorded captures with a story, questions and answers.
  With words, only the cases about them: a finding, a term, part of a title.
  Open one with tcptui case ID.

OPTIONS
  --json         one JSON object, with the path of each capture

EXAMPLES
  tcptui cases zero-window

EXIT STATUS
  0 done; 1 no case matches; 2 wrong usage
""",
    "cli.help.case": """\
NAME
  tcptui case: {summary}

SYNOPSIS
  tcptui case ID [-n] [-t]

DESCRIPTION
  Opens a case on the screen. ] and [ go to the next and the previous step, r
  reveals the answer, ? shows the help. tcptui cases lists the ids.

OPTIONS
  -n             ports and hosts as numbers
  -t             hide times

EXAMPLES
  tcptui case hello-service

EXIT STATUS
  0 done; 1 there is no such case, or no terminal; 2 wrong usage
""",
    "cli.help.recover": """\
NAME
  tcptui recover: {summary}

SYNOPSIS
  tcptui recover
  tcptui recover N|NAME -w FILE [--overwrite]
  tcptui recover [N|NAME] --delete [--yes]

DESCRIPTION
  A live capture that was not saved survives a lost connection, a crash and
  kill -9. Without options, lists the captures that are left, oldest first.

OPTIONS
  -w FILE        save one of them
  --overwrite    FILE may be replaced
  --delete       delete one of them, or all
  --yes          do not ask

EXAMPLES
  tcptui recover 1 -w kept.pcap

EXIT STATUS
  0 done; 1 nothing to recover, or it failed; 2 wrong usage
""",
    "cli.help.completion": """\
NAME
  tcptui completion: {summary}

SYNOPSIS
  tcptui completion bash|zsh|fish

DESCRIPTION
  Writes a script that completes commands, options, capture files (by their
  extensions), findings, fields, cases and interfaces.

EXAMPLES
  source <(tcptui completion bash)
  tcptui completion zsh > ~/.zfunc/_tcptui
  tcptui completion fish > ~/.config/fish/completions/tcptui.fish

EXIT STATUS
  0 done; 2 wrong usage
""",
    "cli.help.man": """\
NAME
  tcptui man: {summary}

SYNOPSIS
  tcptui man [COMMAND | live | findings]

DESCRIPTION
  Writes the help of COMMAND as a man page. The wheel installs all of them, in
  English and Chinese.

EXAMPLES
  tcptui man report | man -l -

EXIT STATUS
  0 done; 2 wrong usage
""",
    "cli.help.help": """\
NAME
  tcptui help: {summary}

SYNOPSIS
  tcptui help [COMMAND | live | findings]

DESCRIPTION
  tcptui help report is the same as tcptui report --help. live: the options of a
  live capture. findings: the names for --only, --stop-on, --keep-around and
  slice.

EXIT STATUS
  0 done; 2 wrong usage
""",
    "cli.help.live": """\
NAME
  tcptui -i: {summary}

SYNOPSIS
  tcptui -i INTERFACE [OPTIONS] [BPF…]
  tcptui ssh://[user@]host/INTERFACE [OPTIONS] [BPF…]
  … | tcptui - [OPTIONS]
  tcptui [-i INTERFACE] [OPTIONS] -- CMD ARG…

DESCRIPTION
  Options and capture filter are tcpdump's, in any order. If the interface
  disappears, tcptui waits for it. -c, -s, -B and -p also work over ssh.

CAPTURE
  -i INTERFACE   where to capture; -D lists the interfaces
  -c N           stop after N packets
  -s BYTES       at most BYTES of each packet; 0 (default): whole packets
  -p             not in promiscuous mode
  -B KIB         size of the kernel's buffer; 65536 (64 MiB) by default, less on
                 hosts with less than 4 GiB of memory
  --include-own  also the SSH connection that shows this screen
  --kernel       also why this host's kernel retransmits, resets and drops; as
                 root, and not over ssh. With -w FILE it is kept in FILE.kernel
  --spool-limit SIZE, --memory-limit SIZE
                 limits of the temporary capture file and of packets in memory
                 (million bytes, or k, M, G); the oldest packets are discarded.
                 By default they depend on the free disk and memory

FILES
  -w FILE        save the capture; -w -: write pcap to standard output
  --overwrite    FILE may be replaced
  -C SIZE        start a new file once one is larger than SIZE million bytes (or
                 k, M, G: KiB, MiB, GiB): FILE, FILE1, FILE2, …
  -G SECONDS     start a new file every SECONDS; FILE is a strftime pattern
  -W COUNT       with -C: keep the newest COUNT files; with -G: stop after COUNT

FINDINGS (live, from a pipe or a file; tcptui help findings lists the names)
  --no-screen    findings as JSON lines on standard output, no screen
  --only NAME[,NAME…]         print only findings with these names
  --stop-on NAME[,NAME…]      stop when one of them appears
  --keep-around NAME[,NAME…]  save the packets around each of them to files
                 next to -w FILE.pcap: FILE-1-NAME.pcap, FILE-2-NAME.pcap, …
  --keep-seconds BEFORE[,AFTER]  how many seconds around them; default: 10,5

PROGRAM
  -- CMD ARG…    run CMD as the calling user, capture on every interface (or
                 -i), and report on its connections alone. CMD has the
                 terminal, so there is no screen; Ctrl-C goes to CMD. With -w
                 FILE the packets of its connections are saved; --json: the
                 report as JSON. Also -s, -B, -p, --no-screen, limits

SCREEN
  -Y FILTER, --display-filter FILTER    begin with this display filter
  -n             ports and hosts as numbers       -t   hide times

EXAMPLES
  sudo tcptui -i eth0 tcp port 443
  sudo tcptui -i eth0 --no-screen --only any-problem
  sudo tcptui -i eth0 -w ring.pcap -C 100 -W 10
  sudo tcptui -- curl -s https://example.com/

EXIT STATUS
  0 done; 1 the capture failed; 2 wrong usage. After -- that of CMD; 128 + N if
  signal N ended it; 126 if it cannot be run, 127 if it is not there
""",
    "cli.help.findings": """\
NAME
  tcptui help findings: {summary}

BY FAMILY
{findings}

ALSO
  a family (its warnings and errors), any-problem, warning, error, note
""",
    "cli.error.unknown-option-near": "there is no option {option}; did you mean {near}?",
    "cli.error.which-shell": "completion needs the name of a shell: {known}",
    "cli.error.which-page": "there is no page {word}; there are: {known}",
    "cli.error.meant-command": "did you mean the command {near}? (tcptui {near} --help)",
}
