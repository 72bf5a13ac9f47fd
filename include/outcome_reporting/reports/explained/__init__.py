"""The page of sources by block: one builder for each block of the report that holds figures."""
