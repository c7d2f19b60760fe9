"""Checks of a pipeline call that need no model; all of them raise ToraError in words."""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Iterator
from typing import Any

import torch

from ..errors import SizeError, ToraError

OUTPUT_TYPES = ("pil", "np", "pt", "latent")


@contextlib.contextmanager
def told_as_tora_error() -> Iterator[None]:
    """diffusers' own checks raise plain ValueErrors; make them ToraErrors with the same words."""
    try:
        yield
    except ToraError:
        raise
    except ValueError as error:
        raise ToraError(str(error)) from error


def at_least_one(name: str, value: Any) -> int:
    """Return a whole number of 1 or more, else raise ToraError."""
    try:
        count = operator.index(value)
    except TypeError:
        count = 0
    if count < 1:
        raise ToraError(f"{name} is {value!r}, expected a whole number of at least 1.")
    return count


def check_output_type(output_type: str) -> None:
    """Told before the sampling, not after it."""
    if output_type not in OUTPUT_TYPES:
        raise ToraError(f"output_type is {output_type!r}, expected one of {', '.join(OUTPUT_TYPES)}.")


def count_prompts(prompt: Any, negative_prompt: Any, prompt_embeds: torch.Tensor | None, text_width: int) -> int:
    """How many prompts there are; exactly one of prompt and prompt_embeds is given."""
    if prompt_embeds is not None:
        if prompt_embeds.ndim != 3 or prompt_embeds.shape[-1] != text_width:
            raise ToraError(
                f"prompt_embeds have shape {tuple(prompt_embeds.shape)}, expected (prompts, tokens, {text_width}): "
                "they are of another text encoder."
            )
        count = len(prompt_embeds)
    else:
        texts = [prompt] if isinstance(prompt, str) else prompt
        count = len(texts)
        for text in texts:
            if not isinstance(text, str):
                raise ToraError(f"prompt holds a {type(text).__name__}, expected text.")
    if count < 1:
        raise ToraError("the list of prompts is empty; give at least one, an empty text if need be.")
    if isinstance(negative_prompt, list) and len(negative_prompt) != count:
        raise ToraError(
            f"there are {len(negative_prompt)} negative prompts for {count} prompts, expected one, or one a prompt."
        )
    return count


def check_noise(latents: torch.Tensor | None, shape: tuple[int, ...], generator: Any) -> None:
    """Starting noise, or a list of generators for it, must be there for each of the B videos of `shape` (B, ...)."""
    if latents is not None and tuple(latents.shape) != shape:
        raise SizeError(f"latents have shape {tuple(latents.shape)}, expected {shape} for this size and these prompts.")
    if isinstance(generator, list) and len(generator) != shape[0]:
        raise ToraError(f"there are {len(generator)} generators for {shape[0]} videos, expected one, or one a video.")
