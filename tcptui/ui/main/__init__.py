"""The main screen: connections, timeline, headers and bytes, explanation.

``screen``            its widgets, its keys, and when it looks at the session
``controller``, ``controllers``  what a controller is; the table of them, one for each concern:
``live``, ``lines``, ``listing``, ``viewing``, ``lessons``, ``filtering``, ``filter_saying``, ``filter_prompt``,
``filter_names``, ``own_columns``, ``noting``, ``naming``, ``copied``, ``verdicts``, ``traffic``, ``seeking``,
``going``, ``searching``, ``saving``, ``touring``, ``stream_pages``, ``capture_pages``, ``guiding``, ``carrying``
``workspace``, ``fetch``  the panes together: each shows what is selected in the one before
``pane_specs``        the table of panes, from which keys, titles and hints are made
``pane_protocols``    what the widget of a pane may have
``layout``, ``panes``  the table of layouts: where each pane goes; and which one is in front

Connections: ``columns`` (one row each), ``column_names``, ``column_widths``, ``connection_list``, ``connection_index``
Timeline: ``timeline``, ``timeline_rows``, ``timeline_columns``, ``arrow_text``, ``request_lines``, ``state_text``,
``packet_severity``, ``corrections``
Display filter: ``filter_work`` (in a thread), ``matching`` (the answer), ``filter_report`` (what is said),
``filter_menu``, ``under_cursor``, ``completing``;
``filter_form``, ``form_rows`` (in words)
One packet: ``header_pane``, ``hex_pane``, ``explain_pane``, ``budget_bar``, ``state_moves``
Input and hints: ``prompt_line``, ``go_to``, ``hints``; ``status_of``: what the first line tells
"""
