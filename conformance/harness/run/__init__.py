"""The pytest plugin: it selects the checks of a run, concludes their verdicts, and writes the reports."""
