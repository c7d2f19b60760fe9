"""All that knows ComfyUI's insides: models, their patches, the VAE, folders, previews. Facts: docs/host.md."""
