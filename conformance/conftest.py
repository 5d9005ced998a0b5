"""Says how the suite is started, if pytest collects it without its plugin: by --pyargs, from an installed package."""

from __future__ import annotations

import pytest

PLUGIN = "conformance.harness.run.plugin"


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Collect nothing without the plugin."""
    return None if config.pluginmanager.hasplugin(PLUGIN) else True


def pytest_collection_modifyitems(config: pytest.Config) -> None:
    """End the session with one sentence without the plugin (exit code 4)."""
    if not config.pluginmanager.hasplugin(PLUGIN):
        how = f"dicomweb-conformance run, or by pytest -p {PLUGIN} --pyargs conformance"
        raise pytest.UsageError(f"the checks need the plugin of the suite, so start them by {how}")
