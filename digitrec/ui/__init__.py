"""The dashboard: everything that knows Streamlit.

Import its modules one by one: Streamlit is slow to import.
"""
