"""The sentences in English: ``WORDS`` of each module, keys by module name.

Keys are dotted and start with the module's name up to its first underscore: ``findings.zero-window.title`` is in a
module whose name starts with ``findings``.  A module is imported when its first sentence is wanted.  Placeholders are facts of
the rule; ``{count:packet|packets}`` chooses singular or plural.  Terms: glossary.md.
"""
