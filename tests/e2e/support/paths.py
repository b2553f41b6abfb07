"""Where things are."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BINARY = Path(os.environ.get("CAMNODE_BIN", ROOT / "build/dev/camnode"))
