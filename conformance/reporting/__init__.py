"""Everything that people and tools read, as pure functions of results.json."""
