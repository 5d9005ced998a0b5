"""The embedded origin server: the Studies Service of PS3.18 over a folder, for tests and for developing clients.

It shares no code with the part of the suite that judges, so that the judge and the judged cannot share a misreading.
"""
