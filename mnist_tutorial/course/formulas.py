"""Formulas of notebooks, for pages that fetch no script."""

import re

from latex2mathml.converter import convert


def to_mathml(text: str) -> str:
    r"""Turn the formulas of a text into MathML, which browsers show without a script.

    Parameters
    ----------
    text : str
        Markdown, with formulas in LaTeX between dollar signs.

    Returns
    -------
    str

    Examples
    --------
    >>> to_mathml("The bias $b$.")
    'The bias <math xmlns="http://www.w3.org/1998/Math/MathML" display="inline"><mrow><mi>b</mi></mrow></math>.'
    """
    # The converter knows align*, and no distance between two lines.
    text = re.sub(r"\{aligned\}", "{align*}", re.sub(r"\\\\\[\w+\]", r"\\\\", text))
    text = re.sub(r"\$\$(.+?)\$\$", lambda formula: convert(formula[1].strip(), display="block"), text, flags=re.S)
    return re.sub(r"\$([^$`\n]+)\$", lambda formula: convert(formula[1]), text)
