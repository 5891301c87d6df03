"""The rows of the registry of fields, one module for each family of protocols; read through `tcptui.model.fields`."""
