"""Is the data right? Expectations from the contracts, references between datasets, control totals."""
