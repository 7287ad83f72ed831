#!/usr/bin/env python3
"""Executes the `run:` steps of github-actions.yml in order, as GitHub does: bash -e -o pipefail, a failed step skips
all later ones but those with `if: always()`. Steps with `uses:` are named and left out.

    run-steps.py [--skip NAME]...

Variables that are set already win over the file's `env:`. Needs PyYAML. Exit code: that of the first failed step.
"""

import os
import pathlib
import subprocess
import sys

import yaml

here = pathlib.Path(__file__).resolve().parent
skipped = [name for flag, name in zip(sys.argv[1:], sys.argv[2:]) if flag == "--skip"]
workflow = yaml.safe_load((here / "github-actions.yml").read_text())
env = {"GITHUB_STEP_SUMMARY": "step-summary.md", **workflow["env"], **os.environ}

failed = 0
for step in workflow["jobs"]["gate"]["steps"]:
    name = step.get("name") or step["uses"]
    if "uses" in step or name in skipped or (failed and step.get("if") != "always()"):
        print(f"=== {name}: left out", flush=True)
        continue
    print(f"=== {name}", flush=True)
    code = subprocess.run(["bash", "-e", "-o", "pipefail", "-c", step["run"]], env=env, cwd=here.parents[1]).returncode
    failed = failed or code
    print(f"=== {name}: exit {code}", flush=True)
sys.exit(failed)
