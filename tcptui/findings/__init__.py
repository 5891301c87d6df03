"""The rules that turn what is known of a stream into findings, and the catalog of all findings.

``catalog``, ``spec``  one row for each id: family, needs, causes, eviction, term, case
``finding_filter``    the findings that a command-line option selects
``facts``             one stream as the rules read it: `ConnectionFacts`, `RuleContext`
``stream_columns``    the stream's columns as plain integers, and the segments with SYN, FIN, RST, ECE or CWR
``gates``             what a stream contains, as a bitmask; each rule runs only on streams that have one of its bits
``rules``             the rules, one module a topic
``annotate``          runs them on one stream; capture quality lowers confidence, causes turn symptoms into notes
``batch_evaluation``  the same for streams that are alike, thousands at a time
``evicted``           the findings of a stream whose first packets were evicted
``http_facts``, ``icmp_quote``, ``rtt_vs_flight``  facts that several rules share

A finding is an id, the packets that prove it, facts, severity, confidence and alternatives; it has no text.
`annotate` is a pure function.  The rule book is rules/findings.md; a test compares its thresholds with the code.

Called by `session` for all streams, by `lessons` and `cli` through it.  Imports `protocols`, `analysis`, `wire`,
`model`; must not know sentences, sessions or screens.
"""
