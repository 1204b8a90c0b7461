"""Writing: vectors, rasters, tables and packs, whole or not at all."""
