"""A run's network over a split of a data set, and questions to its answers."""
