"""The lean swarm: ten thousand candidates and their dashboards held by one process, for measuring."""
