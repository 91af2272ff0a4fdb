"""An evaluation as blocks, tables, CSV files and HTML.

Import its modules one by one: those that draw figures import Plotly, which is slow.
"""

__all__ = [
    "blocks",
    "confidence",
    "evaluation_tables",
    "formatting",
    "html",
    "report",
    "robustness",
    "sections",
    "tables",
]
