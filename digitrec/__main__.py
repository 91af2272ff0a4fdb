"""`python -m digitrec`: the command line."""

import sys

from digitrec.cli.main import main

sys.exit(main())
