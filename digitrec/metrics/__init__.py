"""Numbers from labels and probabilities: pure functions."""
