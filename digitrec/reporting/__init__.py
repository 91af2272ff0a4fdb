"""An evaluation as blocks, tables, CSV files and HTML.

`confidence`, `robustness`, `sections` and `report` import Plotly, which is slow: import them where they are used.
"""

from digitrec.reporting import coach_texts, comparison_texts, curve_files, evaluation_tables, health_texts, tables
from digitrec.reporting.blocks import (
    Block,
    Figure,
    Gallery,
    Heading,
    Number,
    Numbers,
    Pair,
    Strong,
    TableBlock,
    Text,
    caption,
)
from digitrec.reporting.evaluation_tables import LazyTable
from digitrec.reporting.evaluation_texts import (
    CORRUPTION_TEXTS,
    describe_note,
    describe_outdated,
    describe_slice,
    list_attack,
    list_robustness,
)
from digitrec.reporting.formatting import (
    UNKNOWN,
    describe_config,
    format_confidence,
    format_duration,
    format_interval,
    format_probability,
    format_setting,
    format_setting_value,
    format_share,
)
from digitrec.reporting.tables import Area, Cell, Interval, Loss, Probability, Share, Table, format_cell

__all__ = [
    "CORRUPTION_TEXTS",
    "UNKNOWN",
    "Area",
    "Block",
    "Cell",
    "Figure",
    "Gallery",
    "Heading",
    "Interval",
    "LazyTable",
    "Loss",
    "Number",
    "Numbers",
    "Pair",
    "Probability",
    "Share",
    "Strong",
    "Table",
    "TableBlock",
    "Text",
    "caption",
    "coach_texts",
    "comparison_texts",
    "confidence",
    "curve_files",
    "describe_config",
    "describe_note",
    "describe_outdated",
    "describe_slice",
    "evaluation_tables",
    "format_cell",
    "format_confidence",
    "format_duration",
    "format_interval",
    "format_probability",
    "format_setting",
    "format_setting_value",
    "format_share",
    "health_texts",
    "list_attack",
    "list_robustness",
    "report",
    "robustness",
    "sections",
    "tables",
]
