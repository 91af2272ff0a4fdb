"""Ink, photos and images as arrays: reading, cleaning, normalising, measuring and distorting them."""
