#!/usr/bin/env python3
"""Writes a scenario of many running pods, 100 a node, for measuring memory a pod: many-pods.py PODS FILE.

Each ReplicaSet fills one node, so that the scheduler has little to choose.
"""
import json
import sys

pods, path = int(sys.argv[1]), sys.argv[2]
nodes = max(1, pods // 100)


def replica_set(index):
    labels = {"app": f"app-{index}"}
    container = {
        "name": "app",
        "image": "registry.example/app:1",
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {"name": f"app-{index}"},
        "spec": {
            "replicas": pods // nodes,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"nodeSelector": {"kubernetes.io/hostname": f"n-{index}"}, "containers": [container]},
            },
        },
    }


scenario = {
    "apiVersion": "simk.dev/v1",
    "kind": "Scenario",
    "metadata": {"name": f"pods-{pods}"},
    "seed": 1,
    # The ReplicaSet controller's client makes 20 calls a second.
    "duration": f"{pods // 19 + 120}s",
    "cluster": {
        "zones": ["a", "b", "c"],
        "nodePools": [{"name": "n", "count": nodes, "capacity": {"cpu": "64", "memory": "256Gi", "pods": "250"}}],
        "images": [{"name": "registry.example/app:1", "size": "70Mi"}],
    },
    "manifests": [replica_set(index) for index in range(nodes)],
    "expect": [{"name": "all are there", "metric": "podsCreated", "atLeast": pods, "atEnd": True}],
}
with open(path, "w", encoding="utf-8") as file:
    json.dump(scenario, file)
