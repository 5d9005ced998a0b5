"""What a run stores, reads, looks for and removes."""
