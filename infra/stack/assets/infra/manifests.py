"""What schemas cannot say of the YAML below infra/. Prints one line a mistake.

usage: manifests.py kubernetes FILE ... | compose FILE SCHEMA | collector FILE
"""

import json
import sys

import jsonschema
import yaml


def kubernetes(*files):
    for path in files:
        with open(path) as file:
            objects = [o for o in yaml.safe_load_all(file) if o]
        budgets = [o["spec"]["selector"]["matchLabels"] for o in objects if o["kind"] == "PodDisruptionBudget"]
        policies = [o["spec"]["podSelector"] for o in objects if o["kind"] == "NetworkPolicy"]
        if {} not in policies:
            yield f"{path}: no policy closes the namespace"
        for o in objects:
            if o["kind"] not in ("Deployment", "CronJob"):
                continue
            what = f"{path}: {o['kind']} {o['metadata']['name']}"
            job = o["kind"] == "CronJob"
            spec = o["spec"]["jobTemplate"]["spec"] if job else o["spec"]
            template = spec["template"]
            yield from (f"{what}: {mistake}" for mistake in pod(template["spec"], job))
            labels = template["metadata"]["labels"]
            if not any(covers(policy, labels) for policy in policies if policy):
                yield f"{what}: no network policy says what it may reach"
            if not job and o["spec"]["replicas"] > 1 and not any(b.items() <= labels.items() for b in budgets):
                yield f"{what}: several replicas and no disruption budget"


def covers(selector, labels):
    named = selector.get("matchLabels", {}).items() <= labels.items()
    return named and all(labels.get(e["key"]) in e["values"] for e in selector.get("matchExpressions", []))


def pod(spec, job):
    security = spec.get("securityContext", {})
    if not security.get("runAsNonRoot") or security.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "may run as root, or without a seccomp profile"
    if spec.get("automountServiceAccountToken") is not False:
        yield "gets a token of the cluster's API"
    for container in spec.get("initContainers", []) + spec["containers"]:
        own = container.get("securityContext", {})
        if not own.get("readOnlyRootFilesystem") or own.get("allowPrivilegeEscalation") is not False:
            yield f"{container['name']}: may write to its image, or gain rights"
        if own.get("capabilities", {}).get("drop") != ["ALL"]:
            yield f"{container['name']}: keeps capabilities"
        if "memory" not in container.get("resources", {}).get("limits", {}):
            yield f"{container['name']}: no limit on memory"
    if not job:
        for container in spec["containers"]:
            for probe in ("readinessProbe", "livenessProbe"):
                if probe not in container:
                    yield f"{container['name']}: no {probe}"


def compose(path, schema):
    with open(path) as file, open(schema) as rules:
        document = yaml.safe_load(file)
        # The schema is older than this key.
        checked = {key: value for key, value in document.items() if key != "name"}
        for error in jsonschema.Draft7Validator(json.load(rules)).iter_errors(checked):
            yield f"{path}: {'/'.join(map(str, error.absolute_path))}: {error.message}"
    services = document["services"]
    for name, service in services.items():
        ours = service["image"].startswith("rcr/")
        if ours and not (service.get("read_only") and service.get("cap_drop") == ["ALL"]):
            yield f"{path}: {name}: may write to its image, or keeps capabilities"
        for other, how in service.get("depends_on", {}).items():
            if other not in services:
                yield f"{path}: {name} depends on {other}, which is none"
            # Ours carry theirs in the image.
            elif how["condition"] == "service_healthy" and "healthcheck" not in services[other] and other not in ("origin", "edge"):
                yield f"{path}: {name} waits for {other}'s health, which nobody checks"


def collector(path):
    with open(path) as file:
        document = yaml.safe_load(file)
    used = {"extensions": set(document["service"].get("extensions", []))}
    for pipeline in document["service"]["pipelines"].values():
        for kind in ("receivers", "processors", "exporters"):
            used.setdefault(kind, set()).update(pipeline.get(kind, []))
        if pipeline["processors"][0] != "memory_limiter" or pipeline["processors"][-1] != "batch":
            yield f"{path}: memory_limiter comes first and batch last"
    for kind, names in used.items():
        defined = set(document.get(kind, {}))
        if names != defined:
            yield f"{path}: {kind}: {sorted(names ^ defined)} used and not defined, or the reverse"


found = list({"kubernetes": kubernetes, "compose": compose, "collector": collector}[sys.argv[1]](*sys.argv[2:]))
print("\n".join(found))
sys.exit(1 if found else 0)
