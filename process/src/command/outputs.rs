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
        // Nobody else prints meanwhile: a line through a handle that has just been closed would be lost.
        let (out, error) = (io::stdout().lock(), io::stderr().lock());
        let mut named = vec![io::stdin().as_raw_handle()];
        for handle in [kept(&out, StdioDescriptor::Stdout), kept(&error, StdioDescriptor::Stderr)] {
            let Some(handle) = handle else { continue };
            // One handle under several names is closed once, and never under the name of standard input.
            if named.contains(&handle.as_raw_handle()) {
                let _left_open = handle.into_raw_handle();
            } else {
                named.push(handle.as_raw_handle());
            }
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
