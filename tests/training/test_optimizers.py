"""Muon and AdamW as one optimizer."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from tora_core.errors import ToraError
from tora_core.training.diffusion_stage import build_model
from tora_core.training.optimizers import KernelMuon, decoder_optimizer, optimizer_for
from tora_core.training.vae import build_vae

RATES = {"learning_rate": 1e-3, "matrix_rate": 2e-3, "weight_decay": 0.1, "betas": (0.9, 0.99)}


class Net(nn.Module):
    """A matrix in a block, its bias, one of a norm, and one outside."""

    def __init__(self) -> None:
        super().__init__()
        block = nn.Module()
        block.to_q, block.norm1 = nn.Linear(4, 4), nn.Linear(4, 4, bias=False)
        self.transformer_blocks = nn.ModuleList([block])
        self.proj_out = nn.Linear(4, 4, bias=False)

    def forward(self, x):
        block = self.transformer_blocks[0]
        return self.proj_out(block.norm1(block.to_q(x)))


def stepped(net: Net, optimizer, steps: int) -> None:
    generator = torch.Generator().manual_seed(0)
    for _ in range(steps):
        optimizer.zero_grad()
        net(torch.randn(3, 4, generator=generator)).square().mean().backward()
        optimizer.step()


def test_muon_takes_the_matrices_of_blocks_and_adamw_the_rest_with_vectors_undecayed():
    net = Net()
    groups = optimizer_for(net.named_parameters(), "muon", **RATES).param_groups
    block = net.transformer_blocks[0]
    shown = [({id(p) for p in g["params"]}, g["full_rate"], g["weight_decay"]) for g in groups]
    assert shown == [
        ({id(block.norm1.weight), id(net.proj_out.weight)}, 1e-3, 0.1),
        ({id(block.to_q.bias)}, 1e-3, 0.0),
        ({id(block.to_q.weight)}, 2e-3, 0.1),
    ]


def test_muon_steps_are_orthogonal_and_as_large_as_adams():
    net = Net()
    matrix = net.transformer_blocks[0].to_q.weight
    before = matrix.detach().clone()
    optimizer = optimizer_for(net.named_parameters(), "muon", **{**RATES, "weight_decay": 0.0})
    matrix.grad = torch.diag(torch.tensor([1.0, 0.8, 0.6, 0.4])).roll(1, 0)
    optimizer.step()
    # An orthogonal 4x4 matrix times rate x 0.2 x sqrt(4); Newton-Schulz brings singular values to within 0.7 to 1.2.
    values = torch.linalg.svdvals(before - matrix.detach()) / (2e-3 * 0.2 * 2)
    assert float(values.min()) > 0.65 and float(values.max()) < 1.25


@pytest.mark.parametrize("kind", ["muon", "adamw"])
def test_going_on_from_a_saved_state_ends_where_going_through_does(kind, tmp_path):
    torch.manual_seed(0)
    whole = Net()
    halves = copy.deepcopy(whole)
    stepped(whole, through := optimizer_for(whole.named_parameters(), kind, **RATES), 3)
    stepped(halves, first := optimizer_for(halves.named_parameters(), kind, **RATES), 3)
    torch.save(first.state_dict(), tmp_path / "state.pt")
    second = optimizer_for(halves.named_parameters(), kind, **RATES)
    second.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    stepped(whole, through, 2)
    stepped(halves, second, 2)
    for one, other in zip(whole.parameters(), halves.parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_frozen_base_leaves_muon_nothing():
    model = build_model(1)
    model.learn("tora")
    assert len(optimizer_for(model.named_parameters(), "muon", **RATES).parts) == 1


def test_what_does_not_fit_is_refused(monkeypatch):
    net = Net()
    with pytest.raises(ToraError, match="expected one of muon, adamw"):
        optimizer_for(net.named_parameters(), "sgd", **RATES)
    both = optimizer_for(net.named_parameters(), "muon", **RATES)
    alone = optimizer_for(net.named_parameters(), "adamw", **RATES)
    with pytest.raises(ToraError, match="of 1 optimizers, expected 2"):
        both.load_state_dict(alone.state_dict())
    monkeypatch.delattr(torch.optim, "Muon")
    with pytest.raises(ToraError, match="--optimizer adamw"):
        optimizer_for(net.named_parameters(), "muon", **RATES)


@pytest.mark.parametrize("layout", [torch.channels_last_3d, torch.contiguous_format])
def test_muon_steps_kernels_as_matrices_of_a_row_an_output(layout):
    torch.manual_seed(0)
    conv = nn.Conv3d(8, 12, 3)
    conv.weight.data = conv.weight.data.to(memory_format=layout)
    grad = torch.randn(12, 8, 3, 3, 3)
    matrix = nn.Parameter(conv.weight.detach().clone().flatten(1))
    plain = torch.optim.Muon([matrix], lr=1e-2, weight_decay=0.0, adjust_lr_fn="match_rms_adamw")
    matrix.grad = grad.flatten(1)
    plain.step()
    conv.weight.grad = grad
    muon = KernelMuon([conv.weight], 1e-2)
    muon.step()
    # Orthogonalisation does not care for the order of columns, but in bfloat16 it rounds in another order.
    assert torch.allclose(conv.weight.flatten(1), matrix, atol=3e-4)
    muon.zero_grad()
    assert conv.weight.grad is None
    with pytest.raises(ToraError, match="not stored in one piece"):
        KernelMuon([nn.Parameter(torch.zeros(8, 8, 6, 3)[..., ::2])], 1e-2)


def test_the_decoder_s_large_kernels_go_to_muon_and_what_draws_pixels_does_not():
    from tora_core.training.vae_stage import channels_last

    decoder = build_vae().decoder
    channels_last(decoder)
    adam, muon = decoder_optimizer(decoder, kernel_rate=3e-3, learning_rate=1e-3).param_groups
    assert (adam["full_rate"], muon["full_rate"]) == (1e-3, 3e-3)
    given = {id(p) for p in adam["params"]}
    assert id(decoder.conv_out.conv.weight) in given and id(decoder.norm_out.norm_layer.weight) in given
    assert id(decoder.conv_in.conv.weight) not in given
    assert len(adam["params"]) + len(muon["params"]) == len(list(decoder.parameters()))
