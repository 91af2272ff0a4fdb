"""Named data sets as read-only arrays: where they live, how they are loaded, imported and split."""
