"""Routes of digits, measured side by side: loading, augmentation, training."""
