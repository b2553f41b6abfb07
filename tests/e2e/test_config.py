"""node.yaml and the command line, as a person meets them."""

import signal

import pytest
import yaml

from support.node import ROOT, camera, run


def check(tmp_path, text):
    path = tmp_path / "node.yaml"
    path.write_text(text)
    return run("--check-config", "--config", path)


def test_the_shipped_file_works():
    result = run("--check-config", "--config", ROOT / "node.yaml")
    assert result.returncode == 0, result.stderr


def test_print_config_is_complete_and_loads_again(tmp_path):
    printed = run("--print-config", "--config", ROOT / "node.yaml").stdout
    config = yaml.safe_load(printed)
    assert config["mqtt"]["prefix"] == "camnode" and config["http"]["port"] == 8080
    assert config["cameras"][0]["id"] == "cam0"
    assert check(tmp_path, printed).returncode == 0


def test_every_error_is_reported_with_its_place(tmp_path):
    result = check(tmp_path, "mqtt:\n  prot: 1\n  port: 70000\ncameras:\n  - id: Cam 0\n    fps: fast\n")
    assert result.returncode == 2
    lines = result.stderr.splitlines()
    for place, words in (("node.yaml:2:3:", ("prot", "port")), ("node.yaml:3:9:", ("mqtt.port", "70000", "65535")),
                         ("node.yaml:5:9:", ("cameras[0].id", "Cam 0")),
                         ("node.yaml:6:10:", ("cameras[0].fps", "fast"))):
        matching = [line for line in lines if place in line]
        assert len(matching) == 1, (place, lines)
        assert all(word in matching[0] for word in words), matching[0]


@pytest.mark.parametrize("text,words", [
    ("cameras: [", ["node.yaml:", "YAML"]),
    ("\tx: 1", ["node.yaml:1"]),
    ("cameras:\n  - id: a\n  - id: a\n", ["cameras[1].id", "a"]),
    ("cameras:\n  - id: a-timelapse\n", ["cameras[0].id", "timelapse"]),
    ("nodes: {}\n", ["nodes", "node"]),
    ("mqtt: 5\n", ["mqtt"]),
    ("cameras:\n  - id: a\n    size: 10x\n", ["cameras[0].size", "10x"]),
    ("http: {users: [{name: a}]}\n", ["http.users[0]"]),
    ("mqtt: {password_file: /nowhere}\n", ["password_file", "/nowhere"]),
    ("http: {port: 1, port: 2}\n", ["port"]),
])
def test_wrong_files(tmp_path, text, words):
    result = check(tmp_path, text)
    assert result.returncode == 2 and result.stderr.strip()
    assert all(word in result.stderr for word in words), result.stderr


def test_what_is_right_but_will_not_work_is_warned_of(tmp_path):
    result = check(tmp_path, f"record: {{dir: {tmp_path}, free_mb: 100000000}}\ncameras:\n"
                   "  - {id: a, h264: {encoder: nonsense}}\n  - {id: b, h264: {encoder: libx264}}\n"
                   "  - {id: c, h264: {encoder: mpeg4}}\n")
    assert result.returncode == 0
    warnings = [line for line in result.stdout.splitlines() if "warning" in line]
    assert len(warnings) == 3 and "a: " in warnings[0] and 'has no encoder "nonsense"' in warnings[0]
    assert "c: " in warnings[1] and '"mpeg4" is not one for H.264' in warnings[1]
    assert "record.free_mb" in warnings[2]


def test_a_name_that_pictures_cannot_show_is_told_of(tmp_path):
    result = check(tmp_path, "cameras:\n" + "".join(
        f"  - {{id: cam{i}, name: {name}, overlay: {{name: {shown}}}}}\n" for i, (name, shown) in
        enumerate((("현관 앞 카메라 1", "true"), ("Haustür", "true"), ("현관", "true"), ("Door", "true"), ("현관", "false")))))
    told = [line.split(":")[0] + line.split("show")[1] for line in result.stdout.splitlines() if "overlay" in line]
    assert result.returncode == 0 and told == [
        f'cam{i} "{shown}" for "{name}": only ASCII can be drawn' for i, shown, name in
        ((0, "?? ? ??? 1", "현관 앞 카메라 1"), (1, "Haustur", "Haustür"), (2, "cam2", "현관"))]


def test_missing_file_is_named(tmp_path):
    result = run("--config", tmp_path / "none.yaml")
    assert result.returncode == 2 and "none.yaml" in result.stderr


def test_version_help_and_unknown_option():
    assert run("--version").stdout.startswith("camnode ")
    assert "--check-config" in run("--help").stdout
    assert "mqtt.keep_alive_s" in run("--help-config").stdout
    result = run("--frobnicate")
    assert result.returncode == 2 and "frobnicate" in result.stderr


def test_list_cameras_names_the_pattern():
    result = run("--list-cameras")
    assert result.returncode == 0 and "pattern" in result.stdout


def test_secrets_are_not_printed(tmp_path):
    path = tmp_path / "node.yaml"
    path.write_text("mqtt: {username: a, password: hush}\n")
    result = run("--print-config", "--config", path)
    assert result.returncode == 0 and "hush" not in result.stdout and "***" in result.stdout


def test_reload_changes_what_it_can_and_names_the_rest(make_node):
    node = make_node(mqtt={"enabled": False})
    before = node.config["telemetry"]["interval_s"]
    node.wait_state("telemetry", lambda telemetry: telemetry["interval_s"] == before)
    node.config["telemetry"]["interval_s"] = 7
    node.config["cameras"] = [camera(jpeg={"quality": 33}, fps=10)]
    node.write_config()
    node.signal(signal.SIGHUP)
    node.wait_log("needs a restart")
    restart = [line for line in node.log.splitlines() if "needs a restart" in line]
    applied = [line for line in node.log.splitlines() if "applied" in line]
    assert len(restart) == 1 and "fps" in restart[0]
    assert any("telemetry.interval_s" in line for line in applied)
    node.wait_state("telemetry", lambda telemetry: telemetry["interval_s"] == 7)
    assert any("jpeg.quality" in line for line in applied)
    reply = node.post("/api/v1/set/cam/cam0/snapshot/set").json()
    assert reply["data"]["quality"] == 33


def test_reload_of_a_broken_file_changes_nothing(make_node):
    node = make_node(mqtt={"enabled": False})
    node.path.write_text("cameras: 5\nmqtt: {port: x}\n")
    node.signal(signal.SIGHUP)
    node.wait_log("nothing was changed")
    assert node.log.count("reload: ") >= 3
    assert node.get("/healthz").ok
