"""Corrupted and attacked images, and the accuracy of a network on them."""

__all__ = ["corruptions", "fast_gradient", "scores", "transforms"]
