"""A real viewer in a browser of this machine, driven and looked at."""
