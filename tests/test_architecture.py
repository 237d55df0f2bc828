"""Imports point one way, and modules stay small."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# A layer may import from itself and from the layers before it.
LAYERS = ["base", "audit", "accounts", "searches", "evaluation", "galleries", "training"]
LAYERS += ["oversight", "top"]
# What puts the parts together may know all of them.
TOP = {"portal.urls", "portal.urls_api", "portal.views"}
TOP |= {"portal.celery", "portal.celeryconfig", "portal.wsgi"}
TOP_PACKAGES = ("portal.management", "portal.doctor", "portal.demo", "portal.observing")
MOST_LINES = 300
# Whoever checks the record is to get one file, and nothing of the portal.
STANDS_ALONE = "portal.audit.candor_verify"
APPS = ("portal", "accounts", "searches", "evaluation", "galleries", "training", "oversight")


def modules() -> dict[str, Path]:
    found = {}
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = path
    return found


def layer_of(module: str) -> str:
    if module in TOP or module.startswith(TOP_PACKAGES):
        return "top"
    if module.startswith("portal.audit"):
        return "audit"
    first = module.split(".")[0]
    return "base" if first == "portal" else first


def imports(path: Path, module: str) -> set[str]:
    """Absolute names of what a module imports when it is loaded."""
    found: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = module if path.name == "__init__.py" else module.rpartition(".")[0]
                up = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*up, base] if base else up)
            found |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    return {name for name in found if name.split(".")[0] in APPS}


def test_imports_point_one_way() -> None:
    known = modules()
    wrong = []
    for module, path in known.items():
        rank = LAYERS.index(layer_of(module))
        for name in imports(path, module):
            if name in known and LAYERS.index(layer_of(name)) > rank:
                wrong.append(f"{module} imports {name}")
    assert wrong == []


def test_engines_know_no_django_and_nothing_of_the_portal() -> None:
    for module, path in modules().items():
        if not module.startswith("searches.engines"):
            continue
        tree = ast.parse(path.read_text())
        names = {
            alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for alias in node.names
        } | {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        roots = {name.split(".")[0] for name in names if name}
        assert not roots & {"django", "portal", "accounts"}, module


def test_decoders_know_nothing_of_the_portal_but_themselves() -> None:
    """Every import counts, also those in functions: a decoder can open no more files."""
    wrong = []
    for module, path in modules().items():
        if not module.startswith("searches.decoder"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            unwanted = (*APPS, "django", "numpy")
            wrong += [
                f"{module} imports {name}"
                for name in names
                if name.split(".")[0] in unwanted and not name.startswith("searches.decoder")
            ]
    assert wrong == []


def test_one_module_alone_writes_vector_sql() -> None:
    users = [
        module
        for module, path in modules().items()
        if "<#>" in path.read_text() or "halfvec" in path.read_text().lower()
    ]
    allowed = {"searches.vectors", "searches.migrations.0002_templates_and_row_security"}
    assert set(users) <= allowed


def is_a_list(path: Path) -> bool:
    """Whether a module is one enumeration and nothing else: a closed list, which has one place."""
    tree = ast.parse(path.read_text())
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    others = tree.body[: -len(classes)] if classes else tree.body
    return (
        len(classes) == 1
        and all(isinstance(node, ast.Expr | ast.ImportFrom) for node in others)
        and all(isinstance(node, ast.Assign) for node in classes[0].body)
    )


def test_one_module_alone_says_how_days_are_written() -> None:
    """Django's short format has 11/12/2026 for two different days, by the reader's language."""
    texts = {module: path.read_text() for module, path in modules().items()}
    writers = [one for one, text in texts.items() if "j M Y" in text or "SHORT_DATE" in text]
    assert writers == ["portal.days"]


def test_modules_stay_small() -> None:
    long = {
        module: lines
        for module, path in modules().items()
        if "migrations" not in module
        and module != STANDS_ALONE
        and not is_a_list(path)
        and (lines := path.read_text().count("\n")) > MOST_LINES
    }
    assert long == {}


def test_there_is_no_drawer_for_everything() -> None:
    assert [
        name for name in modules() if name.rpartition(".")[2] in ("utils", "helpers", "misc")
    ] == []
