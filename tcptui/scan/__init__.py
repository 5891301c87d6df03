"""Many captures as tables of Parquet: what is judged of each, and a folder that says by its files what is done.

`pyarrow` (Apache-2.0, extra ``[scan]``) is imported here alone, by `arrow` and `folder`, `duckdb` (MIT, extra
``[query]``) by `ask`; scapy never beside pyarrow.
"""
