//! A schema as Anthropic takes one to which an answer, or a tool's input, is held: every object is closed, and bounds of
//! numbers, texts and lists are told in the description, because nothing is held to them. As its documentation of
//! structured outputs has it, and as its SDKs do. A schema that is not of this kind at all is not changed into another.

use std::collections::{HashMap, HashSet};

use crate::json::{Branches, Tree, find};

/// What becomes of a schema.
#[derive(Debug, PartialEq)]
pub(super) struct Shape {
    pub(super) tree: Tree,
    /// Keywords that are only told, each once.
    pub(super) told: Vec<String>,
    /// What stands there instead of something else: `additionalProperties=false`.
    pub(super) changed: Vec<&'static str>,
    /// Fields that may be absent, and values of several types. Anthropic takes only so many in one request.
    pub(super) optional: usize,
    pub(super) unions: usize,
}

/// Why it is not of the kind that an answer is held to. Reads on from the schema's name.
pub(super) type Why = &'static str;

const ANY: Why = "has a value of any type";
const OPEN: Why = "has an object with fields of any name";
const ALL: Why = "has `allOf`, or `oneOf` beside `anyOf`";
const COMPLEX: Why = "has objects or lists in `enum` or `const`";
const ELSEWHERE: Why = "has a `$ref` that leads to none of its `$defs`";
const RECURSIVE: Why = "is recursive";
const MANY: Why = "has too many keywords in one place";

/// Keywords of one object, and those that are named: no real schema comes near.
const MAX_KEYWORDS: usize = 128;
const MAX_TOLD: usize = 32;

/// Formats of texts that an answer is held to.
const FORMATS: [&str; 10] =
    ["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"];
/// What a schema says of itself, and what holds without a word.
const SILENT: [&str; 4] = ["$schema", "$id", "$comment", "$anchor"];
/// What a model may read, and what nothing is held to anywhere.
const NOTES: [&str; 9] = [
    "examples",
    "example",
    "deprecated",
    "readOnly",
    "writeOnly",
    "contentEncoding",
    "contentMediaType",
    "discriminator",
    "propertyOrdering",
];
const CLOSED: &str = "additionalProperties=false";
const ONE_OF: &str = "oneOf=anyOf";

/// The schema in Anthropic's terms.
pub(super) fn shape(schema: Tree) -> Result<Shape, Why> {
    let names = names(&schema)?;
    let empty = Shape { tree: Tree::Null, told: Vec::new(), changed: Vec::new(), optional: 0, unions: 0 };
    let mut shaper = Shaper { names, shape: empty };
    let tree = shaper.node(schema)?;
    Ok(Shape { tree, ..shaper.shape })
}

struct Shaper {
    /// What a `$ref` may lead to.
    names: HashSet<String>,
    shape: Shape,
}

impl Shaper {
    fn node(&mut self, schema: Tree) -> Result<Tree, Why> {
        let Tree::Object(fields) = schema else { return Err(ANY) };
        if fields.len() > MAX_KEYWORDS {
            return Err(MANY);
        }
        let fields = referring(merged(fields)?)?;
        let is_object = is_object(&fields);
        let (mut kept, mut told) = (Vec::with_capacity(fields.len() + 2), Vec::new());
        if is_object {
            self.close(&fields)?;
            if find(&fields, "type").is_none() {
                kept.push(("type".to_owned(), Tree::text("object")));
            }
        }
        for (key, value) in fields {
            if SILENT.contains(&key.as_str()) || key == "additionalProperties" && is_object {
                continue;
            }
            match self.keyword(&key, value)? {
                Kept::Here(key, value) => kept.push((key.to_owned(), value)),
                Kept::AsText(value) => told.push((key, value)),
            }
        }
        if is_object {
            kept.push(("additionalProperties".to_owned(), Tree::Bool(false)));
        }
        if !["type", "enum", "const", "anyOf", "$ref"].iter().any(|key| find(&kept, key).is_some()) {
            return Err(ANY);
        }
        describe(&mut kept, told);
        Ok(Tree::Object(kept))
    }

    /// Takes note of what an object loses, and counts what it costs.
    fn close(&mut self, fields: &Branches) -> Result<(), Why> {
        let properties = find(fields, "properties").and_then(Tree::as_object).map_or(0, Vec::len);
        match find(fields, "additionalProperties") {
            Some(Tree::Bool(false)) => {}
            Some(Tree::Object(_)) => return Err(OPEN),
            _ if properties == 0 || find(fields, "patternProperties").is_some() => return Err(OPEN),
            _ => self.change(CLOSED),
        }
        let required = find(fields, "required").and_then(Tree::as_list).map_or(0, <[_]>::len);
        self.shape.optional += properties.saturating_sub(required);
        Ok(())
    }

    /// Takes note of a keyword that nothing is held to.
    fn tell(&mut self, key: &str) {
        let told = &mut self.shape.told;
        if !NOTES.contains(&key) && told.len() < MAX_TOLD && !told.iter().any(|known| known == key) {
            told.push(key.to_owned());
        }
    }

    fn change(&mut self, what: &'static str) {
        if !self.shape.changed.contains(&what) {
            self.shape.changed.push(what);
        }
    }

    fn keyword<'k>(&mut self, key: &'k str, value: Tree) -> Result<Kept<'k>, Why> {
        Ok(Kept::Here(
            match key {
                "oneOf" => "anyOf",
                key => key,
            },
            match (key, value) {
                ("title" | "description" | "default" | "required", value) => value,
                ("$ref", value) => match value.as_text().is_some_and(|name| self.names.contains(name)) {
                    true => value,
                    false => return Err(ELSEWHERE),
                },
                ("type", value) => {
                    self.shape.unions += usize::from(value.as_list().is_some_and(|types| types.len() > 1));
                    value
                }
                ("const", Tree::Object(_) | Tree::List(_)) => return Err(COMPLEX),
                ("const", value) => value,
                ("enum", value) => match value.as_list() {
                    Some(list) if list.iter().all(is_plain) => value,
                    _ => return Err(COMPLEX),
                },
                ("properties" | "$defs" | "definitions", Tree::Object(fields)) => {
                    let node = |(name, schema)| Ok((name, self.node(schema)?));
                    Tree::Object(fields.into_iter().map(node).collect::<Result<_, Why>>()?)
                }
                ("items", schema @ Tree::Object(_)) => self.node(schema)?,
                ("anyOf" | "oneOf", Tree::List(list)) => {
                    self.shape.unions += usize::from(list.len() > 1);
                    if key == "oneOf" {
                        self.change(ONE_OF);
                    }
                    Tree::List(list.into_iter().map(|schema| self.node(schema)).collect::<Result<_, Why>>()?)
                }
                ("format", value) if value.as_text().is_some_and(|name| FORMATS.contains(&name)) => value,
                ("pattern", value) if value.as_text().is_some_and(is_simple) => value,
                ("minItems", value) if matches!(value.to_string().as_str(), "0" | "1") => value,
                (_, value) => {
                    self.tell(key);
                    return Ok(Kept::AsText(value));
                }
            },
        ))
    }
}

/// Where a keyword's value goes.
enum Kept<'k> {
    Here(&'k str, Tree),
    AsText(Tree),
}

fn is_plain(value: &Tree) -> bool {
    !matches!(value, Tree::Object(_) | Tree::List(_))
}

fn is_object(fields: &Branches) -> bool {
    let is_it = |kind: &Tree| kind.as_text() == Some("object");
    match find(fields, "type") {
        None => find(fields, "properties").is_some(),
        Some(Tree::List(types)) => types.iter().any(is_it),
        Some(kind) => is_it(kind),
    }
}

/// Anthropic knows no looking ahead or back, no word boundaries, no groups that come again and no large numbers of times.
fn is_simple(pattern: &str) -> bool {
    let pieces: Vec<&str> = pattern.split('\\').collect();
    let escapes = pieces.iter().skip(1).filter_map(|piece| piece.chars().next());
    let looks = pattern.matches("(?").count() - pattern.matches("(?:").count();
    let mut times = pattern.split('{').skip(1).map(|rest| rest.split('}').next().unwrap_or(rest));
    looks == 0
        && !escapes.into_iter().any(|escaped| matches!(escaped, 'b' | 'B' | 'k' | 'p' | 'P' | '1'..='9'))
        && !times.any(|times| times.split(',').any(|number| number.len() > 2))
}

/// An `allOf` of one schema, put into the schema that it stands in.
fn merged(mut fields: Branches) -> Result<Branches, Why> {
    let Some(at) = fields.iter().position(|(key, _)| key == "allOf") else { return Ok(fields) };
    let (_, all) = fields.remove(at);
    match all {
        Tree::List(mut list) if list.len() == 1 => {
            let Some(Tree::Object(only)) = list.pop() else { return Err(ANY) };
            if only.iter().any(|(key, _)| key == "allOf" || find(&fields, key).is_some()) {
                return Err(ALL);
            }
            fields.extend(only);
            Ok(fields)
        }
        _ => Err(ALL),
    }
}

/// A reference stands alone: what is said beside one is said of a choice of one.
fn referring(mut fields: Branches) -> Result<Branches, Why> {
    let is_kept = |key: &str| ["$ref", "$defs", "definitions"].contains(&key) || SILENT.contains(&key);
    let is_choice = ["anyOf", "oneOf"].map(|key| find(&fields, key).is_some());
    if is_choice == [true, true] {
        return Err(ALL);
    }
    let is_alone = fields.iter().all(|(key, _)| is_kept(key));
    match fields.iter().position(|(key, _)| key == "$ref") {
        Some(_) if is_choice != [false, false] => Err(ALL),
        Some(at) if !is_alone => {
            let reference = fields.remove(at);
            fields.push(("anyOf".to_owned(), Tree::List(vec![Tree::Object(vec![reference])])));
            Ok(fields)
        }
        _ => Ok(fields),
    }
}

/// What a description says behind what it said before.
fn describe(fields: &mut Branches, told: Branches) {
    if told.is_empty() {
        return;
    }
    let told = Tree::Object(told).to_string();
    match fields.iter_mut().rev().find(|(key, _)| key == "description") {
        Some((_, Tree::Text(own))) => *own = format!("{own}\n\n{told}"),
        _ => fields.push(("description".to_owned(), Tree::Text(told))),
    }
}

/// What the root's references may lead to; none of it leads to itself.
fn names(root: &Tree) -> Result<HashSet<String>, Why> {
    let mut all: Vec<(String, &Tree)> = Vec::new();
    for place in ["$defs", "definitions"] {
        let within = root.get(place).and_then(Tree::as_object);
        let named = within.into_iter().flatten().map(|(name, schema)| {
            (format!("#/{place}/{}", name.replace('~', "~0").replace('/', "~1")), schema)
        });
        all.extend(named);
    }
    let mut own = Vec::new();
    references(root, &mut own);
    match own.contains(&"#") || is_circular(&all) {
        true => Err(RECURSIVE),
        false => Ok(all.into_iter().map(|(name, _)| name).collect()),
    }
}

/// Takes away what nothing refers to any more, until nothing is left, or only what goes in a circle.
fn is_circular(all: &[(String, &Tree)]) -> bool {
    let places: HashMap<&str, usize> =
        all.iter().enumerate().map(|(at, (name, _))| (name.as_str(), at)).collect();
    let inner: Vec<Vec<usize>> = all
        .iter()
        .map(|(_, schema)| {
            let mut found = Vec::new();
            references(schema, &mut found);
            found.into_iter().filter_map(|name| places.get(name).copied()).collect()
        })
        .collect();
    let mut referred = vec![0_usize; all.len()];
    inner.iter().flatten().for_each(|at| referred[*at] += 1);
    let mut free: Vec<usize> = (0..all.len()).filter(|at| referred[*at] == 0).collect();
    let mut taken = 0;
    while let Some(at) = free.pop() {
        taken += 1;
        for to in &inner[at] {
            referred[*to] -= 1;
            if referred[*to] == 0 {
                free.push(*to);
            }
        }
    }
    taken < all.len()
}

fn references<'t>(schema: &'t Tree, found: &mut Vec<&'t str>) {
    match schema {
        Tree::Object(fields) => {
            found.extend(find(fields, "$ref").and_then(Tree::as_text));
            fields.iter().for_each(|(_, value)| references(value, found));
        }
        Tree::List(list) => list.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shaped(schema: &str) -> Result<Shape, Why> {
        shape(Tree::of(schema).unwrap())
    }

    #[test]
    fn objects_are_closed_and_bounds_are_told() {
        let shape = shaped(
            r##"{"$schema":"s","type":"object","required":["b"],"properties":{
                "b":{"type":"integer","minimum":1,"description":"How many."},
                "a":{"type":["string","null"],"maxLength":3,"pattern":"^[a-z]{1,3}$","format":"date"},
                "l":{"type":"array","minItems":1,"maxItems":3,"items":{"type":"object","properties":{"x":{"const":1}}}},
                "r":{"$ref":"#/$defs/R","description":"One."},
                "s":{"allOf":[{"$ref":"#/$defs/R"}],"title":"S"},
                "o":{"oneOf":[{"type":"string","format":"binary"},{"enum":["x",null]}]}
            },"$defs":{"R":{"type":"string","examples":["e"],"pattern":"(?=a)"}}}"##,
        )
        .unwrap();
        assert_eq!(
            shape.tree.to_string(),
            concat!(
                r##"{"type":"object","required":["b"],"properties":{"##,
                r##""b":{"type":"integer","description":"How many.\n\n{\"minimum\":1}"},"##,
                r##""a":{"type":["string","null"],"pattern":"^[a-z]{1,3}$","format":"date","description":"{\"maxLength\":3}"},"##,
                r##""l":{"type":"array","minItems":1,"items":{"type":"object","properties":{"x":{"const":1}},"additionalProperties":false},"##,
                r##""description":"{\"maxItems\":3}"},"##,
                r##""r":{"description":"One.","anyOf":[{"$ref":"#/$defs/R"}]},"##,
                r##""s":{"title":"S","anyOf":[{"$ref":"#/$defs/R"}]},"##,
                r##""o":{"anyOf":[{"type":"string","description":"{\"format\":\"binary\"}"},{"enum":["x",null]}]}},"##,
                r##""$defs":{"R":{"type":"string","description":"{\"examples\":[\"e\"],\"pattern\":\"(?=a)\"}"}},"##,
                r##""additionalProperties":false}"##,
            )
        );
        assert_eq!(shape.told, ["minimum", "maxLength", "maxItems", "format", "pattern"]);
        assert_eq!(shape.changed, [CLOSED, ONE_OF]);
        assert_eq!((shape.optional, shape.unions), (6, 2));
    }

    #[test]
    fn what_is_no_such_schema_is_not_made_into_one() {
        for (schema, why) in [
            ("true", ANY),
            ("{}", ANY),
            (r#"{"type":"object","properties":{"a":{}},"additionalProperties":false}"#, ANY),
            (r#"{"type":"object"}"#, OPEN),
            (r#"{"type":["object","null"],"additionalProperties":{"type":"string"}}"#, OPEN),
            (r#"{"type":"object","properties":{"a":{"type":"null"}},"patternProperties":{}}"#, OPEN),
            (r#"{"allOf":[{"type":"string"},{"minLength":1}]}"#, ALL),
            (r#"{"oneOf":[],"anyOf":[]}"#, ALL),
            (r#"{"enum":[{}]}"#, COMPLEX),
            (r##"{"$ref":"#/properties/a"}"##, ELSEWHERE),
            (r#"{"$ref":"https://example.com/s"}"#, ELSEWHERE),
            (r##"{"anyOf":[{"$ref":"#"}]}"##, RECURSIVE),
            (
                r##"{"$ref":"#/$defs/a","$defs":{"a":{"anyOf":[{"$ref":"#/$defs/b"}]},"b":{"items":{"$ref":"#/$defs/a"}}}}"##,
                RECURSIVE,
            ),
        ] {
            assert_eq!(shaped(schema), Err(why), "{schema}");
        }
        let empty = shaped(r#"{"type":"object","additionalProperties":false}"#).unwrap();
        assert_eq!(empty.tree.to_string(), r#"{"type":"object","additionalProperties":false}"#);
        assert_eq!((empty.told.len(), empty.changed.len()), (0, 0));
    }

    #[test]
    fn a_reference_beside_its_definitions_stays() {
        let schema = r##"{"$ref":"#/$defs/a~1b","$defs":{"a/b":{"type":"string"}}}"##;
        assert_eq!(shaped(schema).unwrap().tree.to_string(), schema);
        assert!(!is_simple(r"\bword") && !is_simple("a{1,100}") && is_simple(r"^(?:\d{2,4}|x)$"));
    }
}
