"""Reports: what a session knows as text, Markdown and JSON.

``compose``           what a person needs to know of a capture, in order
``summary``, ``measures``  the values that a report is made of
``blocks``            headings, paragraphs, lists and tables before they have a format
``as_text``, ``as_markdown``, ``as_json``  the formats
``json_connections``, ``json_findings``, ``json_event``, ``json_text``  JSON, with times exact to the digit
``verdicts``          one JSON line a frame (rules/verdicts-format.md)
``follow``            a conversation as text
``link_names``        names of link types

Nothing that a capture says becomes markup.  rich is imported by ``as_text`` alone.
"""
