"""The stores behind the hub's ports: Postgres for decisions, Redis for order and the live view."""
