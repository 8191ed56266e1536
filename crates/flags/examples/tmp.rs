use std::time::Instant;
use tidegate_flags::*;
fn main() {
    let f:Vec<String>=(0..2000).map(|i|format!(r#""f{i}":{{"attributes":{{"a":{{"constraints":{{"type":"string","pattern":"(\\pL|x{i}){{10}}y"}}}}}}}}"#)).collect();
    let d = format!(r#"{{"version":"1","flags":{{{}}}}}"#, f.join(","));
    let t = Instant::now();
    let r = admit(d.as_bytes(), None, 0);
    println!("patterns {:?} {:?}", t.elapsed(), r.is_ok());
    let rule = "(or (eq $a 1) (eq $b 2)) ".repeat(600);
    let rule = format!("(or {rule})");
    let v: Vec<String> = (0..250).map(|i| format!(r#"{{"name":"v{i}","enabled":true,"rule":"{rule}"}}"#)).collect();
    let d = format!(r#"{{"version":"1","values":{{"f":{{"_variants":[{},{{"name":"x"}}]}}}}}}"#, v.join(","));
    let t = Instant::now();
    let r = admit(d.as_bytes(), None, 0);
    println!("rules {} {:?} {:?}", d.len(), t.elapsed(), r.is_ok());
    let t = Instant::now();
    println!("lint {} {:?}", lint(d.as_bytes()).len(), t.elapsed());
    let c = r.unwrap().content;
    let t = Instant::now();
    let ion = render(&c).unwrap().ion.unwrap();
    println!("render {:?}", t.elapsed());
    let t = Instant::now();
    let s = FlagSet::from_ion(&ion).unwrap();
    println!("read {:?}", t.elapsed());
    let t = Instant::now();
    s.evaluate("f", &Context::new().with("a", "9").with("b", "9"));
    println!("eval hostile {:?}", t.elapsed());
    let bad: Vec<String> = (0..60000).map(|i| format!(r#""F{i}":{{"enabled":"x{i}"}}"#)).collect();
    let d = format!(r#"{{"version":"1","values":{{{}}}}}"#, bad.join(","));
    let t = Instant::now();
    let n = lint(d.as_bytes()).len();
    println!("bad lint {n} {:?}", t.elapsed());
    let t = Instant::now();
    let r = FlagSet::from_ion(format!("f::[[(eq $a {}), '''{{}}'''],'''{{}}''']", "9".repeat(1_000_000)).as_bytes())
        .is_ok();
    println!("bigint {r} {:?}", t.elapsed());
}
