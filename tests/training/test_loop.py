"""What all stages share: schedule, resume, stop rules, the loss curve."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from tora_core import ToraError
from tora_core.errors import CheckpointError
from tora_core.training.curve import draw_loss_curve, read_log, smoothed
from tora_core.training.ema import Ema
from tora_core.training.loop import Schedule, Stage, autocast, generator_for


def test_the_rate_goes_up_stays_and_goes_down_to_zero():
    schedule = Schedule(steps=100, warm_up=10, decay=0.2)
    assert [schedule.factor(step) for step in (0, 4, 9, 50, 80)] == pytest.approx([0.1, 0.5, 1, 1, 1])
    assert schedule.factor(90) == pytest.approx(0.5)
    assert schedule.factor(99) == pytest.approx(0.05)


@pytest.mark.parametrize("wrong", [{"steps": 0}, {"decay": 1.5}, {"ema": 1.0}, {"clip": 0}, {"log_every": 0}])
def test_schedules_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ToraError):
        Schedule(**wrong)


def test_a_step_draws_the_same_whatever_was_drawn_before():
    first = torch.rand(3, generator=generator_for(1, 7))
    torch.rand(5)
    assert torch.equal(first, torch.rand(3, generator=generator_for(1, 7)))
    assert not torch.equal(first, torch.rand(3, generator=generator_for(1, 8)))
    assert not torch.equal(first, torch.rand(3, generator=generator_for(2, 7)))


class Line:
    """A stage that learns one weight towards 3 from noisy targets."""

    def __init__(self, out: Path, steps: int = 40, spoil: int | None = None) -> None:
        torch.manual_seed(0)
        self.model = nn.Linear(1, 1)
        optimizer = torch.optim.AdamW([{"params": list(self.model.parameters()), "full_rate": 0.05}], lr=0.05)
        schedule = Schedule(steps=steps, warm_up=2, ema=0.5, log_every=5, save_seconds=1e9)
        self.exported: list[torch.Tensor] = []
        self.spoil = spoil
        self.stage = Stage(
            out,
            [self.model],
            self.model,
            optimizer,
            schedule,
            {"name": "line"},
            lambda ema: self.exported.append(ema.values["weight"].clone()),
            report=lambda text: None,
        )

    def losses(self, step: int) -> dict[str, torch.Tensor]:
        x = torch.randn(8, 1, generator=generator_for(0, step))
        loss = (self.model(x) - 3 * x).square().mean()
        return {"loss": loss * float("nan") if step == self.spoil else loss, "twice": 2 * loss}

    def run(self, **options) -> bool:
        return self.stage.run(self.losses, **options)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stage_that_was_stopped_goes_on_to_exactly_the_same_weights(tmp_path, number):
    whole = Line(tmp_path / "whole")
    assert whole.run()
    part = Line(tmp_path / "part")
    before = signal.getsignal(signal.SIGINT)

    def killed(step: int) -> dict[str, torch.Tensor]:
        if step == 16:
            signal.raise_signal(number)
        return part.losses(step)

    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # as in a program that a shell started in the background
        with pytest.raises(KeyboardInterrupt):
            part.stage.run(killed)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
    rest = Line(tmp_path / "part")
    assert rest.stage.step == 17
    assert rest.run()
    assert torch.equal(rest.model.weight, whole.model.weight)
    assert torch.equal(rest.exported[-1], whole.exported[-1])
    steps = [json.loads(row)["step"] for row in (tmp_path / "part" / "log.jsonl").read_text().splitlines()]
    assert steps == [5, 10, 15, 20, 25, 30, 35, 40]


def test_a_stage_learns_and_logs_every_figure(tmp_path):
    line = Line(tmp_path, steps=200)
    line.run()
    values = read_log(tmp_path / "log.jsonl")[1]
    assert values[-1] < 0.2 * values[0]
    assert np.allclose(read_log(tmp_path / "log.jsonl", "twice")[1], 2 * values, atol=1e-5)
    assert json.loads((tmp_path / "recipe.json").read_text())["steps_done"] == 200
    assert (tmp_path / "loss.png").exists()


def test_time_ends_a_run_but_not_the_stage(tmp_path):
    line = Line(tmp_path)
    assert line.run(stop_after=0.0) is False
    assert line.stage.step == 0
    assert Line(tmp_path).run() is True


def test_a_loss_that_is_no_number_stops_the_stage_and_leaves_the_last_state(tmp_path):
    line = Line(tmp_path, steps=10)
    line.run()
    spoiled = Line(tmp_path, steps=20, spoil=12)
    with pytest.raises(ToraError, match="step 12"):
        spoiled.run()
    assert Line(tmp_path, steps=20).stage.step == 10


def test_a_loss_that_climbs_far_above_its_best_stops_the_stage(tmp_path):
    line = Line(tmp_path, steps=2000)
    with pytest.raises(ToraError, match="climbed"):
        line.stage.run(lambda step: {"loss": line.losses(step)["loss"] + (50.0 if step > 1000 else 1.0)})
    assert line.stage.step < 1100


def test_a_state_of_something_else_is_refused_in_words(tmp_path):
    Line(tmp_path).run()
    model = nn.Linear(2, 1)
    optimizer = torch.optim.AdamW([{"params": list(model.parameters()), "full_rate": 0.1}], lr=0.1)
    with pytest.raises(CheckpointError, match="another folder"):
        Stage(tmp_path, [model], model, optimizer, Schedule(), {}, lambda ema: None)


def test_samples_are_drawn_at_the_steps_asked_for(tmp_path):
    line = Line(tmp_path, steps=10)
    line.stage.schedule = Schedule(steps=10, sample_every=4, log_every=5)
    seen: list[int] = []
    line.stage.run(line.losses, lambda ema, step: seen.append(step))
    assert seen == [4, 8]


def test_averages_of_other_weights_are_not_taken_over():
    ema = Ema(nn.Linear(1, 1), 0.5)
    with pytest.raises(KeyError):
        ema.load({"other": torch.zeros(1)}, 3)


def test_half_written_rows_of_a_log_are_left_out(tmp_path):
    log = tmp_path / "log.jsonl"
    log.write_text('{"step": 1, "loss": 2.0}\n{"step": 2, "loss": NaN}\n{"step": 3}\n{"step": 4, "lo')
    steps, values = read_log(log)
    assert steps.tolist() == [1] and values.tolist() == [2]
    assert len(read_log(tmp_path / "none")[0]) == 0


def test_smoothing_is_the_mean_of_the_last_values():
    assert smoothed(np.array([1.0, 3.0, 5.0, 7.0]), 2).tolist() == [1, 2, 4, 6]


@pytest.mark.parametrize("values", [[1.0], [2.0, 2.0], [1e-12, 1e6]])
def test_any_curve_can_be_drawn(values):
    picture = draw_loss_curve(np.arange(1, len(values) + 1, dtype=float), np.array(values))
    assert picture.shape == (360, 640, 3)
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 4


def test_precision_by_name_and_nothing_else():
    with autocast(torch.device("cpu"), "float32"):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32
    with autocast(torch.device("cpu"), "bfloat16"):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.bfloat16
    with pytest.raises(ToraError):
        autocast(torch.device("cpu"), "int4")
