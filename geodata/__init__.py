"""Get, check and write the data: office files in, checked layers and files out."""
