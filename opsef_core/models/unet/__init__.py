"""U-Net (in work)."""
