"""An evaluation as tables, CSV and HTML."""
