"""Corrupted and attacked images, and how well a network reads them."""
