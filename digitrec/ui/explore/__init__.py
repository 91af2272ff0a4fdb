"""The explore page's parts."""
