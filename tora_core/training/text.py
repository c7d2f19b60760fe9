"""The bundled model's words: a word-level tokenizer and a small T5 encoder, trained along with the transformer.

Both are transformers' own classes, as in CogVideoX; only the numbers differ.
"""

from __future__ import annotations

from typing import Any

import torch

from .shapes import SHAPES
from .synthetic import GROUND_COLORS, OBJECT_COLORS

MAX_TOKENS = 24
TEXT_WIDTH = 128

_FILLER = [
    "a",
    "an",
    "the",
    "and",
    "on",
    "in",
    "over",
    "of",
    "with",
    "is",
    "are",
    "moving",
    "moves",
    "across",
    "background",
    "ground",
    "one",
    "two",
    "three",
    "small",
    "large",
    "big",
    "video",
    "clip",
    "follows",
    "following",
    "path",
    "shape",
    "shapes",
    "pink",
    "gold",
    "silver",
    "dark",
    "light",
    "bright",
]


def build_tokenizer() -> Any:
    """PreTrainedTokenizerFast of whole lower-case words; padding 0, end 1, unknown 2."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    words = ["<pad>", "</s>", "<unk>", ",", ".", *OBJECT_COLORS, *GROUND_COLORS, *SHAPES, *_FILLER]
    vocabulary = {word: index for index, word in enumerate(dict.fromkeys(words))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        model_max_length=MAX_TOKENS,
        padding_side="right",
    )


def build_text_encoder(vocabulary_size: int) -> Any:
    """A T5EncoderModel of two layers, 128 wide."""
    from transformers import T5Config, T5EncoderModel

    return T5EncoderModel(
        T5Config(
            vocab_size=vocabulary_size,
            d_model=TEXT_WIDTH,
            d_kv=32,
            d_ff=256,
            num_layers=2,
            num_heads=4,
            dropout_rate=0.0,
            feed_forward_proj="gated-gelu",
            pad_token_id=0,
            eos_token_id=1,
        )
    )


def token_ids(tokenizer: Any, captions: list[str]) -> torch.Tensor:
    """Ids int64 (B, MAX_TOKENS), padded and cut as CogVideoX's pipelines do."""
    batch = tokenizer(captions, padding="max_length", max_length=MAX_TOKENS, truncation=True, return_tensors="pt")
    return batch.input_ids
