"""Looks at the two stores for `vigie doctor`: they read, they never write, and each look has its time.

`bounded`   one look that ends in time and hides no other
`clocks`    how far a store's clock is from this machine's
`postgres`  the database server: reached, its version, durable, connections left
`schema`    the tables: who owns them, at which revision, with which guards
`redis`     the live store, each of its servers
"""
