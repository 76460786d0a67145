"""The first revision's SQL, frozen: later revisions alter what it made, nobody edits it.

`tables` what exists, `guards` what the database refuses by itself, `grants` what the hub's own role may do.
"""
