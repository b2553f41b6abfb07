"""`camnode --setup`, as a newcomer answers it on a terminal, and as a roll-out by options."""

import os
import re
import shlex
import shutil
import stat
import subprocess

import pytest
import requests
import yaml

from support.broker import Broker, passwords
from support.certificates import Authority
from support.node import BINARY, ROOT, run
from support.ports import free_port
from support.terminal import Terminal
from support.wait import SLOWNESS, wait_until


no_threads = pytest.mark.skipif(SLOWNESS > 3, reason="no threads that the others' have not: not for their sanitizer")

PASSWORD = "correct horse"
MINE = "let me in, please"


@pytest.fixture
def broker(tmp_path):
    """Lets nobody in without a password."""
    file = passwords(tmp_path / "broker", garage=PASSWORD)
    broker = Broker(tmp_path / "broker", [f"password_file {file}"], anonymous=False).start()
    yield broker
    broker.stop()


@pytest.fixture
def config(tmp_path):
    """The configuration as it is shipped, with a synthetic camera."""
    path = tmp_path / "etc/node.yaml"
    path.parent.mkdir()
    text = (ROOT / "node.yaml").read_text()
    path.write_text(text.replace("source: auto ", "source: pattern ").replace("1280x720", "320x240"))
    path.chmod(0o640)
    return path


def setup(config, *options, text=None):
    return run("--setup", "--config", config, *options, text=text)


def load(config):
    return yaml.safe_load(config.read_text())


def secret(tmp_path, text):
    path = tmp_path / "given-password"
    path.write_text(text + "\n")
    path.chmod(0o600)
    return path


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


class Conversation(Terminal):
    """Answers questions in their order."""

    def __init__(self, config, *options):
        super().__init__(BINARY, "--setup", "--config", config, *options)
        self.at = 0

    def answer(self, question, text=""):
        self.at = self.wait_for(question, 30, self.at)
        if not question.endswith(":"):
            self.at = self.wait_for("]: ", 5, self.at)
        self.type(text + "\n")
        return self

    def hear(self, text):
        self.at = self.wait_for(text, 30, self.at)
        return self


def test_a_newcomer_gets_there_by_trying(tmp_path, config, broker, make_node):
    before = config.read_text()
    talk = Conversation(config)
    talk.answer("Id, in topics", "Garage!").hear("is not valid; allowed: 1 to 64 of a-z")
    talk.answer("Id, in topics", "garage").answer("Name, for people", "The garage")
    talk.answer("Address", "nowhere.invalid").answer("User", "garage").answer("Password:", PASSWORD)
    talk.hear("unknown host").answer("again")
    talk.answer("Address", f"127.0.0.1:{free_port()}").answer("User").answer("Password:", PASSWORD)
    talk.hear("refused").answer("again")
    talk.answer("Address", f"127.0.0.1:{broker.port}").answer("User", "none")
    talk.hear("asks for a user name and a password").answer("again", "y")
    talk.answer("Address").answer("User", "garage").answer("Password:", "guess")
    talk.hear('refuses the user "garage": wrong name or password').answer("again")
    talk.answer("Address").answer("User").answer("Password:", PASSWORD).hear("connected by MQTT 5")
    talk.answer("Let other machines in", "perhaps").hear("allowed: yes, no").answer("Let other machines in")
    talk.answer("User", "me").answer("Password", "short").hear("8 to 256 characters")
    talk.answer("Password", MINE).answer("Again:", "another one").hear("They differ")
    talk.answer("Password", MINE).answer("Again:", MINE)
    talk.answer("HTTPS", "yes").hear("SHA-256")
    talk.hear("a picture of 320x240").answer("Write this?").hear("Next")
    assert talk.wait() == 0
    assert PASSWORD not in talk.text and MINE not in talk.text, "typed passwords are not shown"

    written = load(config)
    assert written["node"] == {"id": "garage", "name": "The garage"}
    assert written["mqtt"] == {"host": "127.0.0.1", "port": broker.port, "username": "garage",
                               "password_file": "mqtt-password"}
    assert written["http"]["users"] == [{"name": "me", "role": "operator", "hash_file": "user-me.hash"}]
    comments = [line for line in before.splitlines() if line.lstrip().startswith("#")]
    assert comments == [line for line in config.read_text().splitlines() if line.lstrip().startswith("#")]
    backup, = config.parent.glob("node.yaml.*")
    assert backup.read_text() == before
    secrets = [config.parent / name for name in ("mqtt-password", "user-me.hash", "http-key.pem")]
    assert all(mode(path) & 0o007 == 0 for path in secrets) and mode(config) == mode(backup) == 0o640

    node = make_node(start=False)
    node.config = written
    node.config["http"] |= {"port": free_port(), "tls_cert_file": str(config.parent / "http-cert.pem"),
                            "tls_key_file": str(config.parent / "http-key.pem")}
    node.config["mqtt"]["password_file"] = str(config.parent / "mqtt-password")
    node.config["http"]["users"][0]["hash_file"] = str(config.parent / "user-me.hash")
    node.config["record"] |= {"dir": str(tmp_path / "recordings")}
    node.config["node"]["state_dir"] = str(tmp_path / "state")
    node.start()
    assert node.get("/api/v1/state", verify=False).status_code == 401
    certificate = str(config.parent / "http-cert.pem")
    answer = requests.get(node.url + "/api/v1/state", auth=("me", MINE), verify=certificate, timeout=10)
    assert answer.ok and answer.json()["node"] == "garage", "and the certificate names this machine"
    wait_until(lambda: "not connected" not in node.get("/healthz", verify=False).text, 10, "the broker")


def test_options_answer_everything(tmp_path, config, broker):
    result = setup(config, "--yes", "--node-id=garage", "--node-name=Garage",
                   f"--broker=mqtt://127.0.0.1:{broker.port}", "--broker-user=garage",
                   "--broker-password-file=-", "--lan=me", "--lan-password-file=-",
                   text=f"{PASSWORD}\n{MINE}\n")
    assert result.returncode == 0, result.stderr
    assert "connected by MQTT 5" in result.stdout and PASSWORD not in result.stdout + result.stderr
    assert (config.parent / "mqtt-password").read_text() == PASSWORD + "\n"
    assert load(config)["http"]["bind"] == "0.0.0.0"
    after = config.read_text()
    again = setup(config, "--yes", "--node-id=garage", f"--broker=mqtt://127.0.0.1:{broker.port}")
    assert again.returncode == 0 and "nothing to change" in again.stdout
    assert config.read_text() == after and len(list(config.parent.glob("node.yaml.*"))) == 1
    closed = setup(config, "--yes", "--lan=no", "--broker=none")
    assert closed.returncode == 0, closed.stderr
    assert load(config)["http"]["bind"] == "127.0.0.1" and load(config)["mqtt"]["enabled"] is False


def test_a_refused_password_does_not_replace_one_that_works(tmp_path, config, broker):
    options = ("--yes", "--node-id=garage", f"--broker=127.0.0.1:{broker.port}", "--broker-user=garage")
    assert setup(config, *options, "--broker-password-file=-", text=f"{PASSWORD}\n").returncode == 0
    before = {path.name: path.read_bytes() for path in config.parent.iterdir()}
    refused = setup(config, *options, "--broker-password-file=-", text="wrong\n")
    assert refused.returncode == 1 and "nothing was written" in refused.stderr, refused.stderr
    assert 'refuses the user "garage"' in refused.stdout and "correct the user, the password" in refused.stderr
    assert {path.name: path.read_bytes() for path in config.parent.iterdir()} == before
    (config.parent / "mqtt-password").write_text("changed since\n")
    other = setup(config, "--yes", "--lan=me")
    assert other.returncode == 0 and load(config)["http"]["bind"] == "0.0.0.0", "which has nothing to do with it"
    broker.stop()
    absent = setup(config, *options, "--broker-password-file=-", text="later\n")
    assert absent.returncode == 0 and "tries again" in absent.stdout, absent.stdout
    assert (config.parent / "mqtt-password").read_text() == "later\n"


def test_a_password_is_made_where_none_is_given(config):
    result = setup(config, "--yes", "--broker=none", "--lan=me")
    made = re.search(r"as me with the password ((?:[a-z2-9]{4}-){3}[a-z2-9]{4})$", result.stdout, re.M)
    assert result.returncode == 0 and made, result.stdout
    shown = result.stdout.replace(made[0], "") + result.stderr
    assert made[1] not in shown and made[1] not in config.read_text()
    other = setup(config, "--yes", "--lan=me")
    assert "with the password" not in other.stdout, "who is there keeps his"


def test_a_broker_with_tls_is_verified(tmp_path, config):
    authority, stranger = Authority(tmp_path / "ca"), Authority(tmp_path / "other", "other")
    certificate, key = authority.issue("server")
    broker = Broker(tmp_path / "tls", [f"certfile {certificate}", f"keyfile {key}"]).start()
    try:
        address = f"--broker=mqtts://127.0.0.1:{broker.port}"
        for ca, words in ((None, "not trusted here"), (stranger.file, "not trusted here"),
                          (authority.file, "connected by MQTT 5")):
            result = setup(config, "--yes", address, *([f"--broker-ca={ca}"] if ca else []))
            assert words in result.stdout, (ca, result.stdout)
            assert result.returncode == (0 if ca == authority.file else 1), "what is not trusted is not written"
        assert load(config)["mqtt"]["ca_file"] == str(authority.file) and load(config)["mqtt"]["tls"] is True
        plain = setup(config, "--yes", f"--broker=mqtt://127.0.0.1:{broker.port}")
        assert "Then mqtts://" in plain.stdout
        assert "ca_file: null" in config.read_text(), "it would have no effect"
    finally:
        broker.stop()


def test_a_user_without_rights_is_told(tmp_path, config):
    folder = tmp_path / "acl"
    file = passwords(folder, garage=PASSWORD)
    shutil.copy(ROOT / "deploy/mosquitto/fleet.acl", folder / "acl")
    (folder / "acl").chmod(0o600)
    broker = Broker(folder, [f"password_file {file}", f"acl_file {folder / 'acl'}"], anonymous=False).start()
    try:
        options = ("--yes", f"--broker=127.0.0.1:{broker.port}", "--broker-user=garage",
                   f"--broker-password-file={secret(tmp_path, PASSWORD)}")
        refused = setup(config, *options, "--node-id=kitchen")
        assert "not write below camnode/kitchen" in refused.stdout, refused.stdout
        assert refused.returncode == 1 and "kitchen" not in config.read_text()
        assert "connected by MQTT 5" in setup(config, *options, "--node-id=garage").stdout
    finally:
        broker.stop()


@no_threads
@pytest.mark.parametrize("end", ["\x03", "\x04"])
def test_ctrl_c_and_end_of_input_leave_all_as_it_was(config, broker, end):
    before = config.read_text()
    talk = Conversation(config)
    talk.answer("Id, in topics", "garage").answer("Name, for people")
    talk.answer("Address", f"127.0.0.1:{broker.port}").answer("User", "garage").hear("Password: ").type(end)
    talk.hear("nothing was written")
    assert talk.wait() == 1
    assert config.read_text() == before and [p.name for p in config.parent.iterdir()] == ["node.yaml"]


@no_threads
def test_the_terminal_echoes_again_after_ctrl_c(config):
    shell = Terminal("/bin/sh", "-c", f"trap : INT; {BINARY} --hash-password; stty -a; echo done")
    shell.wait_for("Password: ")
    shell.press_ctrl_c()
    shell.wait_for("done")
    assert re.search(r"(?<!-)\becho\b", shell.text), shell.text
    shell.wait()


@no_threads
def test_without_a_terminal_options_are_asked_for(config):
    before = config.read_text()
    for options in ((), ("--broker=none",)):
        result = setup(config, *options, text="")
        assert result.returncode == 2 and "--yes" in result.stderr
    assert config.read_text() == before


@no_threads
@pytest.mark.parametrize("options,words", [
    ("--node-id='My Node'", ["--node-id", "My Node", "a-z 0-9"]),
    ("--broker=http://x", ["--broker", "mqtt://HOST"]),
    ("--broker-password-file=/nowhere", ["/nowhere", "cannot be read"]),
    ("--lan=Ä", ["--lan", "a-z 0-9"]),
    ("--lan=me --lan-tls=perhaps", ["--lan-tls", "yes, no"]),
    ("--broker-host=x", ["--broker-host", "unknown option"]),
    ("--broker-user=none --broker-password-file=-", ["--broker-password-file", "without --broker-user"]),
    ("--broker-ca=/etc/passwd", ["--broker-ca", "mqtts://"]),
    ("--lan-tls=yes", ["--lan-tls", "without --lan"]),
    ("--lan-password-file=-", ["--lan-password-file", "without --lan"]),
    ("--lan=no --lan-tls=no", ["--lan-tls", "without --lan=USER"]),
    ("--lan=No --lan-password-file=-", ["--lan-password-file", "without --lan=USER"]),
])
def test_wrong_answers_change_nothing(config, broker, options, words):
    before = config.read_text()
    result = setup(config, "--yes", f"--broker=127.0.0.1:{broker.port}", "--broker-user=garage", *shlex.split(options))
    assert result.returncode == 2 and all(word in result.stderr for word in words), result.stderr
    assert config.read_text() == before and [p.name for p in config.parent.iterdir()] == ["node.yaml"]


@no_threads
def test_a_file_with_mistakes_is_not_touched(config):
    config.write_text("mqtt: {prot: 1}\n")
    result = setup(config, "--yes", "--broker=none")
    assert result.returncode == 2 and "node.yaml:1:8" in result.stderr and "correct that first" in result.stderr
    assert config.read_text() == "mqtt: {prot: 1}\n"


@no_threads
def test_a_file_is_made_where_there_is_none(tmp_path):
    config = tmp_path / "new.yaml"
    result = setup(config, "--yes", "--node-id=garage", "--broker=none")
    assert result.returncode == 0, result.stderr
    assert load(config) == {"node": {"id": "garage"}, "mqtt": {"enabled": False}} and mode(config) & 0o007 == 0
    assert not list(tmp_path.glob("new.yaml.*"))


@no_threads
@pytest.mark.skipif(os.path.exists("/etc/camnode/node.yaml"), reason="that one comes first")
def test_the_working_folders_file_is_taken_where_none_is_installed(config):
    result = subprocess.run([BINARY, "--setup", "--yes", "--node-id=garage", "--broker=none"], cwd=config.parent,
                            capture_output=True, text=True, timeout=60 * SLOWNESS, check=False)
    assert result.returncode == 0 and load(config)["node"]["id"] == "garage", result.stdout + result.stderr


@no_threads
def test_what_has_no_place_in_the_file_is_left_to_a_person(config):
    """An alias: what it stands for holds elsewhere, too."""
    config.write_text("node: {id: &a garage}\nmqtt: {enabled: false, prefix: *a}\n")
    before = config.read_text()
    result = setup(config, "--yes", "--node-id=kitchen")
    assert result.returncode != 0 and "by hand" in result.stderr, result.stdout + result.stderr
    assert config.read_text() == before and len(list(config.parent.iterdir())) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_an_ordinary_user_has_his_own_file(tmp_path):
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_mode & 0o001 == 0 and str(folder).startswith("/tmp/"):
            folder.chmod(folder.stat().st_mode | 0o011)
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, 65534, 65534)
    binary = home / "camnode"
    shutil.copy(BINARY, binary)

    def as_nobody(*arguments):
        return subprocess.run([binary, "--setup", "--yes", *arguments], cwd=home, user=65534, group=65534,
                              extra_groups=[], capture_output=True, text=True, timeout=60 * SLOWNESS, check=False)

    result = as_nobody("--broker=none", "--lan=me")
    assert result.returncode == 0, result.stderr
    assert mode(home / "user-me.hash") == 0o600 and mode(home / "node.yaml") == 0o600
    refused = as_nobody("--config", tmp_path / "node.yaml", "--broker=none")
    assert refused.returncode == 1 and "sudo" in refused.stderr


@no_threads
@pytest.mark.skipif(os.geteuid() != 0, reason="changes owners")
def test_owner_and_mode_are_kept(config):
    os.chown(config, 65534, 65533)
    config.chmod(0o604)
    assert setup(config, "--yes", "--node-id=garage", "--broker=none").returncode == 0
    for path in (config, *config.parent.glob("node.yaml.*")):
        info = path.stat()
        assert (info.st_uid, info.st_gid, stat.S_IMODE(info.st_mode)) == (65534, 65533, 0o604), path
