"""Reports: the results of a session as text, Markdown and JSON.

``compose``           selects and orders what a report for people contains
``summary``           the numbers and findings that reports are made of
``blocks``            headings, paragraphs, lists and tables, independent of the output format
``as_text``, ``as_markdown``, ``as_json``  the formats
``json_findings``, ``json_event``, ``json_text``  JSON, with exact times (never through a float)
``verdicts``          one JSON line per frame (rules/verdicts-format.md)
``follow``            the bytes of a connection as text
``link_names``        names of link types

Text from a capture is never interpreted as markup.  rich prints to terminals, by ``as_text`` alone.
"""
