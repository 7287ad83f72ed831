//! Who signs a channel's requests, and with what.

use super::{World, with};
use crate::config::signers::{AwsSource, Google, Signer};
use crate::config::{Auth, Channel};

const ACCOUNT: &str = include_str!("service-account.json");
const VERTEX: &str =
    "[[channels]]\nprovider = \"vertex\"\nvalues = { project = \"p\", location = \"global\" }\n";
const BEDROCK: &str = "[[channels]]\nprovider = \"bedrock\"\nvalues = { region = \"eu-west-1\" }\n";

fn channel(world: &World) -> Channel {
    world.good().live.channels[0].clone()
}

fn google(world: &World) -> Vec<Google> {
    let channel = channel(world);
    let shown = format!("{channel:?} {}", world.good().render(str::to_owned));
    assert!(!shown.contains("PRIVATE KEY") && !shown.contains("MIIE"), "{shown}");
    assert_eq!(channel.auth, Auth::GoogleOauth);
    match channel.signer {
        Some(Signer::Google(all)) => all,
        other => panic!("{other:?}"),
    }
}

#[test]
fn google_s_accounts_come_from_keys_the_environment_or_the_machine() {
    let file = || {
        with(&format!("{VERTEX}auth = \"google-oauth\"\nkeys = [\"file:/sa.json\"]\n"))
            .file("/sa.json", ACCOUNT)
    };
    let named = || with(VERTEX).file("/sa.json", ACCOUNT).var("GOOGLE_APPLICATION_CREDENTIALS", "/sa.json");
    for world in [file(), named()] {
        let all = google(&world);
        let [Google::Account(account)] = &all[..] else { panic!("{all:?}") };
        assert_eq!(account.email, "relay@p.iam.gserviceaccount.com");
        assert_eq!(account.token_uri.to_string(), "http://127.0.0.1:9/token");
    }
    let shown = named().good().render(str::to_owned);
    assert!(shown.contains("auth = \"google-oauth\"  # from env:GOOGLE_APPLICATION_CREDENTIALS"), "{shown}");
    let machine = with(VERTEX).var("GCE_METADATA_HOST", "127.0.0.1:8");
    assert!(matches!(&google(&machine)[..], [Google::Metadata(server)] if server.port == 8));
    let keyed = with(&format!("{VERTEX}keys = [\"env:KEY\"]\n"));
    assert_eq!(channel(&keyed).auth, Auth::Bearer, "a key is a key");
}

#[test]
fn aws_s_credentials_come_from_keys_the_environment_or_a_role() {
    let aws = |world: &World| {
        let channel = channel(world);
        let shown = format!("{channel:?} {}", world.good().render(str::to_owned));
        assert!(!shown.contains("sentinel"), "{shown}");
        match channel.signer {
            Some(Signer::Aws(aws)) => aws,
            other => panic!("{other:?}"),
        }
    };
    let known = |world: &World| match aws(world).source {
        AwsSource::Known(all) => all,
        other => panic!("{other:?}"),
    };
    let keys = with(&format!("{BEDROCK}auth = \"sigv4\"\nkeys = [\"env:PAIR\", \"env:THREE\"]\n"))
        .var("PAIR", "AKIA1:sentinel/1")
        .var("THREE", "ASIA2:sentinel/2:sentinel+token");
    let all = known(&keys);
    assert_eq!((all[0].id.as_str(), all[0].secret.reveal(), &all[0].token), ("AKIA1", "sentinel/1", &None));
    assert_eq!(all[1].token.as_ref().unwrap().reveal(), "sentinel+token");
    assert_eq!((aws(&keys).region, aws(&keys).service), ("eu-west-1".to_owned(), "bedrock".to_owned()));
    let world = with(BEDROCK).var("AWS_ACCESS_KEY_ID", "AKIA1").var("AWS_SECRET_ACCESS_KEY", "sentinel/3");
    assert_eq!(known(&world)[0].secret.reveal(), "sentinel/3");
    let role = with(BEDROCK)
        .var("AWS_ROLE_ARN", "arn:aws:iam::1:role/r")
        .var("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/token");
    let AwsSource::WebIdentity(identity) = aws(&role).source else { panic!() };
    assert_eq!(identity.endpoint.to_string(), "https://sts.eu-west-1.amazonaws.com");
    let own = with("[[channels]]\nprovider = \"custom\"\nauth = \"sigv4\"\nbase_url = \"https://bedrock-mantle.us-west-2.api.aws/v1\"\n")
        .var("AWS_ACCESS_KEY_ID", "AKIA1")
        .var("AWS_SECRET_ACCESS_KEY", "s");
    assert_eq!((aws(&own).region, aws(&own).service), ("us-west-2".to_owned(), "bedrock-mantle".to_owned()));
}

#[test]
fn what_is_missing_or_wrong_is_named_and_no_secret_shown() {
    let account = |from, to| {
        let wrong = ACCOUNT.replace(from, to);
        with(&format!("{VERTEX}auth = \"google-oauth\"\nkeys = [\"file:/sa.json\"]\n"))
            .file("/sa.json", &wrong)
    };
    let custom = "[[channels]]\nprovider = \"custom\"\nbase_url = \"https://h\"\nauth = \"sigv4\"\nkeys = [\"env:PAIR\"]\n";
    for (world, said) in [
        (account("service_account", "authorized_user"), "its `type` is another"),
        (account("PRIVATE KEY-----\\nMII", "PRIVATE KEY-----\\nMIJ"), "not an RSA key in PKCS#8"),
        (account("{", "{{"), "not a service account's key in JSON"),
        (
            with(&format!("{VERTEX}auth = \"google-oauth\"\nkeys = [\"env:KEY\"]\n")),
            "not a service account's key in JSON",
        ),
        (
            with(&format!("{VERTEX}keys = [\"file:/sa.json\"]\n")).file("/sa.json", ACCOUNT),
            "only auth = \"google-oauth\" takes one",
        ),
        (
            with(VERTEX).var("GOOGLE_APPLICATION_CREDENTIALS", "/none.json"),
            "cannot read `/none.json`: no such file",
        ),
        (with(BEDROCK), "`sigv4` wants credentials: keys ="),
        (with(&format!("{BEDROCK}auth = \"sigv4\"\nkeys = [\"env:KEY\"]\n")), "written ID:SECRET"),
        (with(custom).var("PAIR", "A:sentinel"), "wants a region"),
        (with(custom).var("PAIR", "A:sentinel").var("AWS_REGION", "r"), "wants a service"),
    ] {
        let wrong = world.wrong();
        assert!(wrong.contains(said), "{said}\n{wrong}");
        assert!(!wrong.contains("MII"), "{wrong}");
    }
}
