"""The tools for writing a check: @check, expect (judges), given (preconditions), stow (bodies), instances (data)."""

from conformance.kit.checks import check

__all__ = ["check"]
