"""Checks of the Store transaction (PS3.18 10.5), one file per topic."""
