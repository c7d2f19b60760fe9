"""Tracks that move as one made one: a tracker gives many for a single thing, a drawing needs few."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..checks import choice, number
from ..limits import MAX_COORDINATE_PX
from ..tracks import Tracks

KEEPS = ("mean", "longest")


def merge_similar(
    tracks: Tracks, tolerance_px: float, *, keep: str = "mean", within_px: float | None = None
) -> tuple[Tracks, list[list[int]]]:
    """One track for each group of tracks that keep their distance to one another.

    Two tracks are alike where the vector from one to the other, in all frames in which both are seen, stays within
    tolerance_px of its mean; they must be seen together in at least half of the frames in which the shorter one is,
    and in two at least. Groups grow from the track that is seen longest; every member is like that one, not only like
    another member, so that a slow change from track to track doesn't make one group of all.
    within_px: members also lie, on average, no farther than this from that one; None takes any distance.
    keep: "longest", the track itself; "mean", a track at the members' mean place that moves by the mean of their moves:
    seen wherever any member is, so that it goes on where one of them is hidden.
    Returns the tracks and, for each, the numbers of those that it stands for, longest first; single ones stay as they
    are. Raises TrajectoryError.
    """
    tolerance = number("tolerance_px", tolerance_px, 0.0, MAX_COORDINATE_PX)
    near = np.inf if within_px is None else number("within_px", within_px, 0.0, MAX_COORDINATE_PX)
    choice("keep", keep, KEEPS)
    groups = _groups(tracks, tolerance, near)
    points, seen = tracks.points_px.copy(), tracks.visible.copy()
    leaders = [group[0] for group in groups]
    if keep == "mean":
        for group in groups:
            if len(group) > 1:
                points[group[0]], seen[group[0]] = _mean(tracks, group)
    names = tuple(tracks.names[i] for i in leaders) if tracks.names else ()
    merged = replace(
        tracks,
        points_px=points[leaders],
        visible=seen[leaders],
        strength=tracks.strength[leaders],
        sigma_px=tracks.sigma_px[leaders],
        names=names,
    )
    return merged, groups


def _groups(tracks: Tracks, tolerance: float, near: float) -> list[list[int]]:
    points, seen = tracks.points_px.astype(np.float64), tracks.visible
    length = seen.sum(1)
    order = np.argsort(-length, kind="stable")
    free = np.ones(len(tracks), bool)
    groups = []
    for leader in order:
        if not free[leader]:
            continue
        free[leader] = False
        others = np.flatnonzero(free)
        both = seen[others] & seen[leader]
        together = both.sum(1)
        apart = points[others] - points[leader]
        mean = (apart * both[..., None]).sum(1) / np.maximum(together, 1)[:, None]
        off = np.where(both, np.linalg.norm(apart - mean[:, None], axis=-1), 0.0).max(1, initial=0.0)
        enough = (together >= 2) & (2 * together >= np.minimum(length[others], length[leader]))
        mine = others[enough & (off <= tolerance) & (np.linalg.norm(mean, axis=1) <= near)]
        free[mine] = False
        groups.append([int(leader), *mine.tolist()])
    return sorted(groups, key=lambda group: group[0])


def _mean(tracks: Tracks, group: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Places (F, 2) and seen (F,) of a group: its members' mean, without a jump where one of them appears or goes."""
    points, seen = tracks.points_px[group].astype(np.float64), tracks.visible[group]
    # Members keep their distance to the first: as if each stood where the first is, moved by its mean distance.
    both = seen & seen[0]
    shift = ((points - points[0]) * both[..., None]).sum(1) / np.maximum(both.sum(1), 1)[:, None]
    count = seen.sum(0)
    at_first = ((points - shift[:, None]) * seen[..., None]).sum(0) / np.maximum(count, 1)[:, None]
    middle = shift.mean(0)
    any_seen = count > 0
    place = np.where(any_seen[:, None], at_first, points[0]) + middle
    return place, any_seen
