"""Widgets that several screens use; each draws only the lines on screen.

``painted_lines``     a scrolling widget that repaints only lines that look different
``virtual_list``      a list of any length
``document``          a page of text
``one_line``          status bar, tabs, key hints, titles
"""
