"""One builder for each of the seven blocks: facts of a year in, a `Block` of plain values out."""
