"""The pytest plugin: which checks run, what they conclude, and what is written of it."""
