//! watertight
fn main() {}
