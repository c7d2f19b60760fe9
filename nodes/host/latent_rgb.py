"""Latents to small pictures by a linear map, one colour a latent cell: what a preview can afford at every step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class LatentRgb:
    """rgb = factors^T latent + bias, for latents in the model's own scale and colours in [-1, 1].

    factors: one row (R, G, B) a latent channel; bias: (R, G, B). The same convention as the host's latent formats.
    """

    factors: Sequence[Sequence[float]]
    bias: Sequence[float]

    def pictures(self, latents: torch.Tensor) -> torch.Tensor:
        """Latents (C, F', h, w) to uint8 (F', h, w, 3) on the CPU."""
        factors = torch.tensor(self.factors, dtype=torch.float32, device=latents.device)
        bias = torch.tensor(self.bias, dtype=torch.float32, device=latents.device)
        rgb = latents.float().movedim(0, -1) @ factors + bias
        return rgb.add(1).mul(127.5).nan_to_num(0).clamp(0, 255).to(torch.uint8).cpu()


def _times(rows: Sequence[Sequence[float]], gain: float) -> list[list[float]]:
    return [[gain * value for value in row] for row in rows]


COGVIDEOX_5B = LatentRgb(
    _times(
        [
            [0.03197404301362048, 0.04091260743347359, 0.0015679806301828524],
            [0.005517101026578029, 0.0052348639043457755, -0.005613441650464035],
            [0.0012485338264583965, -0.016096744206117782, 0.025023940031635054],
            [0.01760126794276171, 0.0036818415416642893, -0.0006019202528157255],
            [0.000444954842288864, 0.006102128982092191, 0.0008457999272962447],
            [-0.010531904354560697, -0.0032275501924977175, -0.00886595780267917],
            [-0.0001454543946122991, 0.010199210750845965, -0.00012702234832386188],
            [0.02078497279904325, -0.001669617778939972, 0.006712703698951264],
            [0.005529571599763264, 0.009733929789086743, 0.001887302765339838],
            [0.012138415094654218, 0.024684961927224837, 0.037211249767461915],
            [0.0010364484570000384, 0.01983636315929172, 0.009864602025627755],
            [0.006802862648143341, -0.0010509255113510681, -0.007026003345126021],
            [0.0003532208468418043, 0.005351971582801936, -0.01845912126717106],
            [-0.009045079994694397, -0.01127941143183089, 0.0042294057970470806],
            [0.002548289972720752, 0.025224244654428216, -0.0006086130121693347],
            [-0.011135669222532816, 0.0018181308593668505, 0.02794541485349922],
        ],
        5,
    ),
    (-0.023, 0.0, -0.017),
)
"""For latents times 0.7, as 5B's family has them. Source: kijai/ComfyUI-CogVideoXWrapper (Apache-2.0), commit fdb8abd,
pipeline_cogvideox.py, CogVideoXLatentFormat; its sampler multiplies the latents by 5 before it applies them. Not
checked here against the real VAE, whose weights are not part of this project."""
