"""Lessons and questions on the main screen.

``case_panel``, ``case_walk``  the story of a case, one step at a time, answers on demand
``prediction_page``   a question in words, its choices, and once answered its reason
``subject``           the finding, verdict or state under the cursor
"""
