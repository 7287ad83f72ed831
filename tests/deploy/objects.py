"""What a schema does not say: Kubernetes' objects fit each other, every file that a compose file mounts is there, and
every configuration that is shown is one.

Usage: objects.py PATH/TO/watertight FOLDER/deploy RENDERED_CHART
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

import kubernetes_validate
import yaml

watertight, deploy, rendered = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
VERSION = "1.33"


def is_a_configuration(text: str, where: str) -> None:
    """`serve --check` takes it, with secrets in the places that it names."""
    with tempfile.TemporaryDirectory() as folder:
        secret = pathlib.Path(folder, "secret")
        for name in set(re.findall(r"file:([^\"]*)", text)):
            held = "sha256:" + "0" * 64 if "hash" in name else "sk-x"
            path = secret.with_name(name.rsplit("/", 1)[1])
            path.write_text(held)
            text = text.replace(f"file:{name}", f"file:{path}")
        file = pathlib.Path(folder, "watertight.toml")
        file.write_text(text)
        env = {**os.environ, "OPENAI_API_KEY": "sk-x"}
        checked = subprocess.run(
            [watertight, "serve", "--check", "-c", file], capture_output=True, text=True, env=env, timeout=60
        )
        assert checked.returncode == 0, f"{where}: {checked.stderr}"


def fit(objects: list[dict], where: str) -> None:
    """One of each kind, valid for Kubernetes, and each name that one uses is another's."""
    for one in objects:
        kubernetes_validate.validate(one, VERSION, strict=True)
    kinds = {one["kind"]: one for one in objects}
    assert len(kinds) == len(objects) == 4, f"{where}: {sorted(kinds)}"
    deployment = kinds["Deployment"]["spec"]
    pod = deployment["template"]
    labels = pod["metadata"]["labels"]
    for kind, selector in (
        ("Deployment", deployment["selector"]["matchLabels"]),
        ("Service", kinds["Service"]["spec"]["selector"]),
        ("PodDisruptionBudget", kinds["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"]),
    ):
        assert selector and selector.items() <= labels.items(), f"{where}: {kind} selects {selector}, not {labels}"
    container = pod["spec"]["containers"][0]
    volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == volumes.keys(), where
    config = kinds["ConfigMap"]
    assert volumes["config"]["configMap"]["name"] == config["metadata"]["name"], where
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    file = container["args"][container["args"].index("--config") + 1]
    assert file == f"{mounts['config']}/watertight.toml" and "watertight.toml" in config["data"], where
    text = config["data"]["watertight.toml"]
    assert all(name.startswith(mounts["secrets"] + "/") for name in re.findall(r"file:([^\"]*)", text)), where
    port = {port["name"]: port["containerPort"] for port in container["ports"]}["http"]
    assert f'listen = "0.0.0.0:{port}"' in text, where
    # `shutdown.drain` is 25 seconds unless the configuration says otherwise.
    assert pod["spec"]["terminationGracePeriodSeconds"] > 30, where
    is_a_configuration(text, where)


def composed(file: pathlib.Path) -> None:
    services = yaml.safe_load(file.read_text())
    for name, service in services["services"].items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            there = (file.parent / source).exists() if source.startswith(".") else source in services["volumes"]
            assert there, f"{file.name}: {name} mounts {source}, which is not there"
        build = service.get("build")
        if build:
            assert (file.parent / build["context"] / build["dockerfile"]).exists(), file.name
        for secret in service.get("secrets", []):
            assert secret in services["secrets"], f"{file.name}: {secret}"


fit(list(yaml.safe_load_all((deploy / "kubernetes/watertight.yaml").read_text())), "kubernetes/watertight.yaml")
fit([one for one in yaml.safe_load_all(rendered.read_text()) if one], "the chart, rendered")
for file in sorted((deploy / "compose").glob("*.yaml")):
    composed(file)
for file in ("compose/watertight.toml", "debian/watertight.toml"):
    is_a_configuration((deploy / file).read_text(), file)
for file in sorted((deploy / "grafana/provisioning").rglob("*.yaml")):
    yaml.safe_load(file.read_text())
print("files: compose, Kubernetes, the chart and the release workflow are what their schemas say, and fit each other")
