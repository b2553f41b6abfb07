"""The Debian package's life in a clean tree: built, looked at, installed, used, upgraded, removed, purged."""

import json
import re

import pytest

from debian import ROOT, contents, field, repack, run
from support.wait import wait_until

CONFIG = "/etc/camnode/node.yaml"
RECORDINGS = "/var/lib/camnode/recordings"
PAGE = "http://127.0.0.1:8080"
MINE = "  log_level: debug\n"
KEEP_MINE = ("-o", "Dpkg::Options::=--force-confold")
SHIPPED = {
    "/usr/bin/camnode": "-rwxr-xr-x",
    CONFIG: "-rw-r--r--",
    "/usr/lib/sysusers.d/camnode.conf": "-rw-r--r--",
    "/usr/share/man/man8/camnode.8.gz": "-rw-r--r--",
    "/usr/share/bash-completion/completions/camnode": "-rw-r--r--",
    "/usr/share/doc/camnode/copyright": "-rw-r--r--",
    "/usr/share/doc/camnode/changelog.gz": "-rw-r--r--",
    "/usr/share/doc/camnode/camnode.spdx.json": "-rw-r--r--",
}


@pytest.fixture(scope="session")
def older(package, tmp_path_factory):
    """What an earlier release may have been: its settings file had another comment."""
    changes = {CONFIG: lambda text: text + "# of the earlier release\n"}
    return repack(package, tmp_path_factory.mktemp("older"), "0.0.9-1", changes)


def sections(*names):
    """Of deploy/packages: sets of alternatives."""
    found, section = set(), None
    for line in (ROOT / "deploy/packages").read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif section in names and line and not line.startswith("#"):
            found.add(frozenset(word.strip() for word in line.split("|")))
    return found


def test_the_build_needs_what_install_packages_installs():
    control = (ROOT / "deploy/debian/control").read_text()
    needed = re.search(r"^Build-Depends:(.*?)^\S", control, re.MULTILINE | re.DOTALL).group(1)
    for line in needed.strip().rstrip(",").split(","):
        names = {word.split("(")[0].strip() for word in line.split("|")}
        if "<!nocheck>" in line:
            continue
        names = {"debhelper" if name == "debhelper-compat" else name for name in names}
        assert any(names & there for there in sections("build", "deb")), f"{names} is not in deploy/packages"


def test_lintian_finds_nothing(package, figure):
    """Errors and warnings; what is overridden has its reason beside it."""
    changes = next(package.parent.glob("*.changes"))
    told = run("lintian", "--allow-root", "--no-cfg", "--info", "--display-info", "--pedantic",
               "--fail-on", "error,warning", changes, check=False)
    print(told.stdout)
    figure("lintian", told.stdout.count("\n"))
    assert told.returncode == 0, told.stdout


def test_contents(package, suite, figure):
    files = contents(package)
    for path, mode in SHIPPED.items():
        assert path in files, f"{path} is missing"
        assert files[path][0] == mode and files[path][1] == "root/root", (path, files[path])
    units = [path for path in files if path.endswith("/systemd/system/camnode.service")]
    assert len(units) == 1, units
    version = re.search(r"\nproject\(camnode VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text()).group(1)
    release = {"bookworm": 12, "trixie": 13}[suite]
    pattern = rf"{re.escape(version)}(~git\d{{14}}\.([0-9a-f]+|src))?-1~deb{release}u1"
    assert re.fullmatch(pattern, field(package, "Version")), field(package, "Version")
    depends = field(package, "Depends")
    assert "libcamera" in depends and "libpaho-mqtt" in depends, depends
    figure("depends", depends)
    figure("package_kb", package.stat().st_size // 1024)
    figure("installed_kb", field(package, "Installed-Size"))


def test_sbom_names_all_that_is_linked(package, tmp_path):
    run("dpkg-deb", "--extract", package, tmp_path)
    document = json.loads((tmp_path / "usr/share/doc/camnode/camnode.spdx.json").read_text())
    assert document["spdxVersion"] == "SPDX-2.3" and document["SPDXID"] == "SPDXRef-DOCUMENT"
    assert document["dataLicense"] == "CC0-1.0" and document["creationInfo"]["creators"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", document["creationInfo"]["created"])
    packages = {entry["SPDXID"]: entry for entry in document["packages"]}
    assert len(packages) == len(document["packages"])
    for name, entry in packages.items():
        assert re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", name)
        assert {"name", "versionInfo", "downloadLocation", "licenseDeclared"} <= entry.keys()
    for relation in document["relationships"]:
        assert relation["relatedSpdxElement"] in packages
        assert relation["spdxElementId"] in packages or relation["spdxElementId"] == "SPDXRef-DOCUMENT"
    top = next(relation for relation in document["relationships"] if relation["relationshipType"] == "DESCRIBES")
    binary = tmp_path / "usr/bin/camnode"
    digest = run("sha256sum", binary).stdout.split()[0]
    assert packages[top["relatedSpdxElement"]]["checksums"] == [{"algorithm": "SHA256", "checksumValue": digest}]
    needed = re.findall(r"\(NEEDED\).*\[(.+)\]", run("readelf", "-dW", binary).stdout)
    linked = " ".join(entry.get("comment", "") for entry in document["packages"])
    assert needed and all(name in linked for name in needed)
    assert any(entry["name"] == "preact" for entry in document["packages"])


def test_installed(tree, older, figure):
    tree.apt("update")
    wanted = tree.apt("install", "--simulate", "mosquitto", "mosquitto-clients", "curl").stdout
    assert "Inst mosquitto " in wanted
    told = tree.install(older, "mosquitto", "mosquitto-clients", "curl")
    figure("packages_installed", re.findall(r"(\d+) newly installed", told)[0])
    assert "not found" not in tree.run("ldd", "/usr/bin/camnode").stdout
    assert tree.owner("/etc/camnode") == "root:camnode 750"
    assert tree.owner(CONFIG) == "root:camnode 640"
    assert tree.owner("/var/lib/camnode") == "camnode:camnode 750"
    assert tree.run("id", "-Gn", "camnode").stdout.split() == ["camnode", "video"]
    assert tree.file("/etc/systemd/system/multi-user.target.wants/camnode.service").is_symlink()
    assert "of the earlier release" in tree.file(CONFIG).read_text()
    check = tree.run("camnode", "--check-config").stdout
    assert f"{CONFIG} is right" in check, check


def test_the_unit_is_right(tree, figure):
    unit = tree.run("sh", "-c", "dpkg -L camnode | grep 'system/camnode.service$'").stdout.strip()
    told = tree.run("env", "SYSTEMD_LOG_TARGET=console", "systemd-analyze", "verify", "--man=no", unit).stdout
    assert told.strip() == ""
    told = tree.run("systemd-analyze", "security", "--offline=true", "--no-pager", unit, check=False).stdout
    figure("exposure", told.strip().splitlines()[-1])


def start_node(tree, folder):
    """As the unit does: as its user, with the settings that were installed."""
    node = tree.start(folder / "camnode.log", "setpriv", "--reuid=camnode", "--regid=camnode", "--init-groups",
                      "--no-new-privs", "camnode")

    def is_ready():
        assert node.is_running(), node.log
        return tree.run_alone("curl", "-fsS", f"{PAGE}/healthz", check=False).returncode == 0
    wait_until(is_ready, 20, "the node answers", interval=0.2)
    return node


def state(tree):
    """Topics and what was said last."""
    return json.loads(tree.run_alone("curl", "-fsS", f"{PAGE}/api/v1/state").stdout)


def test_runs_before_anything_is_configured(tree, tmp_path):
    """No broker, no camera, no users: the node serves its page, and only to this machine."""
    node = start_node(tree, tmp_path)
    page = tree.run_alone("curl", "-fsS", f"{PAGE}/").stdout
    assert "<html" in page
    listeners = run(*tree.network.prefix, "ss", "-Hltn").stdout.split()
    assert [word for word in listeners if ":8080" in word] == ["127.0.0.1:8080"]
    assert tree.run_alone("curl", "-fsS", "-o", "/tmp/picture.jpg", f"{PAGE}/cam/cam0/snapshot.jpg").returncode == 0
    assert tree.file("/tmp/picture.jpg").read_bytes().startswith(b"\xff\xd8")
    assert node.terminate() == 0, node.log


def test_records_by_command_of_the_broker(tree, tmp_path):
    node = start_node(tree, tmp_path)
    tree.start(tmp_path / "mosquitto.log", "mosquitto")
    prefix = f"camnode/{state(tree)['node']}"
    wait_until(lambda: "online" in tree.run_alone("mosquitto_sub", "-W", "5", "-C", "1", "-t", f"{prefix}/status",
                                                  check=False).stdout, 60, "the node is at the broker")
    tree.run_alone("mosquitto_pub", "-t", f"{prefix}/cam/cam0/record/set", "-m", '{"state":"ON","duration_s":2}')
    wait_until(lambda: [path for path in tree.file(RECORDINGS).rglob("*.mp4") if ".part" not in path.name],
               60, "the recording is finished")
    assert node.terminate() == 0, node.log
    recording = next(tree.file(RECORDINGS).rglob("*.mp4"))
    assert seconds(recording) > 1


def seconds(recording):
    return float(run("ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0",
                     recording).stdout)


def recordings(tree):
    return {path: path.stat().st_size for path in tree.file(RECORDINGS).rglob("*.mp4")}


def test_upgrade_takes_the_new_settings_file_where_nothing_was_changed(tree, package):
    before = recordings(tree)
    tree.install(package)
    assert before and recordings(tree) == before
    assert "of the earlier release" not in tree.file(CONFIG).read_text()
    assert tree.owner(CONFIG) == "root:camnode 640"
    assert tree.run("dpkg-query", "-W", "-f", "${Version}", "camnode").stdout == field(package, "Version")


def test_upgrade_keeps_changed_settings(tree, package, older, tmp_path):
    """With the option that unattended upgrades use; dpkg leaves the new file beside it."""
    tree.install(older, options=("--allow-downgrades", *KEEP_MINE))
    text = tree.file(CONFIG).read_text()
    tree.file(CONFIG).write_text(text.replace("node:\n", "node:\n" + MINE, 1))
    tree.install(package, options=KEEP_MINE)
    assert MINE in tree.file(CONFIG).read_text()
    assert "of the earlier release" not in tree.file(CONFIG + ".dpkg-dist").read_text()
    assert tree.owner(CONFIG) == "root:camnode 640"
    assert tree.owner("/etc/camnode") == "root:camnode 750"
    node = start_node(tree, tmp_path)
    for path in recordings(tree):
        address = f"{PAGE}/recordings/{path.relative_to(tree.file(RECORDINGS))}"
        tree.run_alone("curl", "-fsS", "-o", "/tmp/fetched", address)
        assert tree.file("/tmp/fetched").read_bytes() == path.read_bytes()
    assert node.terminate() == 0, node.log


def test_owners_that_the_administrator_chose_stay(tree, package):
    tree.run("chmod", "644", CONFIG)
    tree.apt("install", "--reinstall", f"/tmp/{package.name}")
    assert tree.owner(CONFIG) == "root:camnode 644"
    assert MINE in tree.file(CONFIG).read_text()


def test_removed_it_leaves_settings_and_recordings(tree):
    before = recordings(tree)
    tree.apt("remove", "camnode")
    assert not tree.file("/usr/bin/camnode").exists()
    assert MINE in tree.file(CONFIG).read_text()
    assert before and recordings(tree) == before


def test_purged_it_leaves_recordings_and_says_so(tree):
    before = recordings(tree)
    for name in ("mqtt-password", "user-me.hash", "http-cert.pem", "http-key.pem", "node.yaml.20260101-000000"):
        tree.file(f"/etc/camnode/{name}").touch()  # as camnode --setup leaves them
    told = tree.apt("purge", "camnode").stdout
    assert f"recordings stay in {RECORDINGS}" in told
    assert before and recordings(tree) == before
    assert not tree.file("/etc/camnode").exists()
    assert not tree.file("/var/lib/camnode/state").exists()
    assert not tree.file("/etc/systemd/system/multi-user.target.wants/camnode.service").is_symlink()
    assert tree.owner(RECORDINGS).startswith("camnode:camnode")


def test_installed_again_it_is_as_new(tree, package):
    tree.install(package)
    assert MINE not in tree.file(CONFIG).read_text()
    assert tree.owner(CONFIG) == "root:camnode 640"
    tree.run("rm", "-r", RECORDINGS)
    assert "recordings stay" not in tree.apt("purge", "camnode").stdout
    assert not tree.file("/var/lib/camnode").exists()
