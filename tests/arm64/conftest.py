"""The end-to-end tests' support, and a story of what was seen, which stands in the report."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
