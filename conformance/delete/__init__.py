"""Checks of DELETE, which no edition of PS3.18 has: scored if it is claimed."""
