"""deploy/completion in bash, with the options of the program at hand."""

import subprocess

import pytest

from support.node import BINARY, ROOT
from support.wait import SLOWNESS

pytestmark = pytest.mark.skipif(SLOWNESS > 1, reason="a script: no sanitizer looks at it")

SCRIPT = f"""
source {ROOT}/deploy/completion/camnode
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_camnode
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def complete(*words, folder=ROOT):
    run = subprocess.run(["bash", "-uc", SCRIPT, "bash", str(BINARY), *words], cwd=folder, text=True,
                         capture_output=True, timeout=30, check=False)
    assert run.returncode == 0 and not run.stderr, run.stderr
    return [line for line in run.stdout.split("\n") if line]


def test_options():
    assert complete("--c") == ["--config=", "--check-config "]
    assert complete("--set") == ["--setup "]
    assert {"--help ", "--log-level=", "--broker-password-file="} <= set(complete(""))
    assert complete("--nonsense") == []


def test_arguments(tmp_path):
    (tmp_path / "node.yaml").touch()
    assert complete("--config", "=", "no", folder=tmp_path) == ["node.yaml"]
    assert complete("-c", "", folder=tmp_path) == ["node.yaml"]
    assert complete("--log-level", "=", folder=tmp_path) == ["error", "warn", "info", "debug"]
    assert complete("-l", "w") == ["warn"]
    assert complete("--lan-tls", "=", "y") == ["yes"]
    assert complete("--broker", "=", "", folder=tmp_path) == []
