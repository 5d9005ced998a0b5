"""Checks of the Search transaction (PS3.18 10.6, PS3.4 C.2.2.2), one file per topic."""
