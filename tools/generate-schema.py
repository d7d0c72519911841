#!/usr/bin/env python3
"""Writes Sources/KubernetesModel/Schema/Tables/*.swift from Kubernetes' Go API types.

usage: tools/generate-schema.py KUBERNETES-SOURCE-TREE

Takes names, JSON tags and types of struct fields only. The notation is explained in Schema.swift.
"""
import os
import re
import sys

GROUPS = [  # name in the table, folder below staging/src/k8s.io, Go's package name in error messages
    ("meta", "apimachinery/pkg/apis/meta/v1", "v1"),
    ("core", "api/core/v1", "v1"),
    ("apps", "api/apps/v1", "v1"),
    ("batch", "api/batch/v1", "v1"),
    ("autoscaling1", "api/autoscaling/v1", "v1"),
    ("autoscaling2", "api/autoscaling/v2", "v2"),
    ("policy", "api/policy/v1", "v1"),
    ("networking", "api/networking/v1", "v1"),
    ("discovery", "api/discovery/v1", "v1"),
    ("storage", "api/storage/v1", "v1"),
    ("coordination", "api/coordination/v1", "v1"),
    ("scheduling", "api/scheduling/v1", "v1"),
    ("node", "api/node/v1", "v1"),
    ("events", "api/events/v1", "v1"),
]
IMPORTS = {
    "k8s.io/" + folder.replace("api/", "api/", 1): name for name, folder, _ in GROUPS
}
SCALARS = {
    "string": "s", "bool": "b", "int32": "i", "int64": "l", "int": "l", "float64": "f", "[]byte": "y",
    "resource.Quantity": "Quantity", "intstr.IntOrString": "IntOrString", "runtime.RawExtension": "Raw",
    "types.UID": "types.UID", "types.NodeName": "types.NodeName", "uint16": "s",
}
SPECIAL = {"meta.Time": "Time", "meta.MicroTime": "MicroTime", "meta.Duration": "Duration", "meta.FieldsV1": "Raw"}
META_ROOTS = ["Status", "DeleteOptions", "PartialObjectMetadata", "PartialObjectMetadataList", "List"]
EXTRA_ROOTS = ["autoscaling1.MetricSpec"]  # In annotations.


def sources(folder):
    for name in sorted(os.listdir(folder)):
        if name.endswith(".go") and not name.endswith("_test.go") and not name.startswith("zz_") \
                and not name.startswith("generated") and not name.startswith("register"):
            text = open(os.path.join(folder, name)).read()
            text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
            yield re.sub(r"//[^\n\"`]*$", "", re.sub(r"^\s*//.*$", "", text, flags=re.M), flags=re.M)


class Group:
    def __init__(self, root, name, folder):
        self.name, self.structs, self.aliases = name, {}, {}
        for text in sources(os.path.join(root, "staging/src/k8s.io", folder)):
            imports = {}
            for alias, path in re.findall(r"^\s+(?:(\w+)\s+)?\"([^\"]+)\"$", text, flags=re.M):
                package = path.split("/")[-1]
                imports[alias or package] = IMPORTS.get(path, package)
            for match in re.finditer(r"^type (\w+) struct \{\n(.*?)^\}", text, flags=re.M | re.S):
                self.structs[match[1]] = [
                    field for line in match[2].splitlines() if (field := self.field(line, imports))]
            for block in re.findall(r"^type \(\n(.*?)^\)", text, flags=re.M | re.S):
                for name, type_ in re.findall(r"^\s+(\w+) ([\w\[\]\.\*]+)$", block, flags=re.M):
                    self.aliases[name] = self.type(type_, imports)
            for match in re.finditer(r"^type (\w+) =? ?([\w\[\]\.\*]+)\s*$", text, flags=re.M):
                if match[2] not in ("struct", "interface"):
                    self.aliases[match[1]] = self.type(match[2], imports)

    def field(self, line, imports):
        line = line.strip()
        match = re.match(r"(?:(\w+)\s+)?(\*?[\w\.\[\]\*]+)\s+`(.*)`", line)
        if not match or (tag := re.search(r'json:"([^"]*)"', match[3])) is None:
            return None
        name, *options = tag[1].split(",")
        if name == "-":
            return None
        if "inline" in options:
            return "+" + self.type(match[2], imports)
        flags = ("?" if "omitempty" in options else "") + ("!" if "omitzero" in options else "")
        if strategy := re.search(r'patchStrategy:"([^"]*)"', match[3]):
            key = re.search(r'patchMergeKey:"([^"]*)"', match[3])
            flags += "^" if "retainKeys" in strategy[1] else ""
            flags += "=" if "replace" in strategy[1] else ""
            flags += "~" + (key[1] if key else "") if "merge" in strategy[1] else ""
        return f"{name or match[1]}{flags}:{self.type(match[2], imports)}"

    def type(self, text, imports):
        if text in SCALARS:
            return SCALARS[text]
        if text.startswith("*"):
            return "*" + self.type(text[1:], imports)
        if text.startswith("[]"):
            return f"[{self.type(text[2:], imports)}]"
        if match := re.match(r"map\[([\w\.]+)\](.+)", text):
            key = self.type(match[1], imports)
            return ("{" if key == "s" else "{" + key + ">") + self.type(match[2], imports) + "}"
        if "." in text:
            package, name = text.split(".")
            text = f"{imports.get(package, package)}.{name}"
        else:
            text = f"{self.name}.{text}"
        return SPECIAL.get(text, text)


def references(definition):
    return re.findall(r"[a-z]+\d?\.\w+", definition)


def main():
    root = sys.argv[1]
    groups = {name: Group(root, name, folder) for name, folder, _ in GROUPS}
    types = {}
    for group in groups.values():
        for name, fields in group.structs.items():
            types[f"{group.name}.{name}"] = " ".join(fields)
        for name, target in group.aliases.items():
            types.setdefault(f"{group.name}.{name}", "=" + target)
    types["types.UID"] = types["types.NodeName"] = "=s"
    wanted, pending = set(), [f"meta.{name}" for name in META_ROOTS] + EXTRA_ROOTS
    pending += [name for name, fields in types.items()
                if "+meta.TypeMeta" in fields and not name.startswith("meta.")]
    while pending:
        name = pending.pop()
        if name in wanted or name not in types:
            if name not in types:
                sys.exit(f"unknown type {name}")
            continue
        wanted.add(name)
        # Keys after '.' in field names cannot match: field names have no dots.
        pending += references(" ".join(part.split(":", 1)[-1] for part in types[name].split(" ")))
    here = os.path.join(os.path.dirname(__file__), "../Sources/KubernetesModel/Schema/Tables")
    os.makedirs(here, exist_ok=True)
    for group, folder, package in GROUPS:
        lines = [name.split(".", 1)[1] + " " + types[name]
                 for name in sorted(wanted) if name.startswith(group + ".")]
        lines = [line.replace(group + ".", ".") for line in lines]
        wrapped = []
        for line in lines:
            row = ""
            for word in line.split(" "):
                if row and len(row) + len(word) > 100:
                    wrapped.append(row)
                    row = " "
                row += (" " if row.strip() else "") + word
            wrapped.append(row)
        constant = group + "Types"
        with open(os.path.join(here, f"SchemaTables+{group.capitalize()}.swift"), "w") as out:
            out.write(f"// Written by tools/generate-schema.py; not to be edited.\n\n")
            out.write(f"extension SchemaTables {{\n")
            out.write(f"    /// Field names and types of the API's `{folder}` (v1.36).\n")
            out.write(f"    static let {constant} = SchemaText(\n")
            out.write(f"        group: \"{group}\", goPackage: \"{package}\",\n        text: \"\"\"\n")
            for row in wrapped:
                out.write(f"            {row}\n")
            out.write("            \"\"\")\n}\n")


main()
