"""Sphinx's settings; `make site` runs it on the folder that assemble.py puts together."""

import sys
from pathlib import Path

import mnist_tutorial

if not (Path(__file__).parent / "notebooks").is_dir():
    sys.exit("conf.py: no notebooks here; run make site, which executes them and puts the pages together")

project = "MNIST with DeepTrack and deeplay"
author = copyright = "The mnist-tutorial authors"
version = release = mnist_tutorial.__version__
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_design"]
exclude_patterns = ["README.md", "extra", "html", "templates"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # assemble.py has run them
nb_merge_streams = True
default_role = "py:obj"  # of docstrings: a link where there is something of this name
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True  # an attribute is listed once
html_theme = "furo"
html_title = project
templates_path = ["templates"]
html_static_path = ["static"]
html_extra_path = ["extra"]
html_css_files = ["canvas.css", "site.css"]
html_js_files = ["site.js"]
html_favicon = "static/favicon.svg"
html_show_sourcelink = html_show_sphinx = html_copy_source = False
html_theme_options = {
    "source_repository": "https://github.com/DeepTrackAI/mnist-tutorial/",
    "source_branch": "main",
    "top_of_page_buttons": [],
    "light_css_variables": {"color-brand-primary": "#0b5c8f", "color-brand-content": "#0b5c8f"},
    "dark_css_variables": {"color-brand-primary": "#6cb8e6", "color-brand-content": "#6cb8e6"},
}
html_baseurl = "https://deeptrackai.github.io/mnist-tutorial/"
suppress_warnings = ["myst.header"]  # a section of the README begins at its second level
