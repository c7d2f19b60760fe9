"""File endings of the trajectory formats, as plain data: a node's list of formats must not import the library."""

ENDINGS = {
    **{"tora-json": ".json", "spline-editor": ".json", "tora-txt": ".txt", "tora-txt-decimal": ".txt"},
    **{"tora-text-box": ".txt", "points-store": ".json", "ati": ".json", "ltx-points": ".json", "sa-tracks": ".json"},
    **{"path-animator": ".json", "point-lists": ".json", "dragnuwa": ".json", "motionctrl": ".txt", "csv": ".csv"},
    **{"svg": ".svg", "tracks": ".npz", "wan-move": ".npy", "wan2gp": ".npy", "cotracker": ".npz", "tap-vid": ".npz"},
}
"""The library's formats that can be written, in its order, with the ending of their files (a test compares)."""
