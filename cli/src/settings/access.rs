//! From the flags about sources to a plan: files with secrets and authorities are read here.

use std::ffi::OsString;
use std::io::Read;
use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use vitals::{Secret, encoding};

use crate::args::{SourceArg, SourceArgs};
use crate::finding::Contents;
use crate::output::{self, Failure};
use crate::source::{Access, Endpoint, Login, Named, Plan, Trust};
use crate::words::usage;

/// A secret longer than this is a mistaken file.
const SECRET_CAP: u64 = 64 << 10;
/// Bundles of a whole system have some hundred kilobytes.
const BUNDLE_CAP: u64 = 8 << 20;

const TOKEN_FILE: &str = "--token-file";
const BASIC_FILE: &str = "--basic-file";
const SECRET_FILE: &str = "--webhook-secret-file";
/// Holds the secret itself.
pub(super) const WEBHOOK_SECRET: &str = "WATERTIGHT_WEBHOOK_SECRET";

/// The plan of polls of an address, which stands at this place of the command line.
pub(crate) fn plan(address: Option<&str>, place: &'static str, args: &SourceArgs) -> Result<Plan, Failure> {
    Ok(Plan {
        sources: sources(&args.sources)?,
        address: address.map(str::to_owned),
        place,
        metrics: args.metrics_url.clone(),
        pprof: args.pprof_url.clone(),
        pid: args.pid,
        unix_socket: args.unix_socket.clone(),
        pinned: None,
        access: access(args)?,
    })
}

fn access(args: &SourceArgs) -> Result<Access, Failure> {
    let login = match (&args.token_file, &args.basic_file) {
        (Some(path), _) => Some(token(path)?),
        (None, Some(path)) => Some(basic(path)?),
        (None, None) => None,
    };
    let trust = match &args.ca_file {
        Some(path) => Trust::Only(authorities(path)?),
        None if args.insecure => {
            output::hint(usage::insecure());
            Trust::Anybody
        }
        None => Trust::System,
    };
    Ok(Access { login, trust, new_api_user: args.new_api_user })
}

fn sources(named: &[SourceArg]) -> Result<Vec<Named>, Failure> {
    if named.contains(&SourceArg::Auto) {
        return match named {
            [SourceArg::Auto] => Ok(Vec::new()),
            _ => Err(Failure::usage(usage::auto_alone())),
        };
    }
    let mut sources = Vec::new();
    for source in named {
        let source = match source {
            SourceArg::Auto => continue,
            SourceArg::Health => Named::Http(Endpoint::Health),
            SourceArg::NewApi => Named::Http(Endpoint::NewApi),
            SourceArg::Metrics => Named::Http(Endpoint::Metrics),
            SourceArg::Expvar => Named::Http(Endpoint::Expvar),
            SourceArg::Pprof => Named::Http(Endpoint::Pprof),
            SourceArg::Pid => Named::Process,
            SourceArg::Csv => Named::Csv,
        };
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    Ok(sources)
}

/// The secret that signs a robot's messages, and where it came from: the file, or else the variable, which is `set` to
/// this.
pub(super) fn webhook_secret(
    file: Option<&Path>,
    set: Option<OsString>,
) -> Result<Option<(Secret, &'static str)>, Failure> {
    if let Some(path) = file {
        let text = secret(path, SECRET_FILE, Contents::Signing)?;
        return Ok(Some((Secret::new(text), SECRET_FILE)));
    }
    let Some(set) = set else { return Ok(None) };
    let text = set.into_encoded_bytes();
    let line = one_line(text, Contents::Signing)
        .map_err(|flaw| Failure::usage(usage::variable(WEBHOOK_SECRET, &flaw)))?;
    Ok(Some((Secret::new(line), WEBHOOK_SECRET)))
}

fn token(path: &Path) -> Result<Login, Failure> {
    let text = secret(path, TOKEN_FILE, Contents::Token)?;
    match text.contains(char::is_whitespace) {
        true => Err(flawed(TOKEN_FILE, path, &usage::more_than_a_secret(Contents::Token))),
        false => Ok(Login::Token(Secret::new(text))),
    }
}

fn basic(path: &Path) -> Result<Login, Failure> {
    let text = secret(path, BASIC_FILE, Contents::Login)?;
    match text.split_once(':') {
        Some((user, password)) if !user.is_empty() => {
            Ok(Login::Basic(user.to_owned(), Secret::new(password)))
        }
        _ => Err(flawed(BASIC_FILE, path, usage::no_login())),
    }
}

/// The one line of a file.
fn secret(path: &Path, flag: &str, kind: Contents) -> Result<String, Failure> {
    let fail = |flaw: &str| flawed(flag, path, flaw);
    let bytes = read(path, SECRET_CAP).map_err(|error| fail(&usage::unreadable(&error)))?;
    one_line(bytes, kind).map_err(|flaw| fail(&flaw))
}

/// # Errors
/// What is wrong with it.
fn one_line(bytes: Vec<u8>, kind: Contents) -> Result<String, String> {
    let text = encoding::text(bytes).map_err(|_| usage::no_text().to_owned())?;
    match text.trim() {
        "" => Err(usage::empty_secret(kind)),
        line if line.contains(char::is_control) => Err(usage::more_than_a_secret(kind)),
        line => Ok(line.to_owned()),
    }
}

fn authorities(path: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let fail = |flaw: &str| flawed("--ca-file", path, flaw);
    let bytes = read(path, BUNDLE_CAP).map_err(|error| fail(&usage::unreadable(&error)))?;
    // Comments of old bundles are in any encoding.
    let text = encoding::text(bytes.clone()).map_or(bytes, String::into_bytes);
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match found {
        Ok(found) if found.is_empty() => Err(fail(usage::no_certificate())),
        Ok(found) => Ok(found),
        Err(error) => Err(fail(&usage::no_pem(&error))),
    }
}

fn flawed(flag: &str, path: &Path, flaw: &str) -> Failure {
    Failure::usage(usage::file(flag, path, flaw))
}

fn read(path: &Path, cap: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if path.as_os_str() == "-" {
        std::io::stdin().take(cap).read_to_end(&mut bytes)?;
    } else {
        std::fs::File::open(path)?.take(cap).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_file(content: &str, read: fn(&Path) -> Result<Login, Failure>) -> Result<Login, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        std::fs::write(&path, content).unwrap();
        read(&path).map_err(|failure| {
            assert!(!failure.text().contains("sentinel"), "{}", failure.text());
            failure.text().to_owned()
        })
    }

    #[test]
    fn token_files() {
        let read = |content| from_file(content, token);
        assert!(matches!(read("abc\n"), Ok(Login::Token(token)) if token.reveal() == "abc"));
        for (content, why) in
            [(" \n", "empty"), ("sentinel\nb", "more than a token"), ("sentinel b", "more than a token")]
        {
            assert!(read(content).unwrap_err().contains(why), "{content}");
        }
        // As `"abc" > token.txt` of Windows' PowerShell writes it.
        let dir = tempfile::tempdir().unwrap();
        let wide: Vec<u8> = "\u{feff}abc\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        std::fs::write(dir.path().join("token.txt"), wide).unwrap();
        let read = token(&dir.path().join("token.txt"));
        assert!(matches!(read, Ok(Login::Token(token)) if token.reveal() == "abc"));
        assert!(token(Path::new("/nonexistent")).unwrap_err().text().contains("cannot read it"));
    }

    #[test]
    fn the_secret_of_a_robot_comes_from_a_file_or_else_the_variable() {
        let read = |file: Option<&Path>, set: Option<&str>| {
            let secret =
                webhook_secret(file, set.map(Into::into)).map_err(|failure| failure.text().to_owned())?;
            Ok::<_, String>(secret.map(|(secret, from)| (secret.reveal().to_owned(), from)))
        };
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        std::fs::write(&path, "SECone\n").unwrap();
        assert_eq!(read(Some(&path), Some("SECtwo")), Ok(Some(("SECone".to_owned(), SECRET_FILE))));
        assert_eq!(read(None, Some(" SECtwo")), Ok(Some(("SECtwo".to_owned(), WEBHOOK_SECRET))));
        assert_eq!(read(None, None), Ok(None));
        for (set, why) in [("", "empty"), (" \n", "empty"), ("sentinel\nb", "more than a secret")] {
            let said = read(None, Some(set)).unwrap_err();
            assert!(said.starts_with(WEBHOOK_SECRET) && said.contains(why), "{said}");
            assert!(!said.contains("sentinel"), "{said}");
            std::fs::write(&path, set).unwrap();
            let said = read(Some(&path), None).unwrap_err();
            assert!(said.starts_with(SECRET_FILE) && said.contains(why), "{said}");
        }
        assert!(read(Some(Path::new("/nonexistent")), None).unwrap_err().contains("cannot read it"));
    }

    #[test]
    fn basic_files() {
        let read = |content| from_file(content, basic);
        assert!(matches!(read("ann:a b:c\n"), Ok(Login::Basic(user, password))
            if user == "ann" && password.reveal() == "a b:c"));
        for (content, why) in [
            ("", "empty"),
            ("sentinel", "user:password"),
            (":sentinel", "user:password"),
            ("a:b\nsentinel", "more than"),
        ] {
            assert!(read(content).unwrap_err().contains(why), "{content}");
        }
    }

    #[test]
    fn authorities_are_certificates() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ca.pem");
        for (content, why) in [
            ("", "no certificate"),
            ("hello", "no certificate"),
            ("-----BEGIN CERTIFICATE-----\n?\n", "no PEM"),
        ] {
            std::fs::write(&path, content).unwrap();
            assert!(authorities(&path).unwrap_err().text().contains(why), "{content}");
        }
    }

    #[test]
    fn auto_stands_alone() {
        use SourceArg::{Auto, Health, Pid};
        assert_eq!(sources(&[Auto]).unwrap(), []);
        assert_eq!(sources(&[Health, Pid, Health]).unwrap(), [Named::Http(Endpoint::Health), Named::Process]);
        assert!(sources(&[Auto, Pid]).is_err());
    }
}
