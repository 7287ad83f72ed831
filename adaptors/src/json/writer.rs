//! JSON, written in the order in which it is said.

use serde::ser::Serialize;

/// Bytes from which on spare room is given back.
const LARGE: usize = 64 * 1024;

/// Writes JSON. The caller sees to the pairing of keys and values; commas come by themselves.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    out: Vec<u8>,
}

impl Writer {
    /// Writes on behind what is there already.
    pub(crate) fn on(out: Vec<u8>) -> Self {
        Self { out }
    }

    pub(crate) fn into_bytes(mut self) -> Vec<u8> {
        // A prompt of a mebibyte must not hold two for as long as its exchange lasts.
        if self.out.len() > LARGE {
            self.out.shrink_to_fit();
        }
        self.out
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    fn comma(&mut self) {
        if !matches!(self.out.last(), None | Some(b'{' | b'[' | b':' | b' ')) {
            self.out.push(b',');
        }
    }

    pub(crate) fn value<T: Serialize + ?Sized>(&mut self, value: &T) {
        self.comma();
        // Neither memory nor these types can refuse.
        let _ = serde_json::to_writer(&mut self.out, value);
    }

    /// JSON that is whole already.
    pub(crate) fn json(&mut self, json: &str) {
        self.comma();
        self.out.extend_from_slice(json.as_bytes());
    }

    pub(crate) fn key(&mut self, key: &str) -> &mut Self {
        self.value(key);
        self.out.push(b':');
        self
    }

    pub(crate) fn field<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) {
        self.key(key).value(value);
    }

    /// Nothing at all where there is no value.
    pub(crate) fn maybe<T: Serialize>(&mut self, key: &str, value: Option<T>) {
        if let Some(value) = value {
            self.field(key, &value);
        }
    }

    pub(crate) fn object(&mut self, write: impl FnOnce(&mut Self)) {
        self.comma();
        self.out.push(b'{');
        write(self);
        self.out.push(b'}');
    }

    pub(crate) fn list(&mut self, write: impl FnOnce(&mut Self)) {
        self.comma();
        self.out.push(b'[');
        write(self);
        self.out.push(b']');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_json_in_the_order_said() {
        let mut writer = Writer::default();
        writer.object(|w| {
            w.field("z", "a\"\n");
            w.key("l").list(|w| {
                w.value(&1);
                w.object(|_| {});
                w.json("{\"b\": 1,\"a\":2}");
            });
            w.maybe("no", None::<u64>);
            w.field("a", &0.7);
        });
        let text = String::from_utf8(writer.into_bytes()).unwrap();
        assert_eq!(text, r#"{"z":"a\"\n","l":[1,{},{"b": 1,"a":2}],"a":0.7}"#);
    }
}
