"""From an image to probabilities to a verdict, with LiteRT."""
