"""Holds the interface table, and the Rust types beside it, against the botocore that is installed.

Shares no code with the generator: botocore's own classes read the model here, `cargo xtask model --dump` tells what the
compiled table says, and the types are read from the Rust source.
"""

import json
import pathlib
import re
import subprocess

import botocore.loaders
import botocore.model
import pytest

ROOT = pathlib.Path(__file__).parents[3]
SERVICES = {"appconfig": "2019-10-09", "appconfigdata": "2021-11-11"}

# Where the table is meant to differ, and why. An entry that no longer applies fails the test.
ALLOWED = {
    "appconfig: shape EnvironmentState: enum: "
    "the model says ['READY_FOR_DEPLOYMENT', 'DEPLOYING', 'ROLLING_BACK', 'ROLLED_BACK', 'REVERTED'], "
    "the table ['ReadyForDeployment', 'Deploying', 'RollingBack', 'RolledBack', 'Reverted']":
        "AWS sends the state in CamelCase, and botocore's own waiters compare with that",
    "appconfig: shape Double: type: the model says double, the table float":
        "JSON has one kind of number, and so has the table",
}


def load(service, kind="service-2"):
    return botocore.loaders.Loader().load_service_model(service, kind, SERVICES[service])


@pytest.fixture(scope="module")
def table():
    command = ["cargo", "xtask", "model", "--dump"]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)


# ---- the table


def expected_operation(service_model, name):
    operation = service_model.operation_model(name)
    return {
        "service": service_model.service_id,
        "method": operation.http["method"],
        "path": operation.http["requestUri"],
        "status": operation.http["responseCode"],
        # Where the model has no structure, the table has an empty one that is called after the operation.
        "input": operation.input_shape.name if operation.input_shape else f"{name}Request",
        "output": operation.output_shape.name if operation.output_shape else f"{name}Response",
        "errors": [
            {"name": it.name, "status": it.metadata["error"]["httpStatusCode"], "structure": it.name}
            for it in operation.error_shapes
        ],
    }


def expected_shape(shape):
    if shape.type_name == "structure":
        return {
            "type": "structure",
            "members": [
                {
                    "name": name,
                    "location": member.serialization.get("location"),
                    # `name` is what botocore calls `locationName` once it has read it.
                    "locationName": member.serialization.get("name"),
                    "required": name in shape.required_members,
                    "shape": member.name,
                }
                for name, member in shape.members.items()
            ],
            "payload": shape.serialization.get("payload"),
            "union": shape.is_tagged_union,
        }
    expected = {
        "type": shape.type_name,
        "min": shape.metadata.get("min"),
        "max": shape.metadata.get("max"),
        "pattern": shape.metadata.get("pattern"),
        "sensitive": shape.metadata.get("sensitive", False),
    }
    if shape.type_name == "string":
        expected["enum"] = shape.enum
    if shape.type_name == "list":
        expected["member"] = shape.member.name
    if shape.type_name == "map":
        expected |= {"key": shape.key.name, "value": shape.value.name}
    return expected


def expected_service(service):
    model = botocore.model.ServiceModel(load(service), service)
    operations = {name: expected_operation(model, name) for name in model.operation_names}
    shapes = {name: expected_shape(model.shape_for(name)) for name in model.shape_names}
    for operation in operations.values():
        for name in operation["input"], operation["output"]:
            shapes.setdefault(name, {"type": "structure", "members": [], "payload": None, "union": False})
    return {"operations": operations, "shapes": shapes}


def differences(service, expected, actual):
    """Yields a line for each operation, shape, member or constraint that differs."""
    for kind in "operations", "shapes":
        for name in sorted(expected[kind].keys() | actual[kind].keys()):
            where = f"{service}: {kind[:-1]} {name}"
            if name not in actual[kind]:
                yield f"{where}: missing in the table"
            elif name not in expected[kind]:
                yield f"{where}: not in the model"
            else:
                yield from differing_parts(where, expected[kind][name], actual[kind][name])


def differing_parts(where, expected, actual):
    for part in sorted(expected.keys() | actual.keys()):
        model, table = expected.get(part), actual.get(part)
        if part == "members":
            by_name = [{member["name"]: member for member in members} for members in (model, table)]
            if list(by_name[0]) != list(by_name[1]):
                yield f"{where}: members: the model says {list(by_name[0])}, the table {list(by_name[1])}"
            for name in by_name[0].keys() & by_name[1].keys():
                yield from differing_parts(f"{where}: {name}", by_name[0][name], by_name[1][name])
        elif model != table:
            yield f"{where}: {part}: the model says {model}, the table {table}"


def test_the_table_says_what_the_model_says(table):
    assert table.keys() == SERVICES.keys()
    found = [line for service in SERVICES for line in differences(service, expected_service(service), table[service])]
    unexplained = [line for line in found if line not in ALLOWED]
    stale = [line for line in ALLOWED if line not in found]
    assert not unexplained, "run `cargo xtask model`, or explain in ALLOWED:\n" + "\n".join(unexplained)
    assert not stale, "no longer so, remove from ALLOWED:\n" + "\n".join(stale)


def test_differences_are_found():
    """The comparison itself: each kind of change to a table is named."""
    whole = expected_service("appconfig")
    assert list(differences("s", whole, whole)) == []

    def changed(change):
        table = json.loads(json.dumps(whole))
        change(table["operations"], table["shapes"])
        return list(differences("s", whole, table))

    member = "s: shape Monitor: AlarmArn: required: the model says True, the table False"
    assert changed(lambda _, it: it["Monitor"]["members"][0].update(required=False)) == [member]
    assert changed(lambda _, it: it["Name"].update(max=65)) == ["s: shape Name: max: the model says 64, the table 65"]
    assert changed(lambda it, _: it.pop("GetExtension")) == ["s: operation GetExtension: missing in the table"]
    assert changed(lambda it, _: it.update(X={})) == ["s: operation X: not in the model"]
    assert len(changed(lambda it, _: it["StopDeployment"].update(status=200, errors=[]))) == 2
    assert len(changed(lambda _, it: it["Monitor"]["members"].reverse())) == 1


def test_the_table_has_the_words_that_waiters_wait_for(table):
    waiters = load("appconfig", "waiters-2")["waiters"]
    model = botocore.model.ServiceModel(load("appconfig"), "appconfig")
    checked = 0
    for waiter in waiters.values():
        output = model.operation_model(waiter["operation"]).output_shape
        for acceptor in waiter["acceptors"]:
            if acceptor["matcher"] == "path":
                shape = output.members[acceptor["argument"]].name
                assert acceptor["expected"] in table["appconfig"]["shapes"][shape]["enum"]
                checked += 1
    assert checked > 0


# ---- the Rust types


def rust_items(service):
    """Reads the module's structs and enums: {name: (attributes, kind, [(attributes, line)])}."""
    source = (ROOT / "crates/model/src" / f"{service}.rs").read_text()
    items = {}
    for item in re.finditer(r"^((?:#\[[^\n]*\]\n)*)pub (struct|enum) (\w+) \{(\}|\n.*?^\})", source, re.M | re.S):
        attributes, kind, name, body = item.groups()
        lines, pending = [], ""
        for line in body.strip("{}\n").splitlines():
            line = line.strip()
            if line.startswith("#["):
                pending += line
            elif line and not line.startswith("//"):
                lines.append((pending, line.rstrip(",")))
                pending = ""
        assert name not in items, f"two types are called {name}"
        items[name] = (attributes, kind, lines)
    return items


def rust_type(shape):
    if shape.type_name == "structure" or getattr(shape, "enum", None):
        return shape.name
    if shape.type_name == "list":
        return f"Vec<{rust_type(shape.member)}>"
    if shape.type_name == "map":
        return f"BTreeMap<{rust_type(shape.key)}, {rust_type(shape.value)}>"
    return {
        "string": "String",
        "integer": "i32",
        "float": "f64",
        "double": "f64",
        "boolean": "bool",
        "timestamp": "Timestamp",
        "blob": "Bytes",
    }[shape.type_name]


def reachable(roots):
    seen, left = set(), [shape for shape in roots if shape]
    while left:
        shape = left.pop()
        if shape.name not in seen:
            seen.add(shape.name)
            parts = [getattr(shape, part, None) for part in ("member", "key", "value")]
            left += [part for part in parts if part] + list(getattr(shape, "members", {}).values())
    return seen


@pytest.mark.parametrize("service", SERVICES)
def test_the_rust_types_have_the_members_of_the_model(service, table):
    model = botocore.model.ServiceModel(load(service), service)
    operations = [model.operation_model(name) for name in model.operation_names]
    read = reachable(it.input_shape for it in operations)
    written = reachable([it.output_shape for it in operations] + [e for it in operations for e in it.error_shapes])
    items = rust_items(service)
    expected = {"Error"}
    for name in model.shape_names:
        shape = model.shape_for(name)
        words = getattr(shape, "enum", None)
        if not words and shape.type_name != "structure":
            continue
        expected.add(name)
        attributes, kind, lines = items[name]
        assert ("Deserialize" in attributes) == bool(name in read or words), name
        assert ("Serialize" in attributes.replace("Deserialize", "")) == bool(name in written or words), name
        if words:
            assert kind == "enum"
            spelled = [re.sub(r'#\[serde\(rename = "(.*)"\)\]', r"\1", renamed) or line for renamed, line in lines]
            assert spelled == table[service]["shapes"][name]["enum"], name
        elif shape.is_tagged_union:
            assert kind == "enum" and "serde(" not in attributes
            assert lines == [("", f"{member}({rust_type(it)})") for member, it in shape.members.items()], name
        else:
            assert kind == "struct" and 'serde(rename_all = "PascalCase")' in attributes
            assert lines == [field(shape, member, name in written) for member in shape.members], name
    for operation in operations:
        for shape, suffix in (operation.input_shape, "Request"), (operation.output_shape, "Response"):
            if not shape:
                expected.add(operation.name + suffix)
                assert items[operation.name + suffix][2] == []
    assert items.keys() == expected


def field(structure, name, is_written):
    """Returns the attributes and the line that a member should have."""
    shape = structure.members[name]
    is_required = name in structure.required_members
    snake = re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()
    kind = rust_type(shape) if is_required else f"Option<{rust_type(shape)}>"
    attributes = ""
    if shape.type_name == "blob":
        attributes = "#[serde(skip)]"
    elif is_written and not is_required:
        attributes = '#[serde(skip_serializing_if = "Option::is_none")]'
    return attributes, f"pub {'r#' if snake == 'type' else ''}{snake}: {kind}"
