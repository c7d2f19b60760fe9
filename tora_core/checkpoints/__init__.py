"""Checkpoints: every published layout of Tora's weights, read strictly, converted, and explained."""

from .adapter import ToraAdapter, load_adapter
from .assembly import load_transformer
from .conversion import convert
from .inspection import inspect
from .report import Report
from .saving import save_adapter

__all__ = ["Report", "ToraAdapter", "convert", "inspect", "load_adapter", "load_transformer", "save_adapter"]
