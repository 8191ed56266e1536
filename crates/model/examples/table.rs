//! Prints the interface table as it is compiled in, as JSON, for those who compare it with something else:
//! `cargo xtask model --dump`. Names its parts as the AWS models do.

use serde_json::{Map, Value, json};
use tidegate_model::{
    ErrorShape, Location, Member, Operation, Segment, Shape, ShapeKind, Structure, appconfig, appconfigdata,
};

fn main() {
    let services = [("appconfig", appconfig::OPERATIONS), ("appconfigdata", appconfigdata::OPERATIONS)];
    let services: Map<String, Value> =
        services.into_iter().map(|(name, table)| (name.to_owned(), service(table))).collect();
    println!("{:#}", Value::Object(services));
}

fn service(table: &[&'static Operation]) -> Value {
    let mut shapes = Map::new();
    let operations: Map<String, Value> =
        table.iter().map(|it| (it.name.to_owned(), operation(it, &mut shapes))).collect();
    json!({ "operations": operations, "shapes": shapes })
}

fn operation(operation: &'static Operation, shapes: &mut Map<String, Value>) -> Value {
    structure(operation.input, shapes);
    structure(operation.output, shapes);
    let path: String = operation
        .path
        .iter()
        .map(|segment| match segment {
            Segment::Literal(literal) => format!("/{literal}"),
            Segment::Label(label) => format!("/{{{label}}}"),
        })
        .collect();
    json!({
        "service": format!("{:?}", operation.service),
        "method": operation.method.as_str(),
        "path": path,
        "status": operation.status,
        "input": operation.input.name,
        "output": operation.output.name,
        "errors": operation.errors.iter().map(|it| error(it, shapes)).collect::<Vec<_>>(),
    })
}

fn error(error: &'static ErrorShape, shapes: &mut Map<String, Value>) -> Value {
    structure(error.structure, shapes);
    json!({ "name": error.name, "status": error.status, "structure": error.structure.name })
}

fn structure(it: &'static Structure, shapes: &mut Map<String, Value>) {
    if shapes.contains_key(it.name) {
        return;
    }
    shapes.insert(it.name.to_owned(), Value::Null);
    let members: Vec<Value> = it.members.iter().map(|it| member(it, shapes)).collect();
    let whole = json!({ "type": "structure", "members": members, "payload": it.payload, "union": it.is_union });
    shapes.insert(it.name.to_owned(), whole);
}

fn member(member: &'static Member, shapes: &mut Map<String, Value>) -> Value {
    let (location, location_name) = match member.location {
        Location::Body => (None, None),
        Location::Path(name) => (Some("uri"), Some(name)),
        Location::Query(name) => (Some("querystring"), Some(name)),
        Location::Header(name) => (Some("header"), Some(name)),
        Location::StatusCode => (Some("statusCode"), None),
    };
    json!({
        "name": member.name,
        "location": location,
        "locationName": location_name,
        "required": member.required,
        "shape": shape(member.shape, shapes),
    })
}

fn shape(it: &'static Shape, shapes: &mut Map<String, Value>) -> &'static str {
    if let ShapeKind::Structure(inner) = it.kind {
        assert_eq!(it.name, inner.name, "a structure has one name");
        assert!(it.min.is_none() && it.max.is_none() && it.pattern.is_none() && !it.is_sensitive);
        structure(inner, shapes);
        return inner.name;
    }
    let mut whole = json!({ "min": it.min, "max": it.max, "pattern": it.pattern, "sensitive": it.is_sensitive });
    let (kind, parts) = match it.kind {
        ShapeKind::String(values) => ("string", json!({ "enum": values })),
        ShapeKind::Integer => ("integer", json!({})),
        ShapeKind::Float => ("float", json!({})),
        ShapeKind::Boolean => ("boolean", json!({})),
        ShapeKind::Timestamp => ("timestamp", json!({})),
        ShapeKind::Blob => ("blob", json!({})),
        ShapeKind::List(member) => ("list", json!({ "member": shape(member, shapes) })),
        ShapeKind::Map(key, value) => ("map", json!({ "key": shape(key, shapes), "value": shape(value, shapes) })),
        ShapeKind::Structure(_) => unreachable!("handled above"),
    };
    let object = whole.as_object_mut().expect("an object");
    object.insert("type".to_owned(), kind.into());
    object.extend(parts.as_object().expect("an object").clone());
    let other = shapes.insert(it.name.to_owned(), whole.clone());
    assert!(other.is_none_or(|other| other == whole), "two shapes are called {}", it.name);
    it.name
}
