"""Clients among others: they know the wire, never the hub's insides."""
