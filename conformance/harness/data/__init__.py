"""The data of a run: stored, read, searched for and removed."""
