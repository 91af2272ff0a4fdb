"""The command `digitrec`."""
