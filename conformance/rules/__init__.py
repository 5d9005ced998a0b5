"""What every exchange must keep to, whatever was asked for: pure functions of one exchange, without pytest and the run.

A rule gives the Difference of an exchange that breaks it, else None. A selection gives the exchanges that it is about.
"""
