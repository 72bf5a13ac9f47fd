"""The benchmark: a seeded night, ours and a peer in turn, one table. `make bench`."""
