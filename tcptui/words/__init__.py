"""From findings and packets to sentences, in English and Chinese.

``catalogue``         looks sentences up by key and fills placeholders
``language``          which languages there are, and which one to speak
``en``                the sentences in English, one module a topic
``zh``                the same in Chinese
``finding_text``      a finding as title, explanation, evidence, alternatives
``packet_text``, ``packet_kind``, ``packet_facts``  one packet: what it is, what it changes
``resend_text``, ``correction_text``, ``budget_text``, ``follow_text``  resends, corrections, time budget, follow
``explanation``       what an explanation is made of
``quantities``, ``line_breaking``  amounts as people read them; lines of prose in terminal cells
``errors``, ``crash_report``  one line on standard error; a report without packet data

Words depend on ids and facts alone.  Every key exists in both languages with the same placeholders (tests).
Called by `ui` and `cli`.  Must not draw conclusions: a sentence that needs a new fact gets it from its rule.
"""
