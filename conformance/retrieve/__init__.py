"""Checks of the Retrieve transaction (PS3.18 10.4), one file per topic."""
