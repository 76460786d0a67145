"""Many rooms for a long time: whether anything of the hub or its stores grows that should not."""
