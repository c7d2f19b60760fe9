"""The small model that comes with the pack, as the host's own MODEL, CLIP and VAE, and Tora's weights for it."""
