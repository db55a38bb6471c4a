"""How Sphinx builds the site: ``make docs``."""

import re
import sys
from pathlib import Path

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.ext.napoleon import Config, GoogleDocstring

from evsys_conformance import certificate
from evsys_conformance.clauses import CLAUSES
from evsys_sdk.protocols import CONTRACT_VERSION

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS.parent / "tests"))
import zoo.page  # noqa: E402 - the zoo lives in the folder named above

project = "evsys-sdk"
release = f"contract {CONTRACT_VERSION}"
html_title = "evsys-sdk"

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx_copybutton",
]
# The examples are packages. Their pages are for people who browse the repository.
exclude_patterns = ["_build", "examples"]

myst_heading_anchors = 3
myst_links_external_new_tab = False

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
pygments_style = "friendly"
pygments_dark_style = "github-dark"

# Of a console session only the commands are copied, without the prompt.
copybutton_prompt_text = "$ "
copybutton_exclude = ".linenos, .gp, .go"

toc_object_entries_show_parents = "hide"
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 100

# The build has no network, hence no inventories of other projects to resolve these names in.
nitpick_ignore_regex = [
    (r"py:.*", r"(collections\.abc|os|pathlib|types|contextlib)\..*"),
    (r"py:.*", r"(pydantic|hypothesis)\..*"),
    # What only checkers of types need a name for.
    (r"py:class", r".*\b_Store"),
]


def of_unique_name(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.TextElement
) -> nodes.Element | None:
    """Docstrings name a class as their module does: find it where the reference has it."""
    if node["refdomain"] != "py":
        return None
    domain = env.domains.python_domain
    name = node["reftarget"].rpartition(".")[2]
    found = domain.find_obj(env, None, None, name, None, searchmode=1)
    if len(found) != 1:
        return None
    return domain.resolve_xref(env, node["refdoc"], app.builder, "obj", found[0][0], node, content)


NAPOLEON = Config()
CLAUSE = re.compile(rf"\b({'|'.join(clause.id for clause in CLAUSES)})\b")
ANCHORS = {clause.id: nodes.make_id(f"{clause.id} {clause.title}") for clause in CLAUSES}


def prepare_docstring(  # noqa: PLR0917 - as Sphinx calls it
    app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]
) -> None:
    """From Google style to RST; the id of a clause becomes a link to it."""
    lines[:] = [CLAUSE.sub(link_to_clause, line) for line in lines]
    # Not those of attributes, where napoleon takes the words before a colon for a type.
    if what not in {"attribute", "data", "property"}:
        lines[:] = GoogleDocstring(lines, NAPOLEON, app, what, name, obj, options).lines()


def link_to_clause(match: re.Match[str]) -> str:
    return f"`{match[1]} <../contract.html#{ANCHORS[match[1]]}>`__"


def write_certificate_pages(_app: Sphinx) -> None:
    """Make a page of each certificate: the repository has them as JSON only."""
    for path in (DOCS / "certificates").glob("*.json"):
        certificate.write(certificate.load(path), path.with_suffix(".html"))


def list_faulty_stores(_app: Sphinx, page: str, source: list[str]) -> None:
    """Fill the page of the kill matrix from the zoo."""
    if page == "kill-matrix":
        source[0] = zoo.page.page(source[0])


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("builder-inited", write_certificate_pages)
    app.connect("source-read", list_faulty_stores)
    app.connect("missing-reference", of_unique_name)
    app.connect("autodoc-process-docstring", prepare_docstring)
