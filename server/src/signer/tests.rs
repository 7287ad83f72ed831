//! The signers against scripted token endpoints.

use std::cell::Cell;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Uri};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::Signer;
use crate::config::BaseUrl;
use crate::config::signers::{self, Aws, AwsSource, Credentials, Google, WebIdentity};
use crate::scene::Scene;
use vitals::Secret;

const GRANTED: &str = r#"{"access_token":"ya29.sentinel","expires_in":3600,"token_type":"Bearer"}"#;

/// A token endpoint that answers each question with the next of these bodies, the last one again and again; an empty one
/// is an error 500, one that speaks of an error a 400. Counts the questions, and keeps the last.
struct Endpoint {
    listener: TcpListener,
    bodies: Vec<String>,
    asked: Cell<usize>,
    last: std::cell::RefCell<String>,
}

impl Endpoint {
    async fn new(bodies: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let bodies = bodies.iter().map(|body| (*body).to_owned()).collect();
        Self { listener, bodies, asked: Cell::new(0), last: std::cell::RefCell::default() }
    }

    fn url(&self) -> BaseUrl {
        BaseUrl::parse(&format!("http://{}", self.listener.local_addr().unwrap())).unwrap()
    }

    async fn serve(&self) {
        loop {
            let (mut client, _) = self.listener.accept().await.unwrap();
            let mut question = Vec::new();
            let mut piece = [0; 4096];
            while !is_whole(&question) {
                let read = client.read(&mut piece).await.unwrap();
                question.extend_from_slice(&piece[..read]);
            }
            *self.last.borrow_mut() = String::from_utf8(question).unwrap();
            let body = &self.bodies[self.asked.get().min(self.bodies.len() - 1)];
            self.asked.set(self.asked.get() + 1);
            let status = match body.as_str() {
                "" => "500 Oh",
                refused if refused.contains("error") => "400 Bad",
                _ => "200 OK",
            };
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            client.write_all(answer.as_bytes()).await.unwrap();
        }
    }
}

fn is_whole(question: &[u8]) -> bool {
    let text = std::str::from_utf8(question).unwrap();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.is_none_or(|length| body.len() == length.parse::<usize>().unwrap())
}

/// Signs a request while the endpoint serves.
async fn sign(
    scene: &Scene,
    signer: &Signer,
    endpoint: &Endpoint,
) -> (HeaderMap, Result<super::Signed, super::Lack>) {
    let mut headers = HeaderMap::from_iter([(http::header::HOST, HeaderValue::from_static("h"))]);
    let uri = Uri::from_static("/model/a%2Fb/x?c=d");
    let body = Bytes::from_static(b"{}");
    let signed = tokio::select! {
        signed = signer.sign(&scene.worker.pool, None, (&Method::POST, &uri, &body), &mut headers) => signed,
        () = endpoint.serve() => unreachable!(),
    };
    (headers, signed)
}

fn machine(endpoint: &Endpoint) -> std::sync::Arc<Signer> {
    let google = signers::Signer::Google(vec![Google::Metadata(endpoint.url())]);
    Signer::new(&google, None, Duration::from_secs(1))
}

#[test]
fn a_token_serves_until_it_is_refused_and_then_one_more_is_asked_for() {
    let scene = Scene::new("");
    scene.runtime.block_on(async {
        let endpoint = Endpoint::new(&[GRANTED, &GRANTED.replace("sentinel", "second")]).await;
        let signer = machine(&endpoint);
        let (headers, first) = sign(&scene, &signer, &endpoint).await;
        assert_eq!(headers["authorization"], "Bearer ya29.sentinel");
        assert!(headers["authorization"].is_sensitive());
        assert!(endpoint.last.borrow().contains("metadata-flavor: Google"), "{:?}", endpoint.last);
        let (headers, again) = sign(&scene, &signer, &endpoint).await;
        assert_eq!(
            (endpoint.asked.get(), &headers["authorization"]),
            (1, &HeaderValue::from_static("Bearer ya29.sentinel"))
        );
        let (first, again) = (first.unwrap(), again.unwrap());
        assert!(!signer.answered(&first, 403, &HeaderMap::new()), "that is no question of tokens");
        assert!(signer.answered(&first, 401, &HeaderMap::new()));
        let (headers, second) = sign(&scene, &signer, &endpoint).await;
        assert_eq!(
            (endpoint.asked.get(), &headers["authorization"]),
            (2, &HeaderValue::from_static("Bearer ya29.second"))
        );
        assert!(signer.answered(&again, 401, &HeaderMap::new()), "a newer one is there");
        assert!(!signer.answered(&second.unwrap(), 401, &HeaderMap::new()), "once");
        assert_eq!(endpoint.asked.get(), 2);
        scene.worker.scope.idle().await;
    });
}

#[test]
fn an_endpoint_that_fails_or_talks_rubbish_is_named_and_left_alone_for_a_while() {
    let scene = Scene::new("");
    scene.runtime.block_on(async {
        for (body, said) in [
            ("", "answered 500"),
            (
                r#"{"error":"invalid_grant","error_description":"no such account"}"#,
                "400: invalid_grant: no such account",
            ),
            ("rubbish sentinel", "not a token"),
            (r#"{"access_token":"a b"}"#, "no"),
            (r#"{"access_token":"a","expires_in":0}"#, "no life left"),
        ] {
            let endpoint = Endpoint::new(&[body]).await;
            let signer = machine(&endpoint);
            let (headers, failed) = sign(&scene, &signer, &endpoint).await;
            let lack = failed.err().unwrap();
            let why = lack.text;
            assert!(!lack.is_unreachable, "somebody answered: {why}");
            assert!(why.contains(said) && !why.contains("sentinel"), "{body}: {why}");
            assert!(!headers.contains_key("authorization"));
            let (_, again) = sign(&scene, &signer, &endpoint).await;
            assert!(again.is_err());
            assert_eq!(endpoint.asked.get(), 1, "it is not asked again at once");
        }
    });
}

#[test]
fn an_endpoint_where_nobody_is_cannot_be_reached() {
    let scene = Scene::new("");
    scene.runtime.block_on(async {
        let endpoint = Endpoint::new(&[GRANTED]).await;
        let url = BaseUrl::parse("http://127.0.0.1:1").unwrap();
        let google = signers::Signer::Google(vec![Google::Metadata(url)]);
        let signer = Signer::new(&google, None, Duration::from_secs(1));
        let (_, failed) = sign(&scene, &signer, &endpoint).await;
        let lack = failed.err().unwrap();
        assert!(lack.is_unreachable && lack.text.contains("127.0.0.1:1"), "{lack}");
    });
}

#[test]
fn an_accounts_question_is_signed_by_its_key() {
    let text = "[[channels]]\nprovider = \"vertex\"\nauth = \"google-oauth\"\nkeys = [\"env:ACCOUNT\"]\n\
                values = { project = \"p\", location = \"eu\" }\n";
    let scene = Scene::new("");
    scene.runtime.block_on(async {
        let endpoint = Endpoint::new(&[GRANTED]).await;
        let url = format!("{}/token", endpoint.url());
        let document =
            include_str!("../config/tests/service-account.json").replace("http://127.0.0.1:9/token", &url);
        let config = crate::scene::channels_with(text, &[("ACCOUNT", &document)])[0].config.clone();
        let signer = Signer::new(config.signer.as_ref().unwrap(), None, Duration::from_secs(1));
        let (headers, signed) = sign(&scene, &signer, &endpoint).await;
        signed.unwrap();
        assert_eq!(headers["authorization"], "Bearer ya29.sentinel");
        let question = endpoint.last.borrow().clone();
        assert!(question.starts_with("POST /token HTTP/1.1"), "{question}");
        let jwt = question.split_once("jwt-bearer&assertion=").unwrap().1;
        check(jwt, &document, &url);
    });
}

/// What the token says, and that the account's own key signed it.
fn check(jwt: &str, document: &str, url: &str) {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use ring::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
    let document: serde_json::Value = serde_json::from_str(document).unwrap();
    let pem = document["private_key"].as_str().unwrap();
    let der: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let pair = RsaKeyPair::from_pkcs8(&STANDARD.decode(der).unwrap()).unwrap();
    let (signed, signature) = jwt.rsplit_once('.').unwrap();
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref());
    public.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    let parts = signed.split('.').map(|part| {
        serde_json::from_slice::<serde_json::Value>(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    });
    let [header, claims] = &parts.collect::<Vec<_>>()[..] else { panic!("{jwt}") };
    assert_eq!((header["alg"].as_str(), header["kid"].as_str()), (Some("RS256"), Some("kid-1")));
    assert_eq!(claims["iss"], "relay@p.iam.gserviceaccount.com");
    assert_eq!(claims["aud"], *url);
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 3600);
}

fn aws(source: AwsSource) -> std::sync::Arc<Signer> {
    let aws = Aws { region: "us-east-1".to_owned(), service: "bedrock".to_owned(), source };
    Signer::new(&signers::Signer::Aws(aws), None, Duration::from_secs(1))
}

#[test]
fn credentials_are_lent_for_the_token_in_a_file_and_sign_each_request() {
    let (scene, dir) = (Scene::new(""), tempfile::tempdir().unwrap());
    let file = dir.path().join("token");
    std::fs::write(&file, "eyJ.to+ken\n").unwrap();
    scene.runtime.block_on(async {
        let ends = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(3600);
        let lent = format!("<Credentials><AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>{ends}</Expiration></Credentials>");
        let endpoint = Endpoint::new(&[&lent]).await;
        let (role, session) = ("arn:aws:iam::1:role/r".to_owned(), "watertight".to_owned());
        let signer = aws(AwsSource::WebIdentity(WebIdentity { role, session, token_file: file, endpoint: endpoint.url() }));
        let (headers, signed) = sign(&scene, &signer, &endpoint).await;
        let signed = signed.unwrap();
        assert!(endpoint.last.borrow().contains("RoleArn=arn:aws:iam::1:role%2Fr&RoleSessionName=watertight&WebIdentityToken=eyJ.to%2Bken"));
        let authorization = headers["authorization"].to_str().unwrap();
        let names = "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token, ";
        assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=ASIA1/") && authorization.contains(names), "{authorization}");
        assert_eq!(headers["x-amz-security-token"], "t");
        let expired = HeaderMap::from_iter([(super::AMZ_ERROR, HeaderValue::from_static("ExpiredTokenException:x"))]);
        assert!(signer.answered(&signed, 403, &expired), "they are lent anew");
        sign(&scene, &signer, &endpoint).await.1.unwrap();
        assert_eq!(endpoint.asked.get(), 2);
    });
}

#[test]
fn a_clock_that_is_wrong_is_noticed_once() {
    let scene = Scene::new("");
    scene.runtime.block_on(async {
        let endpoint = Endpoint::new(&[""]).await;
        let (id, secret) = ("AKIA1".to_owned(), Secret::new("s"));
        let signer = aws(AwsSource::Known(vec![Credentials { id, secret, token: None }]));
        let date = |ahead: i64| {
            let at = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(ahead);
            let text = at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
            HeaderMap::from_iter([(http::header::DATE, HeaderValue::from_str(&text).unwrap())])
        };
        let (_, signed) = sign(&scene, &signer, &endpoint).await;
        let signed = signed.unwrap();
        assert!(!signer.answered(&signed, 403, &date(60)), "within AWS's patience");
        assert!(!signer.answered(&signed, 500, &date(7200)), "no question of signatures");
        assert!(signer.answered(&signed, 403, &date(7200)));
        let (headers, again) = sign(&scene, &signer, &endpoint).await;
        let now = super::amz_time(super::seconds());
        assert_ne!(headers["x-amz-date"].to_str().unwrap()[..11], now[..11], "two hours ahead");
        assert!(!signer.answered(&again.unwrap(), 403, &date(7200)), "once");
        assert_eq!(endpoint.asked.get(), 0);
    });
}
