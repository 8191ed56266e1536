//! What is looked at in binary Ion before the Ion reader sees it: how deep it is, and AWS's unpublished symbol tables.
//!
//! AWS's stream begins with a symbol table that imports `ops` (23 symbols) and `anns` (12 symbols) and then names its
//! own. A reader without the two tables must refuse it. Since the tables' sizes are known, an equal stream can be
//! written that imports nothing and names all symbols in the same places: those whose meaning the recordings show get
//! their name, the others a placeholder that no rule uses.

const VERSION_MARKER: [u8; 4] = [0xe0, 0x01, 0x00, 0xea];
const OPS: usize = 23;
const ANNS: usize = 12;
/// The first symbol after Ion's own.
const FIRST: usize = 10;
/// Symbols in the order of their numbers, as far as recordings show them. `or` follows from its neighbours.
const KNOWN: [(usize, &str); 11] = [
    (10, "and"),
    (11, "or"),
    (12, "not"),
    (13, "eq"),
    (22, "in"),
    (23, "split"),
    (24, "exists"),
    (38, "by"),
    (39, "pct"),
    (40, "seed"),
    (43, "key"),
];

/// A stream equal to AWS's that imports nothing; none if the stream does not begin as AWS's does.
pub(crate) fn named(content: &[u8]) -> Option<Vec<u8>> {
    let rest = content.strip_prefix(&VERSION_MARKER)?;
    let wrapper = Header::read(rest)?;
    // An annotation wrapper with one annotation, $ion_symbol_table, around a struct.
    let body = rest.get(wrapper.start..wrapper.end)?;
    if wrapper.kind != 0xe || !body.starts_with(&[0x81, 0x83]) {
        return None;
    }
    let table = Header::read(&body[2..])?;
    if table.kind != 0xd {
        return None;
    }
    let mut members = body.get(2 + table.start..2 + table.end)?;
    let (mut imports, mut symbols) = (None, &[][..]);
    while let Some((&field, value)) = members.split_first() {
        let header = Header::read(value)?;
        match field {
            0x86 => imports = value.get(header.start..header.end),
            0x87 => symbols = value.get(header.start..header.end)?,
            _ => {}
        }
        members = value.get(header.end..)?;
    }
    if !is_aws(imports?) {
        return None;
    }
    let mut list = Vec::new();
    for number in FIRST..FIRST + OPS + ANNS {
        let name = KNOWN.iter().find(|(known, _)| *known == number).map(|(_, name)| (*name).to_owned());
        let name = name.unwrap_or_else(|| format!("aws{number}"));
        append(&mut list, 0x8, name.as_bytes());
    }
    list.extend_from_slice(symbols);
    let mut member = vec![0x87];
    append(&mut member, 0xb, &list);
    let mut annotated = vec![0x81, 0x83];
    append(&mut annotated, 0xd, &member);
    let mut out = VERSION_MARKER.to_vec();
    append(&mut out, 0xe, &annotated);
    out.extend_from_slice(&rest[wrapper.end..]);
    Some(out)
}

/// Whether a list of imports is `ops` version 1 and `anns` version 1 with the known sizes, in the only encoding seen.
fn is_aws(imports: &[u8]) -> bool {
    let import = |name: &[u8], size: usize| {
        let mut members = vec![0x84];
        append(&mut members, 0x8, name);
        members.extend_from_slice(&[0x85, 0x21, 0x01, 0x88, 0x21]);
        members.push(u8::try_from(size).expect("the tables are small"));
        members
    };
    let mut rest = imports;
    for expected in [import(b"ops", OPS), import(b"anns", ANNS)] {
        let Some(header) = Header::read(rest) else { return false };
        // The members of a struct may come in any order, and its length may be padded; AWS's do not.
        if header.kind != 0xd || rest.get(header.start..header.end) != Some(&expected[..]) {
            return false;
        }
        rest = &rest[header.end..];
    }
    rest.is_empty()
}

/// The greatest number of containers in each other; none where a length leads out of its container.
pub(crate) fn binary_depth(content: &[u8]) -> Option<usize> {
    let (mut at, mut deepest) = (0, 0);
    // The ends of the open containers, and whether each is a struct, whose values follow a field number.
    let mut open: Vec<(usize, bool)> = vec![(content.len(), false)];
    loop {
        while open.len() > 1 && open.last().is_some_and(|(end, _)| at == *end) {
            open.pop();
        }
        let (end, is_struct) = *open.last()?;
        if at >= end {
            return (at == end).then_some(deepest);
        }
        if content[at..].starts_with(&VERSION_MARKER[..2]) && open.len() == 1 {
            at += VERSION_MARKER.len();
            continue;
        }
        if is_struct {
            at += variable(content.get(at..end)?)?.1;
        }
        let header = Header::read(content.get(at..end)?)?;
        let (start, value_end) = (at + header.start, at + header.end);
        if value_end > end {
            return None;
        }
        at = match header.kind {
            0xb | 0xc => {
                open.push((value_end, false));
                start
            }
            0xd => {
                open.push((value_end, true));
                start
            }
            0xe => {
                let (length, bytes) = variable(content.get(start..value_end)?)?;
                open.push((value_end, false));
                start.checked_add(bytes)?.checked_add(length).filter(|at| *at <= value_end)?
            }
            _ => value_end,
        };
        deepest = deepest.max(open.len() - 1);
        if deepest > 2 * crate::limits::ION_DEPTH {
            return Some(deepest);
        }
    }
}

/// A value's type, and where its content begins and ends.
struct Header {
    kind: u8,
    start: usize,
    end: usize,
}

impl Header {
    fn read(bytes: &[u8]) -> Option<Self> {
        let first = *bytes.first()?;
        let (kind, low) = (first >> 4, first & 0xf);
        let (length, start) = match (kind, low) {
            // Nulls, and booleans, have no content.
            (_, 0xf) | (0x1, _) => (0, 1),
            (_, 0xe) | (0xd, 0x1) => {
                let (length, bytes) = variable(&bytes[1..])?;
                (length, 1 + bytes)
            }
            _ => (usize::from(low), 1),
        };
        Some(Self { kind, start, end: start.checked_add(length)? })
    }
}

/// A number of 7 bits a byte, the last marked by its high bit, and how many bytes it takes.
fn variable(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut number = 0usize;
    for (index, byte) in bytes.iter().enumerate().take(5) {
        number = number << 7 | usize::from(byte & 0x7f);
        if byte & 0x80 != 0 {
            return Some((number, index + 1));
        }
    }
    None
}

fn append(out: &mut Vec<u8>, kind: u8, content: &[u8]) {
    match u8::try_from(content.len()) {
        Ok(length) if length < 0xe && !(kind == 0xd && length == 1) => out.push(kind << 4 | length),
        _ => {
            out.push(kind << 4 | 0xe);
            let groups = (content.len().max(1).ilog2() / 7 + 1).cast_signed();
            for group in (0..groups).rev() {
                let bits = u8::try_from(content.len() >> (7 * group) & 0x7f).expect("seven bits");
                out.push(if group == 0 { bits | 0x80 } else { bits });
            }
        }
    }
    out.extend_from_slice(content);
}
