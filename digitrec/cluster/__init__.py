"""Jobs on a Dask cluster: what they need goes there, what comes of them comes back as from a worker here.

Import its modules one by one: Dask takes a second to import, and is not installed everywhere.
"""

__all__ = ["agent", "connection", "jobs", "pages", "remote"]
