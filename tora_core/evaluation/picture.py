"""The picture of a report: asked paths against obtained ones."""

from __future__ import annotations

import numpy as np

from .following import Following

LEAST_SIDE_PX = 384
DIM = 0.35
ASKED = (255, 255, 255)
COLORS = ((86, 180, 233), (230, 159, 0), (0, 158, 115), (204, 121, 167), (240, 228, 66), (213, 94, 0))


def draw_following(following: Following, background: np.ndarray | None = None) -> np.ndarray:
    """uint8 RGB: asked paths white, obtained ones in color, a gray line between the two in every frame that counts.

    background: uint8 (H, W, 3) of the video's size, shown dimmed. Frames in which nothing was found have a red ring at
    the asked place. Small frames are enlarged by a whole number.
    """
    import cv2

    height, width = following.size
    scale = max(1, -(-LEAST_SIDE_PX // min(height, width)))
    picture = np.full((height * scale, width * scale, 3), 24, np.uint8)
    if background is not None:
        large = cv2.resize(background, (width * scale, height * scale), interpolation=cv2.INTER_CUBIC)
        picture = (large * DIM).astype(np.uint8)

    def place(p: np.ndarray) -> tuple[int, int]:
        bounded = np.clip((p + 0.5) * scale, -(2**14), 2**14)
        return int(bounded[0]), int(bounded[1])

    def path(points: np.ndarray, shown: np.ndarray, color: tuple[int, int, int], wider: int = 0) -> None:
        for f in range(len(points) - 1):
            if shown[f] and shown[f + 1]:
                cv2.line(picture, place(points[f]), place(points[f + 1]), color, 2 + wider, cv2.LINE_AA)
        for point in points[shown]:
            cv2.circle(picture, place(point), 2 + scale // 2 + wider, color, -1, cv2.LINE_AA)

    for n in range(len(following.asked)):
        color = COLORS[n % len(COLORS)]
        asked, obtained = following.asked[n], following.obtained[n]
        counted, found = following.counted[n], following.found[n]
        both = counted & found
        for wanted, came in zip(asked[both], obtained[both], strict=True):
            cv2.line(picture, place(wanted), place(came), (130, 130, 130), 1, cv2.LINE_AA)
        path(asked, counted, ASKED, wider=2)
        path(obtained, found & counted, color)
        for wanted in asked[counted & ~found]:
            cv2.circle(picture, place(wanted), 4 + scale, (235, 60, 60), 1, cv2.LINE_AA)
    error = following.overall
    text = f"white asked, color obtained: {error.euclidean_px:.1f} px, found {100 * error.found_share:.0f} %"
    bar = np.full((26, picture.shape[1], 3), 24, np.uint8)
    cv2.putText(bar, text, (6, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (235, 235, 235), 1, cv2.LINE_AA)
    return np.concatenate([bar, picture])
