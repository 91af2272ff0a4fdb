"""Where things lie, for tests in whatever folder."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]  # of the checkout
DASHBOARD = ROOT / "digitrec" / "ui" / "dashboard.py"
