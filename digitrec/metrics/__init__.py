"""Metrics from labels and probabilities, as pure functions."""

__all__ = ["calibration", "classification", "curves", "inputs", "intervals"]
