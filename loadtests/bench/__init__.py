"""The hub against its peers: the same hall, one server at a time, all of them once a round (`make bench`)."""
