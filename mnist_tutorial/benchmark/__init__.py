"""Benchmarks: what DeepTrack at batch speed gains, measured side by side on the machine at hand."""
