"""Named data sets as read-only arrays: where they are, how they are loaded, imported and split.

Import its modules one by one: `loading` also imports SciPy, which takes a second.
"""

__all__ = [
    "catalogue",
    "import_arrays",
    "import_file",
    "import_pictures",
    "loading",
    "pen_digits",
    "splits",
    "statistics",
    "user_datasets",
    "user_drawings",
]
