"""The papers of a session: what a school prints before, signs during, and keeps after."""
