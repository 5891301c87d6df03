"""The numbers behind the graphs of one connection; `tcptui.charts` draws them."""
