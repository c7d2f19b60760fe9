"""The room is light: importing it loads no heavy library."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import tora_core


def test_importing_and_sampling_loads_neither_torch_nor_cv2() -> None:
    code = (
        "import sys; from tora_core.trajectory import Trajectory; "
        "Trajectory.from_points([[(0, 0), (9, 9), (0, 5)]], width=8, height=8, frames=5).sample(); "
        "print([name for name in ('torch', 'cv2', 'jsonschema', 'diffusers') if name in sys.modules])"
    )
    home = Path(tora_core.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=home)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
