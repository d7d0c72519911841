#!/usr/bin/env python3
"""Writes a scenario of many Deployments that become available: many-deployments.py DEPLOYMENTS REPLICAS FILE [NODES].

The controllers' and kubelets' clients have no rate limits worth speaking of, so that the work counts and not the waiting.
"""
import json
import sys

deployments, replicas, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
pods = deployments * replicas
nodes = int(sys.argv[4]) if len(sys.argv) > 4 else max(1, pods // 100)


def deployment(index):
    labels = {"app": f"app-{index}"}
    container = {
        "name": "app",
        "image": "registry.example/app:1",
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": f"app-{index}"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


scenario = {
    "apiVersion": "simk.dev/v1",
    "kind": "Scenario",
    "metadata": {"name": f"deployments-{deployments}x{replicas}"},
    "seed": 1,
    # The controllers' client makes 20 calls a second.
    "duration": f"{(pods + 6 * deployments) // 15 + 120}s",
    "cluster": {
        "zones": ["a", "b", "c"],
        "nodePools": [{"name": "n", "count": nodes, "capacity": {"cpu": "64", "memory": "256Gi", "pods": "250"}}],
        "images": [{"name": "registry.example/app:1", "size": "70Mi"}],
    },
    "manifests": [deployment(index) for index in range(deployments)],
    "expect": [{"name": "all are available", "object": "deployments", "condition": "Available", "atEnd": True}],
}
with open(path, "w", encoding="utf-8") as file:
    json.dump(scenario, file)
