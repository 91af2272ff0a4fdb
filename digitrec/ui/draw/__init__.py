"""The draw page's parts."""
