"""One open capture: from its sources to columns and findings, in the background.

``session``           `Session`: opens, runs and closes a capture; who only reads one is given an `OpenCapture`
``pipeline``          reads spools and fills columns, a batch at a time
``worker``            the session's worker thread; ``catch_up`` is what it does in each round
``lag``               how far the session is behind the capture

Findings: ``lazy_annotator`` imports the rules on first use; ``judging`` decides which streams are judged, and when,
``stream_judge`` judges them, ``findings_cache`` stores what was found, ``bulk_findings`` finds of very many without
storing, ``shared_judging`` does so in several processes; an ``observer`` is notified as findings are stored, ``watch``
acts on them (``--stop-on``, ``--keep-around``);
``conclusions`` says what they come to for the capture as a whole.

Memory: ``retention`` bounds rows, connections and spool and evicts the oldest; ``memory`` bounds what a file may take;
``stream_cache`` has the byte streams and messages of single streams, ``graphs`` the numbers of one stream over time.

Responsiveness: ``input_priority`` (background work pauses while a key press is handled), ``jit_thread`` (compiles in
the background), ``gc_control`` (no garbage collection during imports).

Used by `ui` and `cli`.  Attributes may be read from the event loop at any time; one worker thread writes.  Must not
import textual, rich or scapy, and does not depend on the command line.
"""
