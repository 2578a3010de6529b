"""Readers: MNIST from IDX and PNG files, in folders and archives."""
