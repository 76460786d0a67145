"""How the hub grows: what it costs as one thing becomes more and everything else stays."""
