"""Checks of the Retrieve transaction (PS3.18 10.4), a file a topic."""
