"""Speed: several ways to load, augment and train, measured side by side."""
