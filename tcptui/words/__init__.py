"""Sentences about findings and packets, in English and Chinese.

``catalogue``         looks sentences up by key and fills placeholders
``language``          the languages, and the choice of one by the environment
``en``                the sentences in English, one module per topic
``zh``                the same in Chinese
``finding_text``      a finding as title, explanation, evidence, alternatives
``packet_text``, ``packet_facts``  one packet: what it is, what it changes
``resend_text``, ``correction_text``, ``budget_text``, ``follow_text``  resends, corrections, time budget, follow
``explanation``       the parts of an explanation
``quantities``, ``line_breaking``  times, sizes and counts as text; lines of prose in terminal cells
``errors``, ``crash_report``  messages on standard error; a crash report without packet data

Sentences depend on ids and facts alone.  Every key exists in both languages with the same placeholders (tests).
Called by `ui`, `cli` and `lessons`.  Must not draw conclusions: a sentence that needs a new fact gets it from its rule.
"""
