"""The stages on encoded clips: base without motion, then Tora's two (dense flow, sparse trajectories), or all at once.

| stage | learns | motion |
|---|---|---|
| base | text encoder and transformer | none |
| tora-dense | extractor and fusers, base frozen | dense optical flow |
| tora-sparse | extractor and fusers, base frozen | blurred tracks |
| joint | everything | blurred tracks, dropped for a share of the samples |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import torch

from ..errors import ToraError
from .batches import Batches
from .diffusion import TextToMotionVideo, build_scheduler, build_transformer, load_weights, save_weights
from .ema import Ema
from .loop import Schedule, Stage, autocast, choose_device, generator_for
from .objective import Dropouts, training_loss
from .optimizers import optimizer_for
from .sampler import sample_latents
from .text import build_text_encoder, build_tokenizer
from .vae import SCALING_FACTOR

WEIGHTS = "weights.safetensors"
LEARNS = {"base": "base", "tora-dense": "tora", "tora-sparse": "tora", "joint": "all"}


@dataclass(frozen=True)
class DiffusionRecipe:
    """Numbers of a stage; `tokens` is how many image tokens a batch may hold, whatever the kind of clip."""

    stage: str = "joint"
    schedule: Schedule = field(default_factory=Schedule)
    layers: int = 6
    fuser: str = "adaptive-norm"
    fresh_motion: bool = False
    """Leave extractor and fusers of the weights to start from where they are, and begin with new ones."""
    optimizer: str = "muon"
    learning_rate: float = 4e-4
    matrix_rate: float = 8e-4
    """Muon's, for the matrices inside the blocks where those learn."""
    weight_decay: float = 1e-2
    betas: tuple[float, float] = (0.9, 0.99)
    tokens: int = 2560
    """8 clips of 17x128x128."""
    dropouts: Dropouts = field(default_factory=Dropouts)
    focus: float = 0.0
    late: float = 0.0
    shares: tuple[tuple[str, float], ...] = (("17x128x128", 0.7),)
    """How often each kind of clip is drawn; kinds that are not named share the rest evenly."""
    alone: bool = False
    """Only clips with one thing: tracks don't say which thing is theirs, so words say nothing of one's shape there."""
    window: int = 0
    """Latent frames that are cut out of clips, so that a batch holds more of them; 0 takes all."""
    whole: float = 0.3
    """Share of the batches that have whole clips where `window` is set."""
    precision: str = "auto"
    checkpointing: bool = False
    reload_every: int = 200

    def __post_init__(self) -> None:
        if self.stage not in LEARNS:
            raise ToraError(f"stage is {self.stage!r}, expected one of {', '.join(LEARNS)}.")
        if self.window < 0 or not 0 <= self.whole <= 1:
            raise ToraError(f"window is {self.window} and whole {self.whole}, expected 0 or more, and 0..1.")


def build_model(layers: int, fuser: str = "adaptive-norm") -> TextToMotionVideo:
    """The bundled model, untrained; extractor and fusers start so that they change nothing."""
    return TextToMotionVideo(build_text_encoder(len(build_tokenizer())), build_transformer(layers, fuser=fuser))


def train_diffusion(
    latents: Path,
    out: Path,
    recipe: DiffusionRecipe,
    start: Path | None = None,
    *,
    vae: Path | None = None,
    device: str | None = None,
    stop_after: float | None = None,
    report: Callable[[str], None] | None = None,
) -> bool:
    """Train a stage into the folder `out`: weights.safetensors holds the whole model's EMA weights in float16.

    start: such a file to start from; Tora's stages need one, as their base is frozen. vae: its folder, for strips of
    samples. Called again with the same `out` it goes on where it was. True when all steps are done.
    """
    where = choose_device(device)
    torch.manual_seed(recipe.schedule.seed)
    model = build_model(recipe.layers, recipe.fuser)
    if start is not None:
        load_weights(model, start, motion=not recipe.fresh_motion)
    elif LEARNS[recipe.stage] == "tora":
        raise ToraError(f"{recipe.stage} trains on a frozen base: name the base's weights.safetensors with --start.")
    model.to(where)
    learning = model.learn(LEARNS[recipe.stage])
    if recipe.checkpointing:
        model.transformer.enable_gradient_checkpointing()
    batches = Batches(latents, recipe, where)
    alphas_cumprod = build_scheduler().alphas_cumprod.float()
    with_motion = recipe.stage != "base"

    def losses(step: int) -> dict[str, torch.Tensor]:
        generator = generator_for(recipe.schedule.seed, step)
        sample = batches(step, generator)
        with autocast(where, recipe.precision):
            loss = training_loss(
                model,
                alphas_cumprod,
                sample,
                generator,
                recipe.dropouts,
                with_motion=with_motion,
                focus=recipe.focus,
                late=recipe.late,
            )
        return {"loss": loss}

    def sample(ema: Ema, step: int) -> None:
        if vae is not None:
            averaged = ema.copy_to(build_model(recipe.layers, recipe.fuser)).to(where).eval()
            clips = next(iter(batches.sets.values()))
            given = batches.take(clips, torch.arange(min(3, len(clips))))
            write_samples(out / f"strip_{step:06d}.png", averaged, given, vae, with_motion)

    stage = Stage(
        out,
        learning,
        model,
        optimizer_for(
            model.named_parameters(),
            recipe.optimizer,
            learning_rate=recipe.learning_rate,
            matrix_rate=recipe.matrix_rate,
            weight_decay=recipe.weight_decay,
            betas=recipe.betas,
        ),
        recipe.schedule,
        {**asdict(recipe), "start": None if start is None else start.name},
        lambda ema: save_weights(ema, out / WEIGHTS),
        report,
    )
    return stage.run(losses, sample, stop_after)


def write_samples(
    path: Path, model: TextToMotionVideo, given: dict[str, torch.Tensor], vae: Path, with_motion: bool
) -> None:
    """A strip: each clip as it was drawn, and below what the model makes of its words (and motion)."""
    from .strips import write_strip
    from .vae import load_vae

    decoder = load_vae(vae).to(given["video"].device)
    made = sample_latents(model, given, with_motion=with_motion)
    with torch.no_grad():
        pairs = zip(given["video"], made, strict=True)
        rows = [
            decoder.decode(latent[None].permute(0, 2, 1, 3, 4) / SCALING_FACTOR).sample[0].permute(1, 2, 3, 0).cpu()
            for pair in pairs
            for latent in pair
        ]
    write_strip(path, rows)


def preset(stage: str, name: str) -> DiffusionRecipe:
    """The recipe of a stage: "demo" is what the bundled model is made with, "smoke" only shows that all runs."""
    dropouts = Dropouts(motion=0.35) if stage == "joint" else Dropouts()
    if name == "smoke":
        schedule = Schedule(steps=4, warm_up=1, log_every=2, sample_every=4, ema=0.5)
        return DiffusionRecipe(stage, schedule, tokens=640, dropouts=dropouts)
    if name != "demo":
        raise ToraError(f"preset is {name!r}, expected demo or smoke.")
    steps = {"base": 12000, "tora-dense": 2000, "tora-sparse": 6000, "joint": 6000}[stage]
    schedule = Schedule(steps=steps, warm_up=150, decay=0.4, ema=0.999, sample_every=1000, log_every=25)
    recipe = DiffusionRecipe(stage, schedule, dropouts=dropouts, learning_rate=5e-4)
    if stage != "base":
        # Where motion is told, weighting by where it passes leaves the optimum as it is: see `training_loss`.
        recipe = replace(recipe, learning_rate=4e-4, focus=4.0, late=0.5)
    return recipe
