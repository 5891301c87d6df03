"""From facts to findings: which rules exist, what each needs, what it says of a connection.

``catalog``, ``spec``  one row for each id: family, needs, causes, eviction, term, case
``finding_filter``    which findings an option means
``facts``             one stream as the rules read it: `ConnectionFacts`, `RuleContext`
``stream_columns``    its columns as plain integers, and the segments with telling flags
``gates``             what a stream has, as bits; a rule names those without which it has nothing to say
``rules``             the rules, one module a topic
``annotate``          runs them on one stream; capture quality lowers confidence, causes silence symptoms
``bulk``              the same for ordinary short connections, thousands at a time
``evicted``           what may still be said once a stream's first packets were evicted
``http_facts``, ``icmp_quote``, ``rtt_vs_flight``  facts that several rules share

A finding is an id, packets that prove it, facts, severity, confidence and alternatives: no words.  `annotate` is pure.
The rule book is rules/findings.md; its thresholds are held to the code by a test.

Called by `session` for all streams, by `lessons` and `cli` through it.  Imports `protocols`, `analysis`, `wire`,
`model`; must not know sentences, sessions or screens.
"""
