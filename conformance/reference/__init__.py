"""The embedded origin server: the Studies Service of PS3.18 over a folder, for tests and for developing clients.

It shares no code with the judging part of the suite, so that both cannot share a misreading.
"""
