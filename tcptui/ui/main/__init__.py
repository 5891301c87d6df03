"""The main screen: connections, timeline, headers and bytes, explanation.

``screen``, ``base_screen``  the commands; what the screen is made of and how it keeps up with its session
``workspace``         the panes together: what is selected in one is what the next one shows
``pane_specs``        the panes, one row each; keys, titles, layout and hints follow from it
``layout``, ``panes``  where each pane goes, and which one is in front

Connections: ``columns`` (one row each), ``column_widths``, ``connection_list``, ``connection_index``,
``connection_sorter``
Timeline: ``timeline``, ``arrow_text``, ``state_text``, ``payload_preview``, ``packet_severity``
One packet: ``header_pane``, ``hex_pane``, ``explain_pane``, ``budget_bar``, ``corrections``, ``state_moves``
Finding things: ``prompt_line``, ``go_to``, ``hints``
``learning``          cases and predictions on this screen
"""
