"""Known conversations that lost packets, were cut or reordered: no request may have an answer of another."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "support"))
