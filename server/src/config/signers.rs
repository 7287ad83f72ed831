//! Who signs a channel's requests, and with what: from its keys, the environment, or where the machine itself is known.

use std::path::PathBuf;

use adaptors::provider;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::RsaKeyPair;
use serde::Deserialize;
use vitals::Secret;

use super::address::BaseUrl;
use super::auth::Auth;
use super::inputs::why;
use super::reader::Section;

/// A signer, with all that it needs.
#[derive(Clone, Debug, PartialEq)]
pub enum Signer {
    /// Tokens of Google's: of one account for each of the channel's keys, or of one.
    Google(Vec<Google>),
    /// AWS's signatures.
    Aws(Aws),
}

/// Where Google's tokens come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Google {
    /// A service account's key.
    Account(ServiceAccount),
    /// The machine's metadata server.
    Metadata(BaseUrl),
}

/// A service account, as its file has it.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceAccount {
    /// Its name.
    pub email: String,
    /// The key's name.
    pub key_id: Option<String>,
    /// The key: PKCS#8, in base64.
    pub key: Secret,
    /// Where it gets tokens.
    pub token_uri: BaseUrl,
}

/// What AWS's signatures are made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Aws {
    /// The region that they hold for.
    pub region: String,
    /// The service's name in them.
    pub service: String,
    /// Whose they are.
    pub source: AwsSource,
}

/// Where AWS's credentials come from.
#[derive(Clone, Debug, PartialEq)]
pub enum AwsSource {
    /// They are known: one for each of the channel's keys, or those of the environment.
    Known(Vec<Credentials>),
    /// They are lent for a token that the machine keeps in a file.
    WebIdentity(WebIdentity),
}

/// A key pair of AWS's, with the token of those that last for a time only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The key's name, which is no secret.
    pub id: String,
    /// The key.
    pub secret: Secret,
    /// The session's token.
    pub token: Option<Secret>,
}

/// A role, and how to get its credentials.
#[derive(Clone, Debug, PartialEq)]
pub struct WebIdentity {
    /// The role's name (ARN).
    pub role: String,
    /// What AWS's own log calls this session.
    pub session: String,
    /// The file with the token: read anew each time.
    pub token_file: PathBuf,
    /// Where credentials are lent.
    pub endpoint: BaseUrl,
}

/// The signer of a channel; what is wrong or missing is noted.
pub(super) fn find(
    section: &Section<'_>,
    (name, auth): (&str, &Auth),
    keys: &[Secret],
    (row, base): (Option<provider::Signer>, &BaseUrl),
    values: &[(String, String)],
) -> Option<Signer> {
    let found = match auth {
        Auth::GoogleOauth => google(section, name, keys).map(Signer::Google),
        Auth::SigV4 => aws(section, name, keys, (row, base), values).map(Signer::Aws),
        _ => {
            if keys.iter().any(|key| key.reveal().starts_with('{')) {
                section
                    .note("`keys` holds a JSON document: only auth = \"google-oauth\" takes one".to_owned());
            }
            return None;
        }
    };
    found.map_err(|why| section.note(why)).ok()
}

fn google(section: &Section<'_>, name: &str, keys: &[Secret]) -> Result<Vec<Google>, String> {
    let from = section.resolver();
    if !keys.is_empty() {
        let read =
            |key: &Secret| account(key.reveal()).map(Google::Account).map_err(|why| format!("`keys`: {why}"));
        return keys.iter().map(read).collect();
    }
    const FILE: &str = "GOOGLE_APPLICATION_CREDENTIALS";
    if let Some(path) = from.inputs.var(FILE) {
        let text = (from.inputs.read)(&from.dir.join(&path)).map_err(|error| {
            format!("the environment variable {FILE}: cannot read `{path}`: {}", why(&error))
        })?;
        from.came(format!("channels.{name}.auth"), format!("env:{FILE}"));
        let read =
            account(&text).map_err(|why| format!("the environment variable {FILE}: `{path}`: {why}"))?;
        return Ok(vec![Google::Account(read)]);
    }
    let host = from.inputs.var("GCE_METADATA_HOST").unwrap_or_else(|| "metadata.google.internal".to_owned());
    let server = BaseUrl::parse(&format!("http://{host}"))
        .map_err(|why| format!("the environment variable GCE_METADATA_HOST: {why}"))?;
    Ok(vec![Google::Metadata(server)])
}

#[derive(Deserialize)]
struct KeyFile {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    client_email: String,
    private_key_id: Option<String>,
    #[serde(default)]
    private_key: String,
    #[serde(default = "token_uri")]
    token_uri: String,
}

fn token_uri() -> String {
    "https://oauth2.googleapis.com/token".to_owned()
}

/// Reads a service account's file. What is said of it quotes nothing.
fn account(text: &str) -> Result<ServiceAccount, String> {
    let file: KeyFile = serde_json::from_str(text).map_err(|_| {
        "this is not a service account's key in JSON: make one in Google's console".to_owned()
    })?;
    if file.kind != "service_account" {
        return Err("this is not the key of a service account: its `type` is another".to_owned());
    }
    let lines = file.private_key.lines().map(str::trim).filter(|line| !line.starts_with("-----"));
    let key: String = lines.collect();
    let der = STANDARD.decode(&key).map_err(|_| "its `private_key` is not PEM".to_owned())?;
    RsaKeyPair::from_pkcs8(&der).map_err(|_| "its `private_key` is not an RSA key in PKCS#8".to_owned())?;
    if file.client_email.is_empty() {
        return Err("its `client_email` is missing".to_owned());
    }
    let token_uri = BaseUrl::parse(&file.token_uri).map_err(|_| "its `token_uri` is not a URL".to_owned())?;
    Ok(ServiceAccount {
        email: file.client_email,
        key_id: file.private_key_id,
        key: Secret::new(key),
        token_uri,
    })
}

fn aws(
    section: &Section<'_>,
    name: &str,
    keys: &[Secret],
    (row, base): (Option<provider::Signer>, &BaseUrl),
    values: &[(String, String)],
) -> Result<Aws, String> {
    let given = |name: &str| values.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let missing = |name, example| {
        format!("`sigv4` wants a {name}: give it, such as values = {{ {name} = \"{example}\" }}")
    };
    let region = given("region").or_else(|| region_of(&base.host));
    let region = region.ok_or_else(|| missing("region", "us-east-1"))?;
    let service = given("service").or_else(|| match row {
        Some(provider::Signer::Aws { service }) => Some(service.to_owned()),
        _ => service_of(&base.host),
    });
    let service = service.ok_or_else(|| missing("service", "bedrock"))?;
    let source = aws_source(section, name, keys, &region)?;
    Ok(Aws { region, service, source })
}

/// The second part of a host's name, where it looks like a region: `bedrock-runtime.eu-west-1.amazonaws.com`.
fn region_of(host: &str) -> Option<String> {
    let second = host.split('.').nth(1)?;
    let is_region = second.split('-').count() >= 3 && second.ends_with(|c: char| c.is_ascii_digit());
    is_region.then(|| second.to_owned())
}

fn service_of(host: &str) -> Option<String> {
    let first = host.split('.').next()?;
    match first {
        "bedrock-runtime" => Some("bedrock".to_owned()),
        "bedrock-mantle" | "aws-external-anthropic" => Some(first.to_owned()),
        _ => None,
    }
}

fn aws_source(section: &Section<'_>, name: &str, keys: &[Secret], region: &str) -> Result<AwsSource, String> {
    let from = section.resolver();
    let var = |name: &str| from.inputs.var(name);
    if !keys.is_empty() {
        return Ok(AwsSource::Known(keys.iter().map(pair).collect::<Result<_, _>>()?));
    }
    if let (Some(id), Some(secret)) = (var("AWS_ACCESS_KEY_ID"), var("AWS_SECRET_ACCESS_KEY")) {
        from.came(format!("channels.{name}.auth"), "env:AWS_ACCESS_KEY_ID");
        let token = var("AWS_SESSION_TOKEN").map(|token| super::secrets::usable(&token)).transpose();
        let token = token.map_err(|why| format!("the environment variable AWS_SESSION_TOKEN {why}"))?;
        return Ok(AwsSource::Known(vec![Credentials {
            id: named(&id)?,
            secret: Secret::new(secret),
            token,
        }]));
    }
    let (Some(role), Some(file)) = (var("AWS_ROLE_ARN"), var("AWS_WEB_IDENTITY_TOKEN_FILE")) else {
        return Err("`sigv4` wants credentials: keys = [\"file:/run/secrets/aws\"] with ID:SECRET in it, or the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE".to_owned());
    };
    from.came(format!("channels.{name}.auth"), "env:AWS_WEB_IDENTITY_TOKEN_FILE");
    let endpoint =
        var("AWS_ENDPOINT_URL_STS").unwrap_or_else(|| format!("https://sts.{region}.amazonaws.com"));
    Ok(AwsSource::WebIdentity(WebIdentity {
        role,
        session: var("AWS_ROLE_SESSION_NAME").unwrap_or_else(|| "watertight".to_owned()),
        token_file: from.dir.join(file),
        endpoint: BaseUrl::parse(&endpoint)
            .map_err(|why| format!("the environment variable AWS_ENDPOINT_URL_STS: {why}"))?,
    }))
}

/// `ID:SECRET`, or `ID:SECRET:TOKEN`.
fn pair(key: &Secret) -> Result<Credentials, String> {
    let mut parts = key.reveal().splitn(3, ':');
    let (id, secret, token) = (parts.next(), parts.next(), parts.next());
    match (id, secret.filter(|secret| !secret.is_empty())) {
        (Some(id), Some(secret)) => {
            Ok(Credentials { id: named(id)?, secret: Secret::new(secret), token: token.map(Secret::new) })
        }
        _ => Err("`keys`: a key of AWS's is written ID:SECRET, or ID:SECRET:TOKEN".to_owned()),
    }
}

fn named(id: &str) -> Result<String, String> {
    let fits = !id.is_empty()
        && id.len() <= 128
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if fits { Ok(id.to_owned()) } else { Err("the id of a key of AWS's is of letters and digits".to_owned()) }
}
