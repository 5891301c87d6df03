"""``report --html``: one page that needs no script, no network and no program.

``page``     the whole page, from a summary; the bars of where the time went
``ladder``   the packets of a connection between its two ends, as SVG
``markup``   elements whose text is always escaped
``style``    the style sheet, whose hash the page's policy allows
"""
