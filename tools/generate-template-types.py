#!/usr/bin/env python3
"""Writes Sources/Controllers/Shared/TemplateTypes.swift from Kubernetes' Go API types.

usage: tools/generate-template-types.py KUBERNETES-SOURCE-TREE

Takes the names, JSON names and types of the fields of PodTemplateSpec and of what it holds, in the order of
their declaration: the pod-template-hash is a hash over them. The notation is explained in TemplateTypes.
"""
import os
import re
import sys

PACKAGES = [("v1", "api/core/v1/types.go"), ("v1", "apimachinery/pkg/apis/meta/v1/types.go")]
IMPORTS = {"metav1": "v1", "resource": "resource", "intstr": "intstr", "types": "types", "v1": "v1"}
BASIC = {"string", "bool", "int32", "int64"}
SPECIAL = {"resource.Quantity", "intstr.IntOrString", "v1.Time", "v1.FieldsV1"}


def qualify(text):
    if text.startswith("*"):
        return "*" + qualify(text[1:])
    if text.startswith("[]"):
        return "[]" + qualify(text[2:])
    if match := re.match(r"map\[([\w\.]+)\](.+)", text):
        return f"map[{qualify(match[1])}]{qualify(match[2])}"
    if "." in text:
        package, name = text.split(".")
        return f"{IMPORTS[package]}.{name}"
    return text if text in BASIC else "v1." + text


def base(type_):
    return re.sub(r"^(\*|\[\]|map\[[\w\.]+\])*", "", type_)


def main():
    root, types = sys.argv[1], {"types.UID": "=string"}
    for _, path in PACKAGES:
        text = open(os.path.join(root, "staging/src/k8s.io", path)).read()
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
        text = re.sub(r"^\s*//.*$", "", text, flags=re.M)
        for match in re.finditer(r"^type (\w+) struct \{\n(.*?)^\}", text, flags=re.M | re.S):
            fields = []
            for line in match[2].splitlines():
                if not (field := re.match(r"\s*(?:(\w+)\s+)?(\*?[\w\.\[\]\*]+)\s+`.*json:\"([^\"]*)\"", line)):
                    continue
                try:
                    type_ = qualify(field[2])
                except KeyError:
                    type_ = field[2]
                name = field[1] or base(type_).split(".")[-1]
                fields.append(f"{name}/{field[3].split(',')[0]}:{type_}")
            types.setdefault("v1." + match[1], " ".join(fields))
        for match in re.finditer(r"^type (\w+) ((?:map\[\w+\])?[\w\.]+)\s*$", text, flags=re.M):
            if match[2] not in ("struct", "interface"):
                types.setdefault("v1." + match[1], "=" + qualify(match[2]))
    wanted, pending = set(), ["v1.PodTemplateSpec"]
    while pending:
        name = pending.pop()
        if name in wanted or name in BASIC or name in SPECIAL:
            continue
        wanted.add(name)
        if types[name].startswith("="):
            pending.append(base(types[name][1:]))
            continue
        for field in types[name].split(" "):
            pending.append(base(field.split(":", 1)[1]))
    rows = []
    for name in sorted(wanted):
        row = name
        for word in types[name].split(" "):
            if len(row) + len(word) > 96:
                rows.append(row)
                row = ""
            row += " " + word
        rows.append(row)
    target = os.path.join(os.path.dirname(__file__), "../Sources/Controllers/Shared/TemplateTypes.swift")
    with open(target, "w") as out:
        out.write("// Written by tools/generate-template-types.py; not to be edited.\n\n")
        out.write("/// The Go types that a pod template is made of, in the order of their declaration (v1.36).\n///\n")
        out.write("/// A line is a type's name and its fields, `Name/jsonName:type` (no JSON name: inline), or `=` and the type\n")
        out.write("/// that it is another name for; lines that begin with a space go on with the line before.\n")
        out.write("enum TemplateTypes {\n    static let text = \"\"\"\n")
        for row in rows:
            out.write(f"        {row}\n")
        out.write("        \"\"\"\n}\n")


main()
