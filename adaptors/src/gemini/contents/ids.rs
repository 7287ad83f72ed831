//! Ids of calls. They are optional in this dialect: a client may send calls and results that are matched by name and
//! position alone, so an id is made where none is, and remembered until its result comes.

use std::borrow::Cow;

#[derive(Debug, Default)]
pub(super) struct Ids<'a> {
    /// Calls that have no result yet, in order: name and id.
    open: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    made: usize,
}

impl<'a> Ids<'a> {
    /// The id of the next call.
    pub(super) fn call(&mut self, name: &Cow<'a, str>, given: Option<Cow<'a, str>>) -> Cow<'a, str> {
        let id = given.filter(|id| !id.is_empty()).unwrap_or_else(|| {
            self.made += 1;
            format!("call_{}", self.made).into()
        });
        self.open.push((name.clone(), id.clone()));
        id
    }

    /// The id of the call that a result answers: the one it names, else the first open one of its name, else the first.
    pub(super) fn result(&mut self, name: &str, given: Option<Cow<'a, str>>) -> Cow<'a, str> {
        let given = given.filter(|id| !id.is_empty());
        let is_it = |(known, id): &(Cow<'_, str>, Cow<'_, str>)| match &given {
            Some(given) => id == given,
            None => known == name,
        };
        let at = self.open.iter().position(is_it).or((given.is_none() && !self.open.is_empty()).then_some(0));
        match (at, given) {
            (Some(at), _) => self.open.remove(at).1,
            (None, Some(given)) => given,
            (None, None) => {
                self.made += 1;
                format!("call_{}", self.made).into()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_find_their_calls_by_id_name_and_position() {
        let mut ids = Ids::default();
        let (f, g): (Cow<'_, str>, Cow<'_, str>) = ("f".into(), "g".into());
        assert_eq!((ids.call(&f, None), ids.call(&g, Some("x".into()))), ("call_1".into(), "x".into()));
        assert_eq!((ids.call(&f, Some("".into())), ids.call(&g, None)), ("call_2".into(), "call_3".into()));
        assert_eq!(ids.result("g", None), "x");
        assert_eq!(ids.result("f", Some("call_2".into())), "call_2");
        assert_eq!(ids.result("another name", None), "call_1");
        assert_eq!(ids.result("g", Some("of nobody".into())), "of nobody");
        assert_eq!((ids.result("g", None), ids.result("g", None)), ("call_3".into(), "call_4".into()));
    }
}
