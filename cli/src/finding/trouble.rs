//! Why recordings cannot be read, written or used as they were asked for.

use std::io;
use std::path::{Path, PathBuf};

use super::LeftOut;

/// The name of `-`.
pub(crate) const STANDARD_INPUT: &str = "standard input";

/// Why a recording cannot be read.
#[derive(Debug)]
pub(crate) enum Unread<'a> {
    Empty,
    /// No file has the name, or fits to the pattern.
    Missing,
    Folder,
    /// More than is kept in memory.
    TooLong,
    Pattern(glob::PatternError),
    System(&'a io::Error),
    /// Bytes that are not gzip lie behind its gzip data.
    Appended,
    CutOff,
    Damaged(&'a io::Error),
    No(&'a NoRecording),
    /// Most of its lines are no rows.
    NoRows(&'a LeftOut),
    NoRowsYet,
    /// Its times cannot be read; the first of them.
    NoTimes(&'a str),
}

/// Why a file is no recording, by its first line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoRecording {
    NoHeader(String),
    /// The missing one, and the line.
    NoColumn(&'static str, String),
}

/// Why a recording cannot start.
#[derive(Debug)]
pub(crate) enum Unopened {
    Exists(PathBuf),
    /// There is a file, but not a recording.
    Foreign(PathBuf, NotOurs),
    /// Another process records into it, or on Windows has it open.
    Locked(PathBuf),
    /// The system refuses.
    Io {
        path: PathBuf,
        error: io::Error,
    },
}

/// Why a file cannot be gone on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotOurs {
    OtherColumns,
    /// It is of an earlier version, and rows of several instances are to come.
    NoInstances,
    FirstLine,
    LastLine,
}

/// Arguments that do not go together.
#[derive(Debug)]
pub(crate) enum Misuse<'a> {
    /// The baseline is an address.
    Address,
    /// This argument is one, where only the second of two can be one.
    AddressAmongMany(&'a str),
    /// This argument is one, where none can be.
    AddressOnPage(&'a str),
    BothFromStdin,
    SeveralFromStdin,
    /// This flag says how long an address is polled.
    NothingPolled(&'a str),
    OnlyOne,
    TooManySides {
        count: usize,
        most: usize,
    },
    TooManyDays {
        role: &'a str,
        most: usize,
    },
    TooManyOnPage {
        count: usize,
        most: usize,
    },
    PageOnTerminal,
    NotReported(&'a str),
    /// A page's place is a folder.
    Folder(&'a Path),
}

/// What is to be polled at each address of its name has none.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NoAddresses {
    Process,
    File,
    Socket,
    OtherHost,
}

/// Standard output takes one stream of rows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NoStream {
    Several,
    Rotated,
    OpenMetrics,
}

/// The contents of secret files.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Contents {
    Token,
    Login,
    /// A robot's.
    Signing,
}
