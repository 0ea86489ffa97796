"""Settings: setter, reader, read-back and snapshot, from one function of a venue's row."""
