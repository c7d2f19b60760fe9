"""`tora train`: the stages that make the bundled model, one command each; a LoRA; a ControlNet."""

from __future__ import annotations

from typing import Any

from . import train_control, train_lora, train_stages


def add_parsers(subparsers: Any) -> None:
    """Add `train` with a subcommand for everything that can be trained."""
    parser = subparsers.add_parser("train", help="train the bundled model stage by stage, or a LoRA or ControlNet")
    stages = parser.add_subparsers(dest="stage", required=True, metavar="STAGE")
    train_stages.add_parsers(stages)
    train_lora.add_parser(stages)
    train_control.add_parser(stages)
