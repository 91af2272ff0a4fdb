"""What the Search page is made of."""
