"""Nothing that is read can bring code with it: no objects are deserialised, no text evaluated, no shell asked."""

import ast

import pytest

from algorhythms_assets_tests.conftest import ROOT

MODULES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "jsonpickle"}
CALLS = {
    "eval", "exec", "compile", "os.system", "os.popen",
    "torch.jit.load", "pd.read_pickle", "pandas.read_pickle", "yaml.load", "yaml.unsafe_load", "yaml.full_load",
}  # fmt: skip


def dangers(source):
    """What a program does that could run code found in data, with its line."""
    found = []
    for node in ast.walk(ast.parse(source)):
        imported = []
        if isinstance(node, ast.Import):
            imported = [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            imported = [node.module or ""]
        found += [(node.lineno, name) for name in imported if name.split(".")[0] in MODULES]
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            arguments = {argument.arg: ast.unparse(argument.value) for argument in node.keywords}
            if (
                called in CALLS
                or (called == "torch.load" and arguments.get("weights_only") != "True")
                or arguments.get("allow_pickle", "False") != "False"
                or arguments.get("shell", "False") != "False"
            ):
                found.append((node.lineno, called))
    return found


@pytest.mark.parametrize(
    "program",
    [
        "import pickle",
        "from cloudpickle import loads",
        "import joblib as j",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "np.load(path, allow_pickle=True)",
        "pd.read_pickle(path)",
        "yaml.load(text, yaml.Loader)",
        "eval(text)",
        "subprocess.run(text, shell=True)",
    ],
)
def test_a_danger_is_seen(program):
    assert len(dangers(program)) == 1


@pytest.mark.parametrize(
    "program",
    ["np.load(path)", "torch.load(path, weights_only=True)", "model.eval()", "yaml.safe_load(t)", "re.compile(t)"],
)
def test_what_is_harmless_is_not(program):
    assert dangers(program) == []


def test_the_project_has_none():
    files = [*(ROOT / "algorhythms_assets").rglob("*.py"), *(ROOT / "lambda" / "src").rglob("*.py")]
    assert len(files) > 200
    assert {str(path.relative_to(ROOT)): found for path in files if (found := dangers(path.read_text()))} == {}
