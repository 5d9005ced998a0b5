"""Loads the plugin that makes `pytest` run the conformance suite."""

pytest_plugins = ["conformance.harness.run.plugin"]
