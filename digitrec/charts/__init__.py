"""Finished numbers as figures; nothing is computed here.

Import its modules one by one: Plotly and Altair are slow to import. Plotly draws finished numbers, Altair curves
that grow: Streamlit mounts a Plotly chart anew at each change, but not an Altair chart with a key.
"""

__all__ = [
    "confusion",
    "costs",
    "curve_points",
    "data",
    "distributions",
    "history",
    "live_curves",
    "metrics",
    "range_test",
    "robustness",
    "search",
    "slices",
    "style",
]
