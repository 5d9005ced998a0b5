"""Checks of what viewers and client libraries send, byte for byte, and of what they need in the response.

The needs, and who has each, are in `requirements/viewers.toml`. They are judged beside the verdict (`--also viewers`).
"""
