"""LoRA files for CogVideoX in every style they are published in: recognised, explained, applied and converted.

`open_lora` looks at a file's header, `read_lora` reads it as changes of the network's own weights, with a report of
what acts and what doesn't. A file a style: `diffusers`, `kohya`, `videox_fun`, `sat`, `native`.
"""

from .file import LoraFile, open_lora
from .lora import Change, Lora, read_lora
from .merge import apply_loras, merged, network_shapes
from .report import LoraReport
from .saving import native_state, save_native

__all__ = [
    "Change",
    "Lora",
    "LoraFile",
    "LoraReport",
    "apply_loras",
    "merged",
    "native_state",
    "network_shapes",
    "open_lora",
    "read_lora",
    "save_native",
]
