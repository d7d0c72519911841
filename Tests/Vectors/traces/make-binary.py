#!/usr/bin/env python3
"""Writes the two traces of this folder that are not text. Needs nothing but Python."""
import os
import sqlite3
import struct

here = os.path.dirname(os.path.abspath(__file__))


def pack(value):
    """MessagePack of the few kinds of values that are needed."""
    if value is True:
        return b"\xc3"
    if isinstance(value, int):
        return struct.pack(">BQ", 0xCF, value) if value > 127 else bytes([value])
    if isinstance(value, str):
        data = value.encode()
        return struct.pack(">BH", 0xDA, len(data)) + data if len(data) > 31 else bytes([0xA0 | len(data)]) + data
    if isinstance(value, (list, tuple)):
        return bytes([0x90 | len(value)]) + b"".join(pack(v) for v in value)
    return bytes([0x80 | len(value)]) + b"".join(pack(k) + pack(v) for k, v in value.items())


def pod(name):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "test"},
            "spec": {"containers": [{"name": "c", "image": "busybox"}]}}


recording = {
    "version": 2,
    "config": {"trackedObjects": {"v1.Pod": {"trackLifecycle": True}}},
    "events": [
        {"ts": 1700000000, "applied_objs": [pod("a"), pod("b")], "deleted_objs": []},
        {"ts": 1700000060, "applied_objs": [], "deleted_objs": [pod("b")]},
    ],
    "index": {"v1.Pod": {"test/a": 17000000000000000001}},
    "pod_lifecycles": {
        ("v1.Pod", "test/a"): {17000000000000000001: [{"Finished": [1700000002, 1700000030]}]},
        ("v1.Pod", "test/b"): {17000000000000000001: [{"Running": 1700000003}]},
    },
}
with open(os.path.join(here, "simkube", "hand-made.sktrace"), "wb") as file:
    file.write(pack(recording))

path = os.path.join(here, "azure-packing-2020", "packing.sqlite")
if os.path.exists(path):
    os.remove(path)
database = sqlite3.connect(path)
database.executescript("""
CREATE TABLE vmType (id INTEGER, vmTypeId INTEGER, machineId INTEGER, core REAL, memory REAL, hdd REAL,
                     ssd REAL, nic REAL);
CREATE TABLE vm (vmId INTEGER, tenantId INTEGER, vmTypeId INTEGER, priority INTEGER, starttime REAL,
                 endtime REAL);
INSERT INTO vmType VALUES (0, 10, 1, 0.25, 0.125, NULL, 0.5, 0.1), (1, 10, 2, 0.5, 0.25, NULL, 0.5, 0.2),
                          (2, 11, 2, 1.0, 1.0, NULL, 1.0, 1.0);
INSERT INTO vm VALUES (1, 7, 10, 0, -2.5, 0.5), (2, 7, 10, 1, 0.25, 0.75), (3, 8, 11, 0, 1.5, NULL);
""")
database.commit()
database.close()
