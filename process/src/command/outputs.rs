//! Who reads what this process prints waits until every process that holds an end of it has ended. Windows hands whatever
//! may be inherited on to each process that is started, and a relay that is left running would hold it for days. So from
//! the first start on, this process prints through handles that nobody inherits.

use std::io::{self, IsTerminal};
use std::os::windows::io::{AsRawHandle, IntoRawHandle};
use std::sync::Once;

use filedescriptor::{FileDescriptor, StdioDescriptor};

static KEPT: Once = Once::new();

/// Keeps standard output and standard error to this process. What cannot be kept is inherited as before.
pub(super) fn keep() {
    KEPT.call_once(|| {
        let before = kept(&io::stdout(), StdioDescriptor::Stdout);
        let other = kept(&io::stderr(), StdioDescriptor::Stderr);
        // One handle under two names is closed once.
        let of = |handle: &Option<FileDescriptor>| handle.as_ref().map(AsRawHandle::as_raw_handle);
        if of(&before) == of(&other) {
            other.map(IntoRawHandle::into_raw_handle);
        }
    });
}

/// Prints through a new handle, and gives the one before: it is closed when that is dropped. A terminal is nobody's to wait
/// for.
fn kept(output: &(impl AsRawHandle + IsTerminal), which: StdioDescriptor) -> Option<FileDescriptor> {
    if output.is_terminal() {
        return None;
    }
    let new = FileDescriptor::dup(output).ok()?;
    FileDescriptor::redirect_stdio(&new, which).ok()
}
