"""The demo model's text encoder as a CLIP object of the host: a tiny T5 and a tokenizer of whole words."""

from __future__ import annotations

import logging
from typing import Any

import comfy.sd
import torch
from comfy import sd1_clip
from comfy.supported_models_base import ClipTarget
from comfy.text_encoders.t5 import T5

from .files import bundled, read_config, read_weights, require_same_keys

MAX_TOKENS = 24
NAME = "tora_demo_t5"
PAD, END, UNKNOWN = 0, 1, 2

logger = logging.getLogger(__name__)


class WordLevel:
    """tokenizer.json behind the few calls that the host makes of a tokenizer."""

    def __init__(self, path: str) -> None:
        from tokenizers import Tokenizer

        self.tokenizer = Tokenizer.from_file(path)

    @classmethod
    def from_pretrained(cls, path: str) -> WordLevel:
        return cls(path)

    def __call__(self, text: str) -> dict[str, list[int]]:
        return {"input_ids": self.tokenizer.encode(text).ids}

    def words(self, text: str) -> list[tuple[str, bool]]:
        """Each word as written, and whether the model knows it."""
        encoded = self.tokenizer.encode(text, add_special_tokens=False)
        return [
            (text[start:end], index != UNKNOWN)
            for index, (start, end) in zip(encoded.ids, encoded.offsets, strict=True)
        ]

    def get_vocab(self) -> dict[str, int]:
        return self.tokenizer.get_vocab()

    def decode(self, token_ids: list[int], skip_special_tokens: bool = True) -> str:
        return self.tokenizer.decode(token_ids, skip_special_tokens=skip_special_tokens)


class DemoWords(sd1_clip.SDTokenizer):
    """Prompts to 24 tokens as the library's pipelines make them: whole words, an end mark, padding; the rest is cut."""

    def __init__(self, embedding_directory: Any = None, tokenizer_data: Any = None) -> None:
        super().__init__(
            str(bundled("tokenizer", "tokenizer.json")),
            tokenizer_class=WordLevel,
            has_start_token=False,
            pad_with_end=False,
            pad_to_max_length=False,
            min_length=MAX_TOKENS,
            max_length=99_999_999,  # one row of tokens: the host would make a second row of what is too long
            embedding_key=NAME,
        )

    def tokenize_with_weights(self, text: str, return_word_ids: bool = False, **kwargs: Any) -> list[list[Any]]:
        """One row of 24 (token, weight) pairs, with word ids where asked for. Warns of words cut or unknown."""
        (tokens,) = super().tokenize_with_weights(text, return_word_ids, **kwargs)
        self._warn(text)
        if len(tokens) > MAX_TOKENS:
            tokens = [*tokens[: MAX_TOKENS - 1], tokens[-1]]
        return [tokens]

    def _warn(self, text: str) -> None:
        segments = sd1_clip.token_weights(sd1_clip.escape_important(text), 1.0)
        words = [word for part, _ in segments for word in self.tokenizer.words(sd1_clip.unescape_important(part))]
        dropped = [word for word, _ in words[MAX_TOKENS - 1 :]]
        if dropped:
            logger.warning(
                "The demo model reads %d words of a prompt; the last %d are dropped: %s",
                MAX_TOKENS - 1,
                len(dropped),
                " ".join(dropped),
            )
        unknown = list(dict.fromkeys(word for word, known in words[: MAX_TOKENS - 1] if not known))
        if unknown:
            known = [word for _, word in sorted(self.inv_vocab.items()) if word.isalpha()]
            logger.warning(
                "The demo model does not know: %s. All that it knows: %s", ", ".join(unknown), " ".join(known)
            )


class DemoTokenizer(sd1_clip.SD1Tokenizer):
    """What CLIP.tokenize calls."""

    def __init__(self, embedding_directory: Any = None, tokenizer_data: Any = None) -> None:
        super().__init__(tokenizer_data={}, tokenizer=DemoWords, name=NAME)


class DemoT5(sd1_clip.SDClipModel):
    """The host's T5 with the bundled configuration; every token counts, also padding, as in CogVideoX's pipelines."""

    def __init__(self, device: Any = "cpu", dtype: Any = None, model_options: Any = None) -> None:
        config = read_config("text_encoder", "config.json")
        config["dense_act_fn"] = {"gelu_new": "gelu_pytorch_tanh"}.get(config["dense_act_fn"], config["dense_act_fn"])
        super().__init__(
            device=device,
            dtype=dtype,
            textmodel_json_config=config,
            special_tokens={"end": END, "pad": PAD},
            model_class=T5,
            model_options=model_options or {},
        )


class DemoTextEncoder(sd1_clip.SD1ClipModel):
    """What CLIP.encode_from_tokens calls."""

    def __init__(self, device: Any = "cpu", dtype: Any = None, model_options: Any = None) -> None:
        super().__init__(device=device, dtype=dtype, model_options=model_options or {}, name=NAME, clip_model=DemoT5)


def load_clip(disable_dynamic: bool = False) -> comfy.sd.CLIP:
    """The bundled text encoder and tokenizer; float32 on every device, as the library computes it."""
    weights = read_weights("text_encoder", "model.safetensors")
    clip = comfy.sd.CLIP(
        ClipTarget(DemoTokenizer, DemoTextEncoder),
        parameters=sum(value.numel() for value in weights.values()),
        state_dict=[dict(weights)],
        model_options={"dtype": torch.float32},
        disable_dynamic=disable_dynamic,
    )
    transformer = getattr(clip.cond_stage_model, NAME).transformer
    require_same_keys("text encoder", set(weights), set(transformer.state_dict()))
    clip.patcher.cached_patcher_init = (_load_patcher, ())
    return clip


def _load_patcher(disable_dynamic: bool = False) -> Any:
    """How the host makes a second copy, for another device."""
    return load_clip(disable_dynamic).patcher
