"""Connections and their language. Knows the hub; neither a web framework nor a store."""
