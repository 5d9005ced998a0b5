"""Checks with many readers and writers at the same time, with --load N."""
