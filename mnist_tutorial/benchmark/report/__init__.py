"""The report: what results say, as a page, a table and figures."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "figures": ["draw"],
        "literature": ["published"],
        "page": ["write"],
        "rendering": ["to_png"],
        "scatter": ["against_time"],
        "summary": ["RecipeSummary", "SummaryTable"],
        "table": ["markdown"],
    },
)
