"""Speed: several ways to load, augment and train, measured side by side."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["augmentation", "loading", "optics", "overhead"],
    submod_attrs={"measurement": ["Measurement", "Route", "measure"], "report": ["chart", "collect", "table", "write"]},
)
