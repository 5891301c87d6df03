"""Words of graph on the command line."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.help.graph": """\
NAME
  tcptui graph: {summary}

SYNOPSIS
  tcptui graph FILE --stream N [--kind KIND] [--side client|server]
               [--text | --csv | --svg OUT]

DESCRIPTION
  Draws one connection over time. The data are the client's, the server's, or
  without --side of both. Why a segment was sent again is tcptui's judgement,
  all other numbers are Wireshark's unless it says otherwise.

KINDS
  sequence    the time-sequence graph, the default: segments, each that was sent
              again with its cause, ACKs, the window's edge, SACK blocks, gaps
  throughput  bytes sent, and bytes acknowledged, per second
  rtt         every round-trip time, smoothed as RFC 6298 says, the handshake's
  window      the receive window against the bytes in flight
  flight      the bytes in flight, counted as Wireshark does and without all
              that SACK reported, and the congestion window where it shows

OPTIONS
  --stream N  the connection's number (tcp.stream)
  --text      a picture in characters, the default
  --svg OUT   a picture as SVG, light and dark, without script; - for standard
              output. A file that is there already is not written over
  --csv       a line of names, then a line each; empty where nothing is known.
              time,side,frame and, by kind:
                sequence    kind,low,high,cause
                throughput  bytes_per_s,acked_per_s
                rtt         rtt,smoothed
                window      window,in_flight
                flight      in_flight,in_flight_sack,cwnd
              Times are seconds, "time" counts from the connection's first
              packet. "side" is whose data it is about, "frame" the packet that
              tells it: an ACK's frame is the other side's. window and in_flight
              are tcp.window_size and tcp.analysis.bytes_in_flight
  --spreadsheet-safe
              as in tcptui packets; the cells here are numbers and words of
              tcptui, which no spreadsheet takes for a formula

EXAMPLES
  tcptui graph a.pcap --stream 3
  tcptui graph a.pcap --stream 3 --kind rtt --side server --csv
  tcptui graph a.pcap --stream 3 --svg stalls.svg

EXIT STATUS
  0 done; 1 the input failed or OUT is there already; 2 wrong usage
""",
    "cli.error.kind": "--kind {value}: there are {known}",
}
