"""The main screen: connections, timeline, headers and bytes, explanation.

``screen``, ``base_screen``  the commands; the screen's widgets and their updates from the session
``status_of``, ``seeking``, ``naming``  what the first line tells; jumps to problems; names by DNS answers
``workspace``, ``fetch``  the panes together: each shows what is selected in the one before
``pane_specs``        the table of panes, from which keys, titles and hints are made
``layout``, ``panes``  the table of layouts: where each pane goes; and which one is in front

Connections: ``columns`` (one row each), ``column_names``, ``column_widths``, ``connection_list``, ``connection_index``,
``connection_sorter``
Timeline: ``timeline``, ``timeline_rows``, ``timeline_columns``, ``arrow_text``, ``request_lines``, ``state_text``,
``payload_preview``, ``packet_severity``, ``corrections``
Display filter: ``filtering``, ``filter_names`` (the commands), ``filter_work`` (in a thread), ``matching`` (the
answer), ``filter_report`` (what is said), ``filter_menu``, ``under_cursor``, ``completing``;
``filter_form``, ``form_rows`` (in words)
One packet: ``header_pane``, ``hex_pane``, ``explain_pane``, ``budget_bar``, ``state_moves``
Input and hints: ``prompt_line``, ``go_to``, ``hints``
``saving``            packets of a running capture
``learning``          cases and predictions on this screen
"""
