"""The version, in this one place: the build, `digitrec.__version__` and `digitrec --version` read it here."""

__version__ = "0.2.0"
