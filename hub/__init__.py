"""The rules of an exam room: pure but for `service`, and importing nothing of ours."""
