"""The sentences in Chinese: the same modules, keys and placeholders as `tcptui.words.en`.

Written in Chinese, not translated word by word; terms as in glossary.md.  Full-width punctuation, a space between
Chinese and Latin letters or digits, abbreviations and states in Latin letters.
"""
