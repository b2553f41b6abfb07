"""Fixtures: the package of one suite (CAMNODE_SUITE), a clean tree of it, and a network for what runs there.
The cases of test_package.py are one story, told in their order."""

import os
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

import pytest  # noqa: E402

from debian import ROOT, Network, Tree, run  # noqa: E402

SUITE = os.environ.get("CAMNODE_SUITE", "bookworm")
FOLDER = ROOT / "build/package" / SUITE
HOST_SUITE = "VERSION_CODENAME=" + SUITE + "\n"


@pytest.fixture(scope="session")
def suite():
    return SUITE


@pytest.fixture(scope="session")
def figure(record_testsuite_property):
    """figure(name, value): measured, not judged; it stands in the report."""
    def tell(name, value):
        print(f"{SUITE}: {name}: {value}")
        record_testsuite_property(name, value)
    return tell


def build_here(output):
    run(ROOT / "deploy/build-deb", "--output", output)


def build_in_tree(output):
    """As on a machine of that suite; in the tree that tests/suites/run builds in, too, which is kept."""
    path = ROOT / "build/suites" / SUITE
    tree = Tree(path) if path.exists() else Tree.make(SUITE, path)
    tree.run("sh", "-c", "cd /camnode && deploy/build-deb --output /output",
             binds=[(ROOT, "/camnode"), (output, "/output")])


@pytest.fixture(scope="session")
def package():
    """The package, built for the suite; CAMNODE_DEB: one that is there already."""
    if "CAMNODE_DEB" in os.environ:
        return Path(os.environ["CAMNODE_DEB"])
    output = FOLDER / "deb"
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    (build_here if HOST_SUITE in Path("/etc/os-release").read_text() else build_in_tree)(output)
    return next(output.glob("camnode_*.deb"))


@pytest.fixture(scope="session")
def tree(package):
    if os.geteuid() != 0:
        pytest.skip("only root can make trees")
    shutil.rmtree(FOLDER / "clean", ignore_errors=True)
    tree = Tree.make(SUITE, FOLDER / "clean")
    tree.network = Network(f"camnode-{SUITE}")
    yield tree
    tree.stop_all()
    tree.network.close()
    shutil.rmtree(tree.path)
