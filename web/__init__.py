"""The outside world of the hub: HTTP, pages, the command line, and the composition of the real parts."""
