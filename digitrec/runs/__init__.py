"""Runs: what is trained, what happened to it, and which process works on it. Each run is a folder."""

__all__ = [
    "architectures",
    "config",
    "history",
    "jobs",
    "measurements",
    "processes",
    "provenance",
    "run",
    "store",
]
