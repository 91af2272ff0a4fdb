"""Finished numbers as figures; nothing is computed here.

Import its modules one by one: Plotly and Altair are slow to import.
"""
