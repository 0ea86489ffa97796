"""Parts: ready-made pieces that account classes of venues are put together from."""
