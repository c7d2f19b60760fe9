"""What every training stage shares: schedule, EMA, clipping, checkpoints, log, progress bar, loss curve.

A stage is a function from the step's number to losses. All it draws comes from generators seeded by (seed, step), so a
stage that was killed goes on from its last checkpoint as if nothing had happened.
"""

from __future__ import annotations

import json
import math
import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ..checkpoints.saving import replacing
from ..errors import CheckpointError, ToraError
from .curve import write_loss_curve
from .ema import Ema
from .optimizers import Together

COLLAPSE = 3.0
"""A stage stops when its smoothed loss is so many times its lowest (the sparse stage is known to collapse)."""

SMOOTHING = 0.98
STATE = "state.pt"
LOG = "log.jsonl"
CURVE = "loss.png"
PRECISIONS = ("auto", "float32", "bfloat16")


@dataclass(frozen=True)
class Schedule:
    """Steps and learning rate: up over `warm_up`, full, down to zero over the last `decay` share of the steps."""

    steps: int = 1000
    warm_up: int = 50
    decay: float = 0.3
    clip: float = 1.0
    ema: float = 0.998
    seed: int = 0
    log_every: int = 20
    save_seconds: float = 180.0
    sample_every: int = 500
    """Steps between strips of samples; 0 for none."""

    def __post_init__(self) -> None:
        if self.steps < 1 or self.warm_up < 0 or self.log_every < 1 or self.sample_every < 0:
            raise ToraError("steps and log_every must be at least 1, warm_up and sample_every at least 0.")
        if not 0 <= self.decay <= 1 or not 0 <= self.ema < 1 or self.clip <= 0:
            raise ToraError(f"decay is {self.decay}, ema {self.ema}, clip {self.clip}; expected 0..1, 0..1, above 0.")

    def factor(self, step: int) -> float:
        """Share of the full learning rate at a step counted from 0."""
        down = self.decay * self.steps
        left = 1.0 if down <= 0 else min(1.0, (self.steps - step) / down)
        return left * min(1.0, (step + 1) / max(1, self.warm_up))


def generator_for(seed: int, step: int, device: str = "cpu") -> torch.Generator:
    """The random numbers of one step of one stage, whatever was drawn before."""
    return torch.Generator(device).manual_seed((seed * 1_000_003 + step) % 2**63)


def choose_device(device: str | None = None) -> torch.device:
    """The one named, or a GPU where there is one."""
    return torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))


def autocast(device: torch.device, precision: str = "auto") -> AbstractContextManager[Any]:
    """bfloat16 for the heavy layers on a GPU, and on a CPU that has the instructions for it; weights stay float32."""
    if precision not in PRECISIONS:
        raise ToraError(f"precision is {precision!r}, expected one of {', '.join(PRECISIONS)}.")
    quick = device.type == "cuda" or _cpu_has_bfloat16()
    return torch.autocast(
        device.type, torch.bfloat16, enabled=precision == "bfloat16" or (precision == "auto" and quick)
    )


def _cpu_has_bfloat16() -> bool:
    known = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(known and known())


class Interrupts:
    """While it is entered, a first Ctrl-C or SIGTERM is only noted in `asked`; a second one interrupts at once.

    So a step is finished before its state is saved. Outside the main thread nothing is changed.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, Any] = {}

    def _note(self, number: int, frame: Any) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)


class CollapseWatch:
    """Raises ToraError when the smoothed loss climbs to COLLAPSE times its lowest; judges from its 200th step on."""

    def __init__(self) -> None:
        self.mean, self.best, self.seen = 0.0, math.inf, 0

    def see(self, loss: float, step: int) -> None:
        """Take in the loss of one more step."""
        self.seen += 1
        self.mean += (1 - SMOOTHING) * (loss - self.mean)
        if self.seen < 200:
            return
        self.best = min(self.best, self.mean)
        if self.mean > COLLAPSE * max(self.best, 1e-12):
            raise ToraError(
                f"the loss has climbed from {self.best:.4g} to {self.mean:.4g} by step {step}, so the stage collapsed. "
                "Go on from its last weights with a lower learning rate."
            )


class Stage:
    """One stage in a folder: `state.pt` to go on from, `log.jsonl`, `loss.png`, and what `export` writes."""

    def __init__(
        self,
        out: Path,
        learning: Sequence[nn.Module],
        average: nn.Module,
        optimizer: torch.optim.Optimizer | Together,
        schedule: Schedule,
        recipe: dict[str, Any],
        export: Callable[[Ema], None],
        report: Callable[[str], None] | None = None,
    ) -> None:
        """average: the module whose state dict EMA follows; optimizer groups hold their full rate as "full_rate"."""
        self.out, self.schedule, self.recipe, self.export = out, schedule, recipe, export
        self.parameters = [p for module in learning for p in module.parameters() if p.requires_grad]
        self.average, self.optimizer = average, optimizer
        self.ema = Ema(average, schedule.ema)
        self.step = 0
        self.report = report
        out.mkdir(parents=True, exist_ok=True)
        self._resume()

    def _resume(self) -> None:
        path = self.out / STATE
        if not path.exists():
            return
        try:
            state = torch.load(path, map_location="cpu", weights_only=True)
            self.average.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.ema.load(state["ema"], state["updates"])
            self.step = int(state["step"])
        except Exception as error:
            raise CheckpointError(
                f"{path} is no state of this stage ({str(error).splitlines()[0]}). Give the same settings, or another "
                "folder to start anew."
            ) from error
        # What was logged after the state was saved will be logged again.
        log = self.out / LOG
        if log.exists():
            rows = [row for row in log.read_text().splitlines() if json.loads(row)["step"] <= self.step]
            log.write_text("".join(row + "\n" for row in rows))

    def save(self) -> None:
        """Write the state to go on from and the averaged weights, each whole or not at all."""
        with replacing(self.out / STATE) as part:
            torch.save(
                {
                    "model": self.average.state_dict(),
                    "optimizer": self.optimizer.state_dict(),
                    "ema": self.ema.values,
                    "updates": self.ema.updates,
                    "step": self.step,
                },
                part,
            )
        self.export(self.ema)
        recipe = {**self.recipe, "schedule": asdict(self.schedule), "steps_done": self.step}
        (self.out / "recipe.json").write_text(json.dumps(recipe, indent=2, default=str) + "\n", encoding="utf-8")
        write_loss_curve(self.out / LOG, self.out / CURVE)

    def run(
        self,
        losses: Callable[[int], dict[str, torch.Tensor]],
        sample: Callable[[Ema, int], None] | None = None,
        stop_after: float | None = None,
    ) -> bool:
        """Train to the last step, or until `stop_after` seconds; True when the stage is done.

        losses(step) gives tensors; "loss" is what is learned from, the others are logged. sample(ema, step) draws a
        strip now and then. The state is saved every `save_seconds`, at the end, and when the run is interrupted.
        Raises ToraError when the loss is not finite; the last state saved is from before that.
        """
        from tqdm import tqdm

        schedule, started = self.schedule, time.monotonic()
        saved, kept = started, self.step
        watch = CollapseWatch()
        sums: dict[str, float] = {}
        count = 0
        bar = tqdm(total=schedule.steps, initial=self.step, unit="step", disable=self.report is not None)
        try:
            with (self.out / LOG).open("a", encoding="utf-8") as log, Interrupts() as interrupts:
                while self.step < schedule.steps:
                    if stop_after is not None and time.monotonic() - started >= stop_after:
                        break
                    row = self._one(losses)
                    self.step += 1
                    count += 1
                    watch.see(row["loss"], self.step)
                    for name, value in row.items():
                        sums[name] = sums.get(name, 0.0) + value
                    bar.update()
                    if self.step % schedule.log_every == 0:
                        means = {name: round(value / count, 6) for name, value in sums.items()}
                        seconds = round(time.monotonic() - started, 1)
                        text = json.dumps({"step": self.step, "seconds": seconds, **means})
                        log.write(text + "\n")
                        log.flush()
                        bar.set_postfix(loss=f"{means['loss']:.4f}")
                        if self.report is not None:
                            self.report(text)
                        sums, count = {}, 0
                    if time.monotonic() - saved >= schedule.save_seconds:
                        self.save()
                        saved, kept = time.monotonic(), self.step
                    if sample is not None and schedule.sample_every and self.step % schedule.sample_every == 0:
                        sample(self.ema, self.step)
                    if interrupts.asked:
                        self.save()
                        raise KeyboardInterrupt
        finally:
            bar.close()
        if kept != self.step or not (self.out / STATE).exists():
            self.save()
        return self.step >= schedule.steps

    def _one(self, losses: Callable[[int], dict[str, torch.Tensor]]) -> dict[str, float]:
        factor = self.schedule.factor(self.step)
        for group in self.optimizer.param_groups:
            group["lr"] = group["full_rate"] * factor
        found = losses(self.step)
        loss = found["loss"]
        if not math.isfinite(float(loss.detach())):
            raise ToraError(
                f"the loss is {float(loss.detach())} at step {self.step}: lower the learning rate; the last good state "
                f"is in {self.out / STATE}."
            )
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.parameters, self.schedule.clip)
        self.optimizer.step()
        self.ema.update(self.average)
        return {**{name: float(value.detach()) for name, value in found.items()}, "grad": float(norm)}
