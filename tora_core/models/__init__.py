"""Models: diffusers' CogVideoX transformer with motion."""

from .transformer import ToraTransformer3DModel

__all__ = ["ToraTransformer3DModel"]
