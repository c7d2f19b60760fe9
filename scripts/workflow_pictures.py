"""Make the pictures beside the example workflows, example_workflows/*.jpg, which the template list shows.

    python scripts/workflow_pictures.py [--url http://127.0.0.1:8188] [--screenshots FOLDER] [NAME ...]

Those that need no downloads are run on the server, and their picture is frames of the videos that came out. For the
others it is the graph itself: scripts/screenshots.mjs makes it, --screenshots says where. Files of the models' names,
empty ones will do, keep the browser from marking the load nodes as missing something.
"""

from __future__ import annotations

import argparse
import io
import json
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import av
import numpy as np
from check_workflows import FOLDER, ask, needs_downloads
from PIL import Image
from workflow_prompt import to_prompt

SIZE = (768, 432)
GAP = 6
GROUND = (24, 24, 27)
LARGEST = 150_000
"""Bytes of a picture at most."""


def videos(url: str, workflow: dict[str, Any]) -> list[np.ndarray]:
    """Run a workflow; uint8 (F, H, W, 3) for each node that saves a video, in the order of the file."""
    prompt = to_prompt(workflow, ask(f"{url}/object_info"))
    number = ask(f"{url}/prompt", {"prompt": prompt})["prompt_id"]
    while not (history := ask(f"{url}/history/{number}")):
        time.sleep(0.5)
    outputs = history[number]["outputs"]
    savers = [str(node["id"]) for node in workflow["nodes"] if node["type"] == "SaveVideo"]
    files = [outputs[saver]["images"][0] for saver in savers]
    return [decode(urllib.request.urlopen(f"{url}/view?{urllib.parse.urlencode(file)}").read()) for file in files]


def decode(video: bytes) -> np.ndarray:
    with av.open(io.BytesIO(video)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def sheet(clips: list[np.ndarray]) -> Image.Image:
    """Frames spread over the clip: two clips as two rows of the same moments, one clip as two rows in its order."""
    columns = 4 if clips[0].shape[2] == clips[0].shape[1] else 2
    moments = np.linspace(0, len(clips[0]) - 1, columns if len(clips) == 2 else 2 * columns).round().astype(int)
    frames = [clip[moment] for clip in clips for moment in moments]
    height, width = frames[0].shape[:2]
    cell = (SIZE[0] - (columns + 1) * GAP) // columns
    shown = (cell, round(cell * height / width))
    picture = Image.new("RGB", (SIZE[0], 2 * shown[1] + 3 * GAP), GROUND)
    for index, frame in enumerate(frames):
        row, column = divmod(index, columns)
        place = (GAP + column * (cell + GAP), GAP + row * (shown[1] + GAP))
        picture.paste(Image.fromarray(frame).resize(shown, Image.Resampling.LANCZOS), place)
    return picture


def graph(screenshot: Path) -> Image.Image:
    """The canvas of a screenshot, cut to the graph: what isn't the plain ground, away from the browser's bars."""
    picture = Image.open(screenshot).convert("RGB")
    left, top, right, bottom = 70, 110, picture.width - 70, picture.height - 70
    canvas = np.asarray(picture, int)[top:bottom, left:right]
    drawn = np.abs(canvas - canvas[-1, -1]).max(-1) > 24
    rows, columns = np.flatnonzero(drawn.mean(1) > 0.02), np.flatnonzero(drawn.mean(0) > 0.02)
    box = (left + columns[0] - 8, top + rows[0] - 8, left + columns[-1] + 8, top + rows[-1] + 8)
    cut = picture.crop(box)
    return cut.resize((1200, round(cut.height * 1200 / cut.width)), Image.Resampling.LANCZOS)


def save(picture: Image.Image, file: Path) -> int:
    """Write a JPEG, in the best quality that stays small enough; returns its bytes."""
    for quality in (92, 85, 78, 70, 60):
        data = io.BytesIO()
        picture.save(data, "JPEG", quality=quality, optimize=True)
        if data.tell() < LARGEST:
            break
    file.write_bytes(data.getvalue())
    return data.tell()


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the pictures beside the example workflows.")
    parser.add_argument("names", nargs="*", help="which ones, without .json; default: all")
    parser.add_argument("--url", default="http://127.0.0.1:8188")
    parser.add_argument("--screenshots", type=Path, default=Path("output/screenshots"))
    arguments = parser.parse_args()
    for file in sorted(FOLDER.glob("*.json")):
        if arguments.names and file.stem not in arguments.names:
            continue
        workflow = json.loads(file.read_text("utf-8"))
        if needs_downloads(workflow):
            picture = graph(arguments.screenshots / f"{file.stem}_nodes2_dark.png")
        else:
            picture = sheet(videos(arguments.url, workflow))
        print(f"{file.with_suffix('.jpg')}: {save(picture, file.with_suffix('.jpg'))} bytes")


if __name__ == "__main__":
    main()
