"""People of an exam as Locust plays them: who they are, what they do, and when the curtain rises and falls."""
