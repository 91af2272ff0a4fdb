"""Why an image was read so, and what is unusual in it."""
