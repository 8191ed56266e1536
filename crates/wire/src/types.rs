//! Types: what can be read as the model's types at all, and its canonical form.
//!
//! Constraints are `constraints`' business; after [`settle`] it may rely on every value having its shape's type.

use serde_json::{Map, Number, Value};
use tidegate_model::{Member, Shape, ShapeKind, Structure};

use crate::Failure;
use crate::path::{Path, camel_case};

/// Reads the text of a label, query parameter or header as a scalar.
pub(crate) fn from_text(member: &Member, text: &str) -> Result<Value, Failure> {
    let value = match member.shape.kind {
        ShapeKind::Integer => text.parse::<i32>().ok().map(Value::from),
        ShapeKind::Float => text.parse::<f64>().ok().and_then(Number::from_f64).map(Value::Number),
        ShapeKind::Boolean => text.parse::<bool>().ok().map(Value::Bool),
        _ => Some(Value::from(text)),
    };
    value.ok_or_else(|| wrong_type(&camel_case(member.name), member.shape))
}

/// Checks the types of a structure's members and brings them to their canonical form: members that the model does
/// not know and members that are `null` go, whole numbers become integers.
pub(crate) fn settle(structure: &Structure, object: &mut Map<String, Value>) -> Result<(), Failure> {
    settle_structure(structure, object, &mut Path::default())
}

fn settle_structure(structure: &Structure, object: &mut Map<String, Value>, path: &mut Path) -> Result<(), Failure> {
    object.retain(|name, value| !value.is_null() && structure.members.iter().any(|member| member.name == name));
    for member in structure.members {
        if let Some(value) = object.get_mut(member.name) {
            let mark = path.push_member(member.name);
            settle_value(member.shape, value, path)?;
            path.pop(mark);
        }
    }
    if structure.is_union && object.len() != 1 {
        let names: Vec<_> = structure.members.iter().map(|member| member.name).collect();
        let place = path.as_str();
        return Err(Failure::serialization(format!(
            "Value at '{place}' must have exactly one of: {}.",
            names.join(", ")
        )));
    }
    Ok(())
}

/// Settles one value. A `null` in a list or map stays, and is `constraints`' to refuse.
fn settle_value(shape: &Shape, value: &mut Value, path: &mut Path) -> Result<(), Failure> {
    if value.is_null() {
        return Ok(());
    }
    match (&shape.kind, value) {
        (ShapeKind::String(_) | ShapeKind::Timestamp | ShapeKind::Blob, Value::String(_)) => Ok(()),
        (ShapeKind::Boolean, Value::Bool(_)) => Ok(()),
        (ShapeKind::Float, Value::Number(number)) if number.as_f64().is_some_and(f64::is_finite) => Ok(()),
        (ShapeKind::Integer, Value::Number(number)) => match whole(number) {
            Some(integer) => {
                *number = integer.into();
                Ok(())
            }
            None => Err(wrong_type(path.as_str(), shape)),
        },
        (ShapeKind::List(item), Value::Array(values)) => {
            for (index, value) in values.iter_mut().enumerate() {
                let mark = path.push_item(index);
                settle_value(item, value, path)?;
                path.pop(mark);
            }
            Ok(())
        }
        (ShapeKind::Map(_, item), Value::Object(entries)) => {
            for (key, value) in entries {
                let mark = path.push_entry(shape, key);
                settle_value(item, value, path)?;
                path.pop(mark);
            }
            Ok(())
        }
        (ShapeKind::Structure(structure), Value::Object(object)) => settle_structure(structure, object, path),
        _ => Err(wrong_type(path.as_str(), shape)),
    }
}

/// A 32-bit integer, whether written `1`, `1.0` or `1e0`; other servers of AWS's protocol read them so too.
fn whole(number: &Number) -> Option<i32> {
    if let Some(integer) = number.as_i64() {
        return i32::try_from(integer).ok();
    }
    let float = number.as_f64()?;
    let is_whole = float.fract() == 0.0 && (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&float);
    is_whole.then_some(float as i32)
}

fn wrong_type(path: &str, shape: &Shape) -> Failure {
    let expected = match shape.kind {
        ShapeKind::String(_) => "a string",
        ShapeKind::Integer => "a 32-bit integer",
        ShapeKind::Float => "a number",
        ShapeKind::Boolean => "true or false",
        ShapeKind::Timestamp => "an ISO 8601 timestamp",
        ShapeKind::Blob => "a base64 string",
        ShapeKind::List(_) => "a list",
        ShapeKind::Map(..) => "a map",
        ShapeKind::Structure(_) => "an object",
    };
    Failure::serialization(format!("Value at '{path}' must be {expected}."))
}
