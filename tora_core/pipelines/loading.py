"""A pipeline from a model folder on this computer, or from the bundled model."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from ..checkpoints import ToraAdapter, load_transformer
from ..checkpoints.folders import read_json
from ..checkpoints.layouts import open_weights
from ..checkpoints.pairs import kind_by_name, pairs_in
from ..checkpoints.reading import as_dtype
from ..errors import CheckpointError, ToraError
from .loras import LoraLike, as_choices, look_at, merge

if TYPE_CHECKING:
    from .image_to_video import ToraImageToVideoPipeline
    from .text_to_video import ToraPipeline

PathLike = str | os.PathLike[str]

BUNDLED = Path(__file__).resolve().parent.parent / "models" / "bundled"
"""The small model that comes with the package; float16 on disk, computed in float32."""

_WORDS = {"t2v": "text-to-video", "i2v": "image-to-video"}

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Parts:
    """Where the parts of one model lie."""

    home: Path  # vae/, text_encoder/, tokenizer/ and scheduler/
    transformer: Path
    adapter: Any  # what load_transformer takes
    small: bool = False  # the bundled model, or one that `tora train export` wrote as that was


def load_pipeline(
    model: PathLike | None = None,
    *,
    image_to_video: bool = False,
    dtype: torch.dtype | str | None = None,
    device: torch.device | str | None = None,
    adapter: PathLike | Sequence[PathLike] | ToraAdapter | None = None,
    lora: LoraLike | Sequence[LoraLike] | None = None,
) -> ToraPipeline | ToraImageToVideoPipeline:
    """Load a pipeline; nothing is ever downloaded.

    model: a folder as diffusers saves pipelines (transformer/, vae/, text_encoder/, tokenizer/, scheduler/): Tora's, or
    CogVideoX-5B's with an adapter; None is the bundled small model. adapter: what `load_adapter` takes; by default the
    one in the transformer, else the one that lies in the folder. dtype: of all but the extractor (float32); None is as
    stored, for the bundled model float32. device: where to; None is the CPU, and pipe.enable_model_cpu_offload() works.
    lora: a file, (file, strength) or LoraChoice, or a list of those, in any style that docs/lora.md lists; they are
    merged into the base model's weights for good; `pipe.lora_reports` says what acts.

    Raises ToraError (CheckpointError) when the folder is no such model, a part is missing, incomplete or broken, or the
    model is of the other kind than `image_to_video` says.
    """
    kind = "i2v" if image_to_video else "t2v"
    wanted = as_dtype(dtype)
    loras = look_at(as_choices(lora))
    parts = _bundled(kind, adapter) if model is None else _named(Path(model), kind, adapter)
    if parts.small and wanted is None:
        wanted = torch.float32

    # Small parts first: what is missing is told before gigabytes are read.
    tokenizer = _tokenizer(parts.home / "tokenizer", bundled=parts.small)
    scheduler = _scheduler(parts.home / "scheduler")
    transformer = load_transformer(parts.transformer, adapter=parts.adapter, dtype=wanted)
    reports = merge(transformer, loras)
    wanted = wanted or transformer.patch_embed.proj.weight.dtype
    with _no_progress_bars() if parts.small else contextlib.nullcontext():
        vae, text_encoder = _vae(parts.home / "vae", wanted), _text_encoder(parts.home / "text_encoder", wanted)

    from .image_to_video import ToraImageToVideoPipeline
    from .text_to_video import ToraPipeline

    pipeline_class = ToraImageToVideoPipeline if image_to_video else ToraPipeline
    pipe = pipeline_class(
        tokenizer=tokenizer, text_encoder=text_encoder, vae=vae, transformer=transformer, scheduler=scheduler
    )
    pipe.check_models()
    pipe.lora_reports = reports
    return pipe if device is None else pipe.to(device)


def _bundled(kind: str, adapter: Any) -> _Parts:
    home = BUNDLED / kind
    if not home.is_dir():
        raise CheckpointError(
            f"the bundled {_WORDS[kind]} model is not part of this installation ({home} is missing). Install the "
            "package again, or name a model folder."
        )
    return _Parts(BUNDLED, home / "transformer", adapter or home / "tora.safetensors", small=True)


def _named(folder: Path, kind: str, adapter: Any) -> _Parts:
    if not folder.is_dir():
        found = "is a single file" if folder.is_file() else "does not exist"
        raise CheckpointError(
            f"{folder} {found}, expected a folder with transformer/, vae/, text_encoder/, tokenizer/ and scheduler/ on "
            "this computer (nothing is downloaded). Tora's weight files go with such a folder: "
            "load_pipeline(COGVIDEOX_5B_FOLDER, adapter=FILE)."
        )
    if (folder / kind / "transformer").is_dir():  # what `tora train export` writes, as the bundled one
        return _Parts(folder, folder / kind / "transformer", adapter or folder / kind / "tora.safetensors", small=True)
    missing = [
        name
        for name in ("transformer", "vae", "text_encoder", "tokenizer", "scheduler")
        if not (folder / name).is_dir()
    ]
    if missing:
        raise CheckpointError(
            f"{folder} lacks {', '.join(name + '/' for name in missing)}: download the whole model folder. An adapter "
            "alone is given as adapter=, with CogVideoX-5B's folder as model."
        )
    weights = open_weights(folder / "transformer")
    if weights.base and weights.kind in _WORDS and weights.kind != kind:
        raise ToraError(
            f"{folder} is an {_WORDS[weights.kind]} model (by {weights.kind_from}), but {_WORDS[kind]} was asked for: "
            f"load it with image_to_video={kind != 'i2v'}, or name the other model."
        )
    if adapter is None and not weights.adapter:
        adapter = _adapter_in(folder, kind)
    return _Parts(folder, folder / "transformer", adapter)


def _adapter_in(folder: Path, kind: str) -> Any:
    """The one adapter of this kind that lies in a folder, as a pair or as our single file; CheckpointError if none."""
    pairs = pairs_in(folder)
    halves = {path for pair in pairs for path in pair}
    found: list[tuple[Any, str | None]] = [(pair, kind_by_name(pair[0])) for pair in pairs]
    for path in sorted(folder.glob("*.safetensors")):
        if path not in halves and (weights := open_weights(path)).adapter:
            found.append((path, weights.kind))
    fitting = [adapter for adapter, its_kind in found if its_kind in (kind, None)]
    if len(fitting) != 1:
        names = "several" if fitting else "no"
        raise CheckpointError(
            f"{folder} is a base model without Tora's weights, and {names} {_WORDS[kind]} adapters lie in it. Give "
            "adapter=, the fuser or traj_extractor file."
        )
    return fitting[0]


def _tokenizer(folder: Path, bundled: bool) -> Any:
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    with _told(folder):
        if bundled:
            # By its class: transformers 5 writes a class name into the file that transformers 4 does not know.
            return PreTrainedTokenizerFast.from_pretrained(folder, local_files_only=True)
        return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)


def _scheduler(folder: Path) -> Any:
    import diffusers

    name = read_json(folder / "scheduler_config.json").get("_class_name")
    scheduler_class = getattr(diffusers, name, None) if isinstance(name, str) else None
    if not (isinstance(scheduler_class, type) and issubclass(scheduler_class, diffusers.SchedulerMixin)):
        raise CheckpointError(
            f"{folder} names the scheduler {name!r}, which diffusers {diffusers.__version__} has not."
        )
    with _told(folder):
        return scheduler_class.from_pretrained(folder, local_files_only=True)  # type: ignore[attr-defined]


def _vae(folder: Path, dtype: torch.dtype) -> Any:
    from diffusers import AutoencoderKLCogVideoX

    # Cast afterwards: the argument for it is called torch_dtype in old versions of diffusers and dtype in new ones.
    # By torch's method: diffusers' own warns of layers to be kept in float32 even where there are none.
    return torch.nn.Module.to(_model(AutoencoderKLCogVideoX, folder), dtype)


def _text_encoder(folder: Path, dtype: torch.dtype) -> Any:
    from transformers import T5EncoderModel

    return _model(T5EncoderModel, folder, torch_dtype=dtype)


def _model(model_class: Any, folder: Path, **options: Any) -> Any:
    """A model in eval mode, from safetensors only; CheckpointError also where keys are missing."""
    with _told(folder):
        model, info = model_class.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, output_loading_info=True, **options
        )
    missing = sorted(info["missing_keys"])
    if missing:
        raise CheckpointError(
            f"{folder} lacks {len(missing)} tensors of a {model_class.__name__} ({', '.join(missing[:3])}): download "
            "it again."
        )
    return model.eval()


@contextlib.contextmanager
def _told(folder: Path) -> Iterator[None]:
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, ValueError, RuntimeError, KeyError, ImportError, SafetensorError) as error:
        raise CheckpointError(f"{folder} can't be loaded ({str(error).strip()[:300]}). Download it again.") from error


@contextlib.contextmanager
def _no_progress_bars() -> Iterator[None]:
    """transformers draws a bar for loading; for a few megabytes that is noise."""
    from transformers.utils import logging as transformers_logging

    was_on = transformers_logging.is_progress_bar_enabled()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        if was_on:
            transformers_logging.enable_progress_bar()
