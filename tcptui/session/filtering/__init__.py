"""Display filters: the packets of a session that pass one, and the fields that they have.

`run.FilterRun` is the door for a whole range of packets, `live.LiveFilter` for a capture that grows,
`field_values.FieldReader` for values.  `evaluator` joins tests, `operands` computes values, `comparing` compares them;
where fields come from is known to `columns`, `tables` and `trees`, the cheapest first.
"""
